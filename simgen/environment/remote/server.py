"""The server: a gRPC stream is a client's lease on the environment."""

import hmac
import ipaddress
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from gymnasium.vector import VectorEnv

from simgen.environment.remote.protocol import ALIVE, BUSY, METHOD, SERVICE, STRANGER, pem, token_of
from simgen.environment.remote.seal import Seal
from simgen.environment.remote.session import Session
from simgen.errors import CannotServe, InvalidValue, MissingExtra

try:
    import grpc
except ImportError as error:
    raise MissingExtra("grpcio", "remote") from error

CALLS = 8
"""At once, over all connections: the client's, and some that are refused."""
MIB = 2**20
PATIENCE = 1.0
"""Seconds that a client waits for one that is just leaving."""
OPTIONS = {
    "grpc.so_reuseport": 0,  # a port that is taken is an error
    "grpc.max_metadata_size": 8 * 1024,
    "grpc.absolute_max_metadata_size": 16 * 1024,
    "grpc.max_concurrent_streams": CALLS,
    "grpc.max_allowed_incoming_connections": 64,
    "grpc.server_handshake_timeout_ms": 10_000,
    "grpc.max_connection_idle_ms": 60_000,  # without a call
    **ALIVE,
    "grpc.http2.min_recv_ping_interval_without_data_ms": 10_000,
    "grpc.http2.max_ping_strikes": 0,  # a policy that learns for minutes between two steps is no enemy
}


class Server:
    """Serves an environment to one client after another until it is closed; the environment is closed with it.

    Attributes:
        address: Host and port.
        token: What a client has to know.
    """

    def __init__(self, env: VectorEnv, host: str, port: int, token: str, credentials: tuple[bytes, bytes] | None, largest: int):
        self.token, self._bearer = token, f"Bearer {token}".encode()
        self._env, self._seal, self._largest = env, Seal(), largest
        self._lease = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "environment")  # simulators and renderers want to be called from one thread
        self._calls = ThreadPoolExecutor(CALLS, "calls")
        options = {**OPTIONS, "grpc.max_receive_message_length": largest}
        self._grpc = grpc.server(self._calls, options=list(options.items()), maximum_concurrent_rpcs=CALLS)
        handlers = {METHOD: grpc.stream_stream_rpc_method_handler(self._session)}
        self._grpc.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
        self.address = f"{host}:{self._bound(host, port, credentials)}"
        self._closed: Future | None = None
        self._grpc.start()

    def _bound(self, host: str, port: int, credentials: tuple[bytes, bytes] | None) -> int:
        """The port that is listened at."""
        try:
            if credentials is None:
                return self._grpc.add_insecure_port(f"{host}:{port}")
            return self._grpc.add_secure_port(f"{host}:{port}", grpc.ssl_server_credentials([credentials]))
        except RuntimeError as error:
            raise CannotServe(f"{host}:{port}", "the port is taken, or not this machine's, or the certificate is none") from error

    def _session(self, messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        """The answers to one client, as long as its stream lives."""
        said = dict(context.invocation_metadata()).get("authorization", "")
        if not hmac.compare_digest(said.encode() if isinstance(said, str) else said, self._bearer):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, STRANGER)
        if not self._lease.acquire(timeout=PATIENCE):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, BUSY)
        try:
            session = Session(self._env, self._seal, self._largest)
            for message in messages:
                yield self._thread.submit(session.answer, message).result()
        finally:
            self._lease.release()

    def wait(self) -> None:
        """Until the server is closed, or Ctrl-C."""
        self._grpc.wait_for_termination()

    def close(self) -> None:
        """Send the client away, and close the environment after what it is doing."""
        self._grpc.stop(grace=None).wait()
        if self._closed is None:
            self._closed = self._thread.submit(self._env.close)
            self._thread.shutdown()
            self._calls.shutdown()
        self._closed.result()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def serve(
    env: VectorEnv,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    largest: int | None = None,
) -> Server:
    """Serve an environment; the server runs in threads of its own until it is closed.

    Args:
        env: Any vector environment of array, text and nested spaces. The server closes it in the end.
        host: An address of this machine. Beyond 127.0.0.1 everybody on the way can read along without a certificate.
        port: 0 takes one that is free.
        token: What clients have to know, 16 letters or more; by default the variable SIMGEN_TOKEN, or a new one.
        certificate: PEM file of a certificate chain, with `key`, for TLS.
        key: PEM file of its private key.
        largest: The most bytes of a client's message; by default 16 MiB, and 4 MiB a row for its snapshot where that is more.

    Raises:
        MissingExtra: on import, where grpcio is not installed.
        InvalidValue: the host, the port or the token cannot be one, or certificate and key are not given together.
        CannotServe: the port is taken, or the certificate cannot be used.
    """
    if (certificate is None) != (key is None):
        raise InvalidValue("certificate, key", (certificate, key), "given together")
    if not 0 <= port < 2**16:
        raise InvalidValue("port", port, "from 0 to 65535")
    largest = max(16 * MIB, 4 * MIB * env.num_envs) if largest is None else largest
    credentials = None if certificate is None or key is None else (pem(key), pem(certificate))
    return Server(env, _host(host), port, token_of(token) or secrets.token_urlsafe(32), credentials, largest)


def _host(host: str) -> str:
    """As it stands in an address. A name may mean several machines' addresses, and gRPC also listens at files."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError as error:
        raise InvalidValue("host", host, "an IP address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them") from error
