"""The command line's command for environments: one that is served to policies elsewhere."""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro

from simgen.errors import InvalidValue

Whole = Annotated[int | None, tyro.conf.arg(metavar="INT")]
Preset = Annotated[str | None, tyro.conf.arg(metavar="PRESET[:LEVEL]")]
File = Annotated[Path | None, tyro.conf.arg(metavar="PATH")]
Control = Literal["joint_position", "joint_velocity", "ee_delta"]
Reward = Literal["sparse", "dense"]
OnFailure = Literal["off", "flag", "repeat", "replace", "raise"]

# As in cli.py, a command imports its rooms when it runs.


def serve(
    scene: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SCENE")],
    *,
    num_envs: int = 1,
    host: str = "127.0.0.1",
    port: int = 5560,
    certificate: File = None,
    key: File = None,
    world: str = "neural",
    weather: Preset = None,
    light: Preset = None,
    sensor: Preset = None,
    gate: OnFailure | None = None,
    simulator: str = "pybullet",
    control: Control | None = None,
    chunk: int = 1,
    reward: Reward = "sparse",
    max_steps: Whole = None,
    width: Whole = None,
    height: Whole = None,
    processes: Whole = None,
) -> None:
    """Serve an environment to a policy in another process, container or machine, one at a time, until Ctrl-C.

    The policy calls `simgen.environment.remote.connect`, with the token in the variable SIMGEN_TOKEN. Where the variable is not
    set, a new token is made and printed here.

    Args:
        scene: A name from `simgen list scenes`, or a YAML file.
        num_envs: Rows that are stepped together.
        host: Address of this machine to be reached at; 0.0.0.0 is all of them.
        port: To be reached at; 0 takes one that is free.
        certificate: PEM file, with --key: the connection is encrypted then.
        key: PEM file of the certificate's private key.
        world: Who draws the photographs, from `simgen list worlds`.
        weather: Instead of the scene's own, a name from `simgen list weathers` and a level from 0 to 5: `rain:4`.
        light: The same, from `simgen list lights`.
        sensor: The same, from `simgen list sensors`.
        gate: For photographs that do not show what the physics says. `off`: nobody looks. `flag`: they are marked; the default of
            every world but `raw`. `repeat`: the last good one is shown again. `replace`: `preview` draws them. `raise`: it is an error.
        simulator: Who does the physics, from `simgen list simulators`.
        control: What actions mean, instead of the scene's own.
        chunk: Actions that the policy hands over at a time.
        reward: `sparse`: 1 for the step in which the task is done. `dense`: what its progress has grown by.
        max_steps: Control steps of an episode, instead of the scene's duration.
        width: Of every camera in pixels, instead of the scene's own.
        height: Of every camera in pixels, instead of the scene's own.
        processes: That do the physics; by default one a core, at most one a row.
    """
    if (width is None) != (height is None):
        raise InvalidValue("--width, --height", (width, height), "given together")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what goes wrong is said once, by us
    from simgen.environment import remote

    _say_who_can_read_along(host, certificate)
    from simgen.environment.vector import VectorEnvironment

    env = VectorEnvironment(
        scene,
        num_envs=num_envs,
        world=world,
        weather=weather,
        light=light,
        sensor=sensor,
        gate=gate,
        simulator=simulator,
        control=control,
        chunk=chunk,
        reward=reward,
        max_steps=max_steps,
        size=None if width is None else (width, height),
        processes=processes,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # how a container is stopped
    try:
        server = remote.serve(env, host=host, port=port, certificate=certificate, key=key)
    except BaseException:
        env.close()
        raise
    with server:
        print(f"Serving  {server.address}  ({num_envs} x {scene}, world {world})")
        if remote.VARIABLE not in os.environ:
            print(f"Token    {server.token}")
        print(f'Connect  simgen.environment.remote.connect("{server.address}")  with {remote.VARIABLE} set to the token', flush=True)
        server.wait()


def _say_who_can_read_along(host: str, certificate: Path | None) -> None:
    if certificate is None and host not in ("127.0.0.1", "localhost", "::1"):
        print(
            f"simgen: {host} is reached over a network, and without --certificate and --key nothing is encrypted: "
            "who can listen there can read the token and use the environment.",
            file=sys.stderr,
        )
