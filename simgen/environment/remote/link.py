"""The client's end of the stream: one question, one answer, or one clear sentence."""

import queue
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gymnasium.error import ResetNeeded

from simgen import errors
from simgen.environment.remote.blob import packed, unpacked
from simgen.environment.remote.protocol import ALIVE, BUSY, METHOD, SERVICE, VARIABLE, pem, token_of
from simgen.errors import (
    BadMessage,
    ConnectionLost,
    EnvironmentInUse,
    InvalidValue,
    MissingExtra,
    NoAnswer,
    NothingServed,
    RemoteFault,
    SimGenError,
    WrongToken,
)

try:
    import grpc
except ImportError as error:
    raise MissingExtra("grpcio", "remote") from error

OPTIONS = {
    **ALIVE,
    "grpc.max_receive_message_length": 2**31 - 1,  # as many pictures as the environment has
    "grpc.enable_http_proxy": 0,  # the token is for the server alone
}
ADDRESS = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
FAREWELL = 5.0
"""Seconds that closing waits for the server to be free again."""


class Link:
    """A stream to a server, and with it the lease on its environment.

    Args:
        address: Host and port.
        token: Of the server, by default the variable SIMGEN_TOKEN.
        certificate: PEM file of the server's certificate, where it has one.

    Raises:
        InvalidValue: the address or the token is none, or the certificate cannot be read.
    """

    def __init__(self, address: str, token: str | None, certificate: Path | None):
        if not ADDRESS.fullmatch(address):
            raise InvalidValue("address", address, "a host and a port, such as 127.0.0.1:5560")
        if (token := token_of(token)) is None:
            raise InvalidValue("token", None, f"the server's, given or in the variable {VARIABLE}")
        self.address, self.largest = address, 2**31 - 1
        self._channel = _channel(address, certificate)
        self._questions: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        stream = self._channel.stream_stream(f"/{SERVICE}/{METHOD}")
        self._call = stream(iter(self._questions.get, None), metadata=[("authorization", f"Bearer {token}")])
        self._thread = ThreadPoolExecutor(1, "answers")  # where the answer is waited for, so that waiting has an end
        self._over: str | None = None

    def ask(self, verb: str, timeout: float, **arguments: Any) -> Any:
        """The answer to a question.

        Args:
            verb: What is asked.
            timeout: Seconds to wait at most.
            arguments: Of the verb.

        Raises:
            NothingServed, WrongToken, EnvironmentInUse: there is no session.
            ConnectionLost, NoAnswer: there is none any more.
            SimGenError, ResetNeeded: what was raised on the other side; the session goes on.
        """
        if self._over is not None:
            raise ConnectionLost(self.address, verb, self._over)
        message = packed({"verb": verb, **arguments})
        if len(message) > self.largest:
            raise InvalidValue(f"the size of {verb}", f"{len(message)} bytes", f"at most {self.largest}, as its server was told")
        self._questions.put(message)
        try:
            answer = self._thread.submit(next, self._call, None).result(timeout)
        except grpc.RpcError as error:
            raise self._ended(verb, error.code(), error.details() or "") from None
        except TimeoutError:
            self._end("an earlier call took too long")
            silent = f"no answer within {timeout:g} s"
            raise (NothingServed(self.address, silent) if verb == "describe" else NoAnswer(self.address, verb, timeout)) from None
        except BaseException:  # Ctrl-C: the answer may still come, and would be taken for the next one's
            self._end("an earlier call was given up")
            raise
        if answer is None:
            raise self._ended(verb, grpc.StatusCode.UNAVAILABLE, "the server ended the session")
        return _result(unpacked(answer, len(answer)))

    def close(self) -> None:
        """End the session; the environment is free for the next client when this returns."""
        self._questions.put(None)
        if self._over is None:
            try:
                self._thread.submit(next, self._call, None).result(FAREWELL)
            except (grpc.RpcError, TimeoutError, RuntimeError):
                pass  # it is over either way: also at the interpreter's end, which starts no more threads
        self._end("it was closed")
        self._thread.shutdown()

    def _end(self, reason: str) -> None:
        self._over = self._over or reason
        self._questions.put(None)
        self._call.cancel()
        self._channel.close()

    def _ended(self, verb: str, code: Any, details: str) -> SimGenError:
        """What the end of the stream means."""
        reason = details.partition("\n")[0].rpartition(": ")[2].rstrip(".")[:300] or code.name
        self._end(reason)
        if code is grpc.StatusCode.UNAUTHENTICATED:
            return WrongToken(self.address)
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and (details == BUSY or details.startswith("Concurrent RPC")):
            return EnvironmentInUse(self.address)
        if code is grpc.StatusCode.UNIMPLEMENTED:
            return NothingServed(self.address, "something else answers there")
        return NothingServed(self.address, reason) if verb == "describe" else ConnectionLost(self.address, verb, reason)


def _channel(address: str, certificate: Path | None) -> grpc.Channel:
    options = list(OPTIONS.items())
    if certificate is None:
        return grpc.insecure_channel(address, options)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(pem(certificate)), options)


def _result(answer: Any) -> Any:
    """What the environment returned.

    Raises:
        SimGenError, ResetNeeded: what it raised instead, with the same sentence.
    """
    match answer:
        case {"result": result}:
            return result
        case {"error": ["ResetNeeded", str(sentence)]}:
            raise ResetNeeded(sentence)
        case {"error": [str(name), str(sentence)]}:
            kind = getattr(errors, name, None)
            if isinstance(kind, type) and issubclass(kind, SimGenError):
                raise kind.__new__(kind, sentence)  # errors make their sentences from facts; this one is made
            raise RemoteFault(sentence.rstrip("."))
    raise BadMessage("is no answer")
