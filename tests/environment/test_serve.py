"""The command that serves an environment: what it says, what it hands on, and how it ends."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from toy import Toy, assert_same

from simgen import cli_environment
from simgen.cli import main
from simgen.environment import remote, vector
from simgen.environment.rules import OnFailure, Reward
from simgen.scenario.scene import ControlMode

TOKEN = "a-token-for-the-command"
STAND_IN = """
import signal, sys
from types import SimpleNamespace
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background of a shell would ignore
sys.path.insert(0, sys.argv[1])
from toy import Toy
sys.modules["simgen.environment.vector"] = SimpleNamespace(VectorEnvironment=lambda scene, **settings: Toy())
from simgen.cli import main
sys.exit(main(["serve", "reach", "--port", "0"]))
"""
"""The command, with another environment."""


@pytest.fixture
def made(monkeypatch):
    """How the command makes its environment; it gets a toy, which is served for no time."""
    asked: dict = {"toys": []}

    def make(scene, **settings):
        asked.update(settings, scene=scene)
        asked["toys"].append(Toy())
        return asked["toys"][-1]

    monkeypatch.setattr(vector, "VectorEnvironment", make)
    monkeypatch.setattr(remote.Server, "wait", lambda self: None)
    monkeypatch.delenv("SIMGEN_TOKEN", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    yield asked
    signal.signal(signal.SIGTERM, before)


def test_every_setting_is_handed_on(made):
    flags = "--num-envs 3 --port 0 --world raw --weather rain:4 --light dusk --sensor clean --gate repeat --simulator pybullet --chunk 5"
    more = "--control ee_delta --reward dense --max-steps 90 --width 64 --height 48 --processes 2"
    assert main(["serve", "reach", *flags.split(), *more.split()]) == 0
    (toy,) = made.pop("toys")
    assert toy.closed and made == dict(
        num_envs=3, scene="reach", world="raw", weather="rain:4",
        light="dusk", sensor="clean", gate="repeat", simulator="pybullet", control="ee_delta", chunk=5, reward="dense", max_steps=90,
        size=(64, 48), processes=2,
    )  # fmt: skip


def test_choices_are_those_of_the_environment():
    assert get_args(cli_environment.Control) == get_args(ControlMode)
    assert get_args(cli_environment.OnFailure) == get_args(OnFailure)
    assert get_args(cli_environment.Reward) == get_args(Reward)


def test_a_new_token_is_printed_once_and_one_that_was_given_never(made, capsys, monkeypatch):
    assert main(["serve", "reach", "--port", "0"]) == 0
    said = capsys.readouterr()
    assert said.out.count("Token    ") == 1 and said.err == ""
    monkeypatch.setenv("SIMGEN_TOKEN", TOKEN)
    assert main(["serve", "reach", "--port", "0"]) == 0
    said = capsys.readouterr()
    assert TOKEN not in said.out + said.err and "Connect  " in said.out


def test_an_open_door_is_pointed_out(made, capsys):
    assert main(["serve", "reach", "--port", "0", "--host", "0.0.0.0"]) == 0
    assert "without --certificate and --key nothing is encrypted" in capsys.readouterr().err


@pytest.mark.parametrize("flags", [["--port", "70000"], ["--host", "nowhere"], ["--certificate", "none.pem", "--key", "none.pem"]])
def test_what_cannot_be_served_is_closed_again(made, capsys, flags):
    assert main(["serve", "reach", *flags]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("simgen: ") and made["toys"][0].closed


def test_a_port_that_is_taken_gets_one_sentence(made, capfd):
    with remote.serve(Toy(), token=TOKEN) as other:
        assert main(["serve", "reach", "--port", other.address.rpartition(":")[2]]) == 2
    assert "Choose another --port" in capfd.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(how):
    command = [sys.executable, "-c", STAND_IN, Path(__file__).parent]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        address, token = (process.stdout.readline().split()[1] for _ in range(2))
        env = remote.connect(address, token)
        assert_same(env.reset(seed=1), Toy().reset(seed=1))
        process.send_signal(how)
        try:
            _, complaint = process.communicate(timeout=30)
        finally:
            process.kill()  # whatever became of it, nobody waits for ever
        assert (process.returncode, complaint) == (130, "\nsimgen: Stopped.\n")
        env.close()
