"""An environment far away: it behaves as if it were here, one client has it at a time, and what goes wrong is said in a sentence."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, Sequence, Text, Tuple
from gymnasium.vector.utils import batch_space
from toy import Toy, assert_same

from simgen.environment.remote import client, connect, protocol, serve, server
from simgen.environment.remote.blob import packed, unpacked
from simgen.environment.remote.spaces import described, rebuilt
from simgen.errors import (
    CannotServe,
    CannotTravel,
    ConnectionLost,
    EnvironmentInUse,
    InvalidValue,
    NoAnswer,
    NothingServed,
    RemoteFault,
    UnknownName,
    WrongToken,
)

TOKEN = "a-token-for-these-tests"
TOY = Path(__file__).parent / "toy.py"
STILL = np.zeros((3, 2), np.float32)


@pytest.fixture
def served():
    with serve(Toy(), token=TOKEN) as running:
        yield running.address


@pytest.fixture
def env(served):
    there = connect(served, TOKEN)
    yield there
    there.close()


@contextmanager
def elsewhere(seconds: float = 0.0):
    """A server in a process of its own: its address, and the process."""
    process = subprocess.Popen([sys.executable, TOY, str(seconds), TOKEN], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()


@contextmanager
def another_client(address: str):
    """A client in a process of its own that steps until it is killed."""
    program = (
        "import sys, numpy as np; from simgen.environment.remote import connect; env = connect(*sys.argv[1:]); env.reset(seed=1)\n"
        "while True: env.step(np.zeros((3, 2))); print('stepped', flush=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, address, TOKEN], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "stepped\n"
        yield process
    finally:
        process.kill()
        process.wait()


def rollout(env, seed: int) -> list:
    """All that an environment says in the course of three resets and 30 steps."""
    rng = np.random.default_rng(seed)
    told = [env.reset(seed=seed)]
    for _ in range(20):
        told.append(env.step(rng.uniform(-1, 0.9, (3, 2)).astype(np.float32)))
    told.append(env.reset(seed=[7, None, 9], options={"scene": ["push", "reach", "push"], "reset_mask": np.array([True, False, True])}))
    kept = env.snapshot(1)
    told += [env.step(STILL + np.float32(0.25)) for _ in range(5)]
    told.append(env.reset(options={"snapshot": [None, kept, kept], "scene": "reach"}))
    told += [env.step(STILL - np.float32(0.5)) for _ in range(5)]
    return [*told, env.render(), kept[-24:]]


@pytest.mark.parametrize("seed", range(3))
def test_a_rollout_from_afar_is_the_rollout_here_bit_for_bit(env, seed):
    assert_same(rollout(env, seed), rollout(Toy(), seed))


def test_an_environment_from_afar_has_the_same_spaces_and_metadata(env):
    here = Toy()
    for name in ("single_observation_space", "single_action_space", "observation_space", "action_space"):
        assert getattr(env, name) == getattr(here, name)
    assert (env.num_envs, env.metadata, env.render_mode) == (here.num_envs, here.metadata, here.render_mode)
    observation, _ = env.reset(seed=0)
    assert observation in env.observation_space


def test_arrays_from_afar_are_the_callers_own(env):
    observation, _ = env.reset(seed=0)
    observation["pixels"]["wrist"][:] = 0
    observation["agent_pos"] += 1


def test_actions_of_another_precision_are_the_spaces(env):
    env.reset(seed=0)
    there = env.step([[0.5, 1], [0, 0], [0, 0]])
    here = Toy()
    here.reset(seed=0)
    assert_same(there, here.step(np.array([[0.5, 1], [0, 0], [0, 0]], np.float32)))


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        (lambda env: env.step(np.full((3, 2), np.nan)), InvalidValue, "finite and within the action space"),
        (lambda env: env.step(np.full((3, 2), 9.0)), InvalidValue, "finite and within the action space"),
        (lambda env: env.step(STILL[:2]), InvalidValue, "the shape of actions is (2, 2); it must be (3, 2)"),
        (lambda env: env.step(STILL.astype(complex)), InvalidValue, "the type of actions is 'complex128'; it must be float32"),
        (lambda env: env.step("left"), InvalidValue, "the type of actions is 'str128'"),
        (lambda env: env.step(np.ones((3, 2))), RemoteFault, "failed: RuntimeError: the arm fell off. Check the log of its server."),
        (lambda env: env.reset(options={"scene": "psuh"}), UnknownName, "No scene is called 'psuh'. Did you mean 'push'?"),
        (lambda env: env.reset(options={"scene": "scenes/push.yaml"}), InvalidValue, "options['scene'] is 'scenes/push.yaml'"),
        (lambda env: env.reset(options={"colour": "red"}), UnknownName, "No option is called 'colour'"),
        (lambda env: env.reset(options={"reset_mask": [1, 0, 1]}), InvalidValue, "options['reset_mask']"),
        (lambda env: env.reset(seed=-1), InvalidValue, "seed is -1"),
        (lambda env: env.reset(seed=[1, 2]), InvalidValue, "a list of 3"),
        (lambda env: env.reset(seed="one"), InvalidValue, "seed is 'one'"),
        (lambda env: env.reset(options={"light": {1, 2}}), CannotTravel, "A value of type set cannot travel"),
        (lambda env: env.snapshot(3), InvalidValue, "row is 3; it must be a whole number from 0 to 2"),
    ],
)
def test_what_is_refused_is_said_in_a_sentence_and_the_session_goes_on(env, asked, error, sentence):
    here = Toy()
    env.reset(seed=4), here.reset(seed=4)
    with pytest.raises(error) as said:
        asked(env)
    assert sentence in str(said.value) and "\n" not in str(said.value)
    assert_same(env.step(STILL), here.step(STILL))


def test_a_fault_is_told_without_how_the_server_is_built_and_logged_there(env, caplog):
    env.reset(seed=0)
    with pytest.raises(RemoteFault) as said:
        env.step(np.ones((3, 2)))
    assert "secret" not in str(said.value) and "Traceback" not in str(said.value)
    assert "Traceback" in caplog.text and "/etc/secret" in caplog.text


def test_nothing_is_seen_before_the_first_reset(env):
    for asked in (lambda: env.step(STILL), env.render, lambda: env.snapshot(0)):
        with pytest.raises(ResetNeeded):
            asked()
    with pytest.raises(ResetNeeded, match="another client's"):
        env.reset(options={"reset_mask": np.array([True, False, True])})


def test_a_second_client_is_refused_while_the_first_goes_on(served, env):
    env.reset(seed=0)
    with pytest.raises(EnvironmentInUse, match="in use by another client"):
        connect(served, TOKEN)
    env.step(STILL)


def test_the_next_client_finds_the_environment_free_and_has_to_reset_it(served):
    first = connect(served, TOKEN)
    first.reset(seed=0)
    first.close()
    second = connect(served, TOKEN)
    with pytest.raises(ResetNeeded):
        second.step(STILL)
    assert_same(second.reset(seed=5), Toy().reset(seed=5))
    second.close()
    second.close()


@pytest.mark.slow
def test_a_policy_may_learn_for_minutes_between_two_steps(env):
    env.reset(seed=1)
    time.sleep(160)  # gRPC sends whoever pings too often away after two minutes
    env.step(STILL)


def test_a_closed_client_says_so(served):
    env = connect(served, TOKEN)
    env.close()
    with pytest.raises(ConnectionLost, match="it was closed"):
        env.reset()


@pytest.mark.parametrize("token", ["another-token-of-the-same-length", TOKEN + "x", TOKEN[:-1]])
def test_a_wrong_token_is_refused(served, token):
    with pytest.raises(WrongToken, match="refuses the token"):
        connect(served, token)


def test_no_token_is_no_token(served, monkeypatch):
    monkeypatch.delenv("SIMGEN_TOKEN", raising=False)
    with pytest.raises(InvalidValue, match="token is None"):
        connect(served)
    monkeypatch.setenv("SIMGEN_TOKEN", TOKEN)
    connect(served).close()


@pytest.mark.parametrize("token", ["", "short", "with a space in it", "ünwieldy-letters-in-it", "two\nlines-of-a-token"])
def test_a_server_takes_no_token_that_is_empty_or_easily_guessed(token, monkeypatch):
    with pytest.raises(InvalidValue) as said:
        serve(Toy(), token=token)
    assert token == "" or token not in str(said.value)
    monkeypatch.setenv("SIMGEN_TOKEN", token)
    with pytest.raises(InvalidValue):
        serve(Toy())


def test_a_new_token_is_made_where_none_is_given(monkeypatch):
    monkeypatch.delenv("SIMGEN_TOKEN", raising=False)
    with serve(Toy()) as one, serve(Toy()) as other:
        assert one.token != other.token and len(one.token) >= 43


def test_nobody_there_is_said_in_a_sentence():
    with pytest.raises(NothingServed, match=r"No environment is served at 127.0.0.1:9 \(Connection refused\)"):
        connect("127.0.0.1:9", TOKEN)


def test_somebody_silent_is_no_environment(monkeypatch):
    monkeypatch.setattr(client, "GREETING", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NothingServed, match="no answer within 0.5 s"):
        connect(f"127.0.0.1:{silent.getsockname()[1]}", TOKEN)


@pytest.mark.parametrize("address", ["", "localhost", "unix:/tmp/socket", "127.0.0.1:port", "http://127.0.0.1:5560", "dns:///a:1"])
def test_what_is_no_address_is_said_in_a_sentence(address):
    with pytest.raises(InvalidValue, match="a host and a port"):
        connect(address, TOKEN)


def test_a_port_that_is_taken_is_said_in_a_sentence(served):
    with pytest.raises(CannotServe, match="Choose another --port"):
        serve(Toy(), port=int(served.rpartition(":")[2]), token=TOKEN)


@pytest.mark.parametrize("host", ["example.com", "unix:/tmp/socket", "", "127.0.0.1:80"])
def test_only_an_address_of_this_machine_is_listened_at(host):
    with pytest.raises(InvalidValue, match="host"):
        serve(Toy(), host=host, token=TOKEN)


def test_a_message_that_is_too_large_is_not_sent(served):
    env = connect(served, TOKEN)
    with pytest.raises(InvalidValue, match="the size of reset is '[0-9]* bytes'; it must be at most 16777216"):
        env.reset(options={"snapshot": [bytes(17 * 2**20), None, None]})
    env.reset()
    env.close()


def test_a_message_that_is_too_large_ends_the_session_of_who_sends_it_all_the_same(served):
    env = connect(served, TOKEN)
    env._link.largest = 2**31
    with pytest.raises(ConnectionLost, match="larger than max"):
        env.reset(options={"snapshot": [bytes(17 * 2**20), None, None]})
    again = connect(served, TOKEN)
    again.reset()
    again.close()


def test_a_snapshot_of_another_server_or_with_a_changed_bit_is_not_opened(served, env):
    env.reset(seed=0)
    kept = env.snapshot(0)
    changed = [bytes([kept[0] ^ 1]) + kept[1:], kept[:-1] + bytes([kept[-1] ^ 1]), kept[:-1], kept + b"\0", kept[32:], b""]
    for blob in changed:
        with pytest.raises(InvalidValue, match="the snapshot is .* one that this server made"):
            env.reset(options={"snapshot": [blob, None, None]})
    with serve(Toy(), token=TOKEN) as other:
        stranger = connect(other.address, TOKEN)
        stranger.reset()
        with pytest.raises(InvalidValue, match="one that this server made"):
            stranger.reset(options={"snapshot": [kept, None, None]})
        stranger.close()
    env.reset(options={"snapshot": [kept, None, None]})


def test_a_client_that_is_killed_frees_the_environment(served):
    with another_client(served) as process:
        with pytest.raises(EnvironmentInUse):
            connect(served, TOKEN)
        process.kill()
        process.wait()
        env = connect(served, TOKEN)
        assert_same(env.reset(seed=2), Toy().reset(seed=2))
        env.close()


def test_a_client_that_is_not_heard_of_frees_the_environment(monkeypatch):
    monkeypatch.setattr(server, "OPTIONS", server.OPTIONS | dict.fromkeys(protocol.ALIVE, 1000))
    with serve(Toy(), token=TOKEN) as running, another_client(running.address) as process:
        process.send_signal(signal.SIGSTOP)
        start = time.monotonic()
        while True:
            try:
                env = connect(running.address, TOKEN)
                break
            except EnvironmentInUse:
                assert time.monotonic() - start < 20
        env.reset()
        env.close()


def test_a_server_that_is_killed_is_said_in_a_sentence():
    with elsewhere() as (address, process):
        env = connect(address, TOKEN)
        env.reset(seed=0)
        process.kill()
        process.wait()
        for _ in range(2):
            with pytest.raises(ConnectionLost, match=f"The environment at {address} was lost during step"):
                env.step(STILL)
        env.close()
        with pytest.raises(NothingServed):
            connect(address, TOKEN)


def test_a_server_that_dies_in_the_middle_of_a_step_is_said_in_a_sentence():
    with elsewhere(seconds=60) as (address, process):
        env = connect(address, TOKEN)
        env.reset(seed=0)
        subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -9 {process.pid}"])
        start = time.monotonic()
        with pytest.raises(ConnectionLost, match="lost during step"):
            env.step(STILL)
        assert time.monotonic() - start < 10


def test_a_server_that_closes_sends_its_client_away_and_closes_the_environment():
    toy = Toy()
    with serve(toy, token=TOKEN) as running:
        env = connect(running.address, TOKEN)
        env.reset()
    assert toy.closed
    running.close()
    with pytest.raises(ConnectionLost):
        env.step(STILL)


def test_waiting_has_an_end_and_the_environment_is_free_when_it_is_done():
    with serve(Toy(seconds=1.2), token=TOKEN) as running:
        env = connect(running.address, TOKEN, timeout=0.3)
        env.reset()
        with pytest.raises(NoAnswer, match="did not answer step within 0.3 s"):
            env.step(STILL)
        with pytest.raises(ConnectionLost, match="an earlier call took too long"):
            env.step(STILL)
        time.sleep(0.5)
        connect(running.address, TOKEN).close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_with_a_certificate_the_connection_is_encrypted_to_who_trusts_it(tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=simgen -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *made.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    with serve(Toy(), token=TOKEN, certificate=certificate, key=key) as running:
        with pytest.raises(NothingServed, match="Check the address and its certificate"):
            connect(running.address, TOKEN)
        env = connect(running.address, TOKEN, certificate=certificate)
        assert_same(env.reset(seed=1), Toy().reset(seed=1))
        env.close()
    with pytest.raises(InvalidValue, match="given together"):
        serve(Toy(), certificate=certificate)
    with pytest.raises(InvalidValue, match="a file that can be read"):
        serve(Toy(), certificate=tmp_path / "none", key=key)
    with pytest.raises(CannotServe, match="the certificate"):
        serve(Toy(), certificate=TOY, key=TOY)


SPACES = [
    Box(-1, 1, (2, 3), np.float32),
    Box(0, 255, (0, 3), np.uint8),
    Box(np.array([-np.inf, 0.0]), np.array([1.0, np.inf]), dtype=np.float64),
    Discrete(5, start=-2),
    MultiBinary([2, 3]),
    Text(7, min_length=0, charset="zyx"),
    Dict({"b": Discrete(2), "a": Dict({"c": Text(3)})}, sort_keys=False),
    Tuple([Discrete(3), Box(0, 1, ())]),
]


@pytest.mark.parametrize("space", [*SPACES, *(batch_space(space, 2) for space in SPACES)], ids=str)
def test_a_space_from_afar_is_the_space_and_draws_the_same(space):
    copy = rebuilt(unpacked(packed(described(space)), 2**20))
    assert copy == space and str(copy) == str(space)
    space.seed(3), copy.seed(3)
    assert_same(copy.sample(), space.sample())


def test_a_space_that_cannot_travel_is_named():
    with pytest.raises(CannotTravel, match="A space of type Sequence"):
        described(Sequence(Discrete(2)))


PLAIN = [None, True, 0, -(2**63), 2**64 - 1, 1.5, float("nan"), float("-inf"), -0.0, "", "ü💥\0\ud800", b"", b"\0\xff"]
NESTED = [[], (), {}, [1, (2, [None])], {"": {"a": ()}}]
NUMBERS = [np.float32(1.1), np.float64("nan"), np.bool_(True), np.uint8(255)]
ARRAYS = [
    np.array(2.5),
    np.zeros((2, 0, 3), np.float16),
    np.arange(6, dtype=np.int16).reshape(2, 3).T,
    np.arange(10)[::-2],
    np.array([[True], [False]]),
    np.array([["a", "bcd"], ["", "💥"]]),
    np.array("text"),
    np.array([], "<U5"),
    np.array([None, "a", {"b": np.arange(2)}], object),
    np.empty((0, 3), object),
    np.array({}, object),
]


@pytest.mark.parametrize("value", [*PLAIN, *NESTED, *NUMBERS, *ARRAYS], ids=repr)
def test_a_value_that_travels_arrives_bit_for_bit(value):
    assert_same(unpacked(packed(value), 2**20), value)


def deep(levels: int) -> list:
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        {1: 2},
        1j,
        2**64,
        object(),
        Toy,
        deep(100),
        np.array([1j]),
        np.datetime64("2020-01-01"),
        np.array([b"a"]),
        np.zeros(1, "i4,f4"),
    ],
)
def test_a_value_that_cannot_travel_is_named(value):
    with pytest.raises(CannotTravel, match="cannot travel"):
        packed([value])


def test_a_client_loads_light():
    heavy = "torch numba diffusers pybullet open3d lerobot mitsuba ray cv2".split()
    program = f"import sys, simgen.environment.remote; print(*sorted({{*{heavy!r}}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == ""
