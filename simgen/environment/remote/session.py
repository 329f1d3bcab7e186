"""A session: what one client asks of the environment, and what it is answered. It knows no socket."""

import logging
from typing import Any

from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv

from simgen.environment.remote.blob import packed, unpacked
from simgen.environment.remote.protocol import PROTOCOL, SPACES
from simgen.environment.remote.request import VERBS, options_of, row_of, seed_of, understood
from simgen.environment.remote.seal import Seal
from simgen.environment.remote.spaces import check_action, described
from simgen.errors import BadMessage, SimGenError, UnknownName

WORDS = 2**20
"""The most bytes of JSON in a request, and of its table of arrays."""
SENTENCE = 2000
"""The most letters of an error that are told."""
LOG = logging.getLogger("simgen.environment.remote")


class Session:
    """Of one client. Nothing of the client before it is seen: until the whole environment is reset, it only describes itself.

    Args:
        env: What is asked.
        seal: For snapshots, of the server.
        largest: The most bytes of a request, for the client to know.
    """

    def __init__(self, env: VectorEnv, seal: Seal, largest: int):
        self._env, self._seal, self._largest, self._begun = env, seal, largest, False

    def answer(self, message: bytes) -> bytes:
        """What is answered to a message, whatever it holds: a result, or the kind and the sentence of an error."""
        try:
            verb, arguments = understood(unpacked(message, WORDS))
            return packed({"result": getattr(self, f"_{verb}")(**arguments)})
        except (SimGenError, ResetNeeded) as error:
            return _refusal(error)
        except Exception as error:  # the environment's own fault: the client is told in a sentence, the log has the rest
            LOG.exception("The environment failed.")
            return _refusal(error)

    def _describe(self, protocol: Any) -> dict[str, Any]:
        if protocol != PROTOCOL:
            raise BadMessage(f"is not of protocol {PROTOCOL}")
        metadata = dict(self._env.metadata)
        mode = metadata.pop("autoreset_mode", None)
        return {
            "num_envs": self._env.num_envs,
            "spaces": {name: described(getattr(self._env, name)) for name in SPACES},
            "metadata": metadata,
            "autoreset_mode": mode.value if isinstance(mode, AutoresetMode) else None,
            "render_mode": self._env.render_mode,
            "largest": self._largest,
        }

    def _reset(self, seed: Any, options: Any) -> tuple:
        rows = self._env.num_envs
        seed, options = seed_of(seed, rows), options_of(options, rows, self._seal)
        if not self._begun and options is not None and "reset_mask" in options and not options["reset_mask"].all():
            raise ResetNeeded("Reset the whole environment first; rows that are left alone are another client's.")
        result = self._env.reset(seed=seed, options=options)
        self._begun = True
        return result

    def _step(self, actions: Any) -> tuple:
        self._need_reset()
        check_action(self._env.action_space, actions)
        return self._env.step(actions)

    def _render(self) -> Any:
        self._need_reset()
        return self._env.render()

    def _snapshot(self, row: Any) -> bytes:
        self._need_reset()
        snapshot = getattr(self._env.unwrapped, "snapshot", None)
        if snapshot is None:
            raise UnknownName("verb of this environment", "snapshot", VERBS.keys() - {"snapshot"})
        return self._seal.sealed(snapshot(row_of(row, self._env.num_envs)))

    def _need_reset(self) -> None:
        if not self._begun:
            raise ResetNeeded("Call reset first.")


def _refusal(error: Exception) -> bytes:
    """The error as a message. Only its first line is told: the rest of a foreign one may say how the server is built."""
    sentence = str(error) if isinstance(error, SimGenError | ResetNeeded) else f"{type(error).__name__}: {str(error).partition('\n')[0]}"
    return packed({"error": [type(error).__name__, sentence[:SENTENCE]]})
