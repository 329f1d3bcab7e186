"""The client: an environment that runs elsewhere, stepped as if it were here."""

import weakref
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from simgen.environment.remote.link import Link
from simgen.environment.remote.protocol import PROTOCOL, SPACES
from simgen.environment.remote.spaces import as_action, rebuilt

GREETING = 30.0
"""Seconds within which a server says what it serves."""


def connect(address: str, token: str | None = None, *, certificate: Path | None = None, timeout: float = 600.0) -> "RemoteVectorEnv":
    """The environment that is served at an address; it is nobody else's until it is closed.

    Args:
        address: Host and port, such as 127.0.0.1:5560.
        token: Of the server; by default the variable SIMGEN_TOKEN.
        certificate: PEM file of the server's certificate, where it has one: the connection is encrypted then.
        timeout: Seconds to wait for one answer at most; a first reset may draw scenes and load a world.

    Raises:
        MissingExtra: on import, where grpcio is not installed.
        InvalidValue: address or token cannot be one, or the certificate cannot be read.
        NothingServed: nobody answers there, or not in this protocol.
        WrongToken: it is another one.
        EnvironmentInUse: by another client.
    """
    return RemoteVectorEnv(Link(address, token, certificate), timeout)


class RemoteVectorEnv(VectorEnv):
    """A vector environment at the other end of a link: same spaces, same metadata, bit for bit the same arrays.

    Errors of SimGen are raised as what they are on the other side, with the same sentence; others as `RemoteFault`. When the
    connection is lost, `ConnectionLost` is raised from then on.
    """

    def __init__(self, link: Link, timeout: float):
        self._link, self._timeout = link, timeout
        self._freed = weakref.finalize(self, link.close)  # who forgets to close it frees it all the same
        try:
            said = link.ask("describe", GREETING, protocol=PROTOCOL)
        except BaseException:
            self._freed()
            raise
        link.largest = said["largest"]
        self.num_envs, self.render_mode, self.metadata = said["num_envs"], said["render_mode"], said["metadata"]
        if said["autoreset_mode"] is not None:
            self.metadata["autoreset_mode"] = AutoresetMode(said["autoreset_mode"])
        for name in SPACES:
            setattr(self, name, rebuilt(said["spaces"][name]))

    def reset(self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """As on the other side. The first reset of a connection resets every row.

        Raises:
            InvalidValue, UnknownName: seed or options are not what the environment takes.
        """
        return self._ask("reset", seed=_plain(seed), options=options)

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """As on the other side.

        Raises:
            InvalidValue: the actions have another type or shape than the space, or the environment refuses their values.
            ResetNeeded: before the first reset of a connection.
        """
        return self._ask("step", actions=as_action(self.action_space, actions))

    def render(self) -> Any:
        """As on the other side."""
        return self._ask("render")

    def snapshot(self, row: int) -> bytes:
        """The state of a row, to give to `reset` as options["snapshot"] while the same server runs: it knows its own and no others."""
        return self._ask("snapshot", row=int(row))

    def close_extras(self, **_: Any) -> None:
        """End the session; the environment stays for the next client."""
        self._freed()

    def _ask(self, verb: str, **arguments: Any) -> Any:
        return self._link.ask(verb, self._timeout, **arguments)


def _plain(seed: Any) -> Any:
    """Seeds as Python's numbers: they often come from numpy."""
    if isinstance(seed, list | tuple | np.ndarray):
        return [_plain(one) for one in seed]
    return int(seed) if isinstance(seed, np.integer) else seed
