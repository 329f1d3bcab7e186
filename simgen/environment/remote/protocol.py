"""What both ends agree on."""

import os
from pathlib import Path

from simgen.errors import InvalidValue

PROTOCOL = 1
"""Changes when messages do."""
SPACES = ("single_observation_space", "single_action_space", "observation_space", "action_space")
"""Of a vector environment."""
SERVICE, METHOD = "simgen.Environment", "Session"
"""Of gRPC."""
BUSY = "The environment is in use by another client."
STRANGER = "The token is wrong."
ALIVE = {"grpc.keepalive_time_ms": 20_000, "grpc.keepalive_timeout_ms": 20_000, "grpc.http2.ping_timeout_ms": 20_000}
"""Each end asks after the other, so that a machine which vanishes is missed."""
VARIABLE = "SIMGEN_TOKEN"
"""Of the process environment; the token is never on a command line, where other users see it."""
SHORTEST = 16
"""Letters of a token."""


def token_of(token: str | None) -> str | None:
    """The token, by default from the variable SIMGEN_TOKEN; None where there is none.

    Raises:
        InvalidValue: it is too short to be one, or no header can carry it. It is not quoted.
    """
    token = token if token is not None else os.environ.get(VARIABLE)
    if token is not None and (len(token) < SHORTEST or not all("!" <= letter <= "~" for letter in token)):
        raise InvalidValue(f"the token ({VARIABLE})", f"{len(token)} letters", f"at least {SHORTEST} letters, digits or signs of ASCII")
    return token


def pem(file: Path | str) -> bytes:
    """The content of a certificate or key.

    Raises:
        InvalidValue: it cannot be read.
    """
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InvalidValue("the certificate or key", str(file), "a file that can be read") from error
