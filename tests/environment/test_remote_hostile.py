"""A server among enemies: whatever strangers and clients send, nothing is executed, nothing crashes, nothing grows."""

import queue
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import pytest
from attacks import MESSAGES, STILL, asked, forged, good, mutated, truths
from test_remote import TOKEN, TOY, rollout
from toy import Toy, assert_same

from simgen.environment.remote import connect
from simgen.environment.remote.blob import unpacked
from simgen.errors import BadMessage

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
PEAK = 256
"""MiB that an attack may cost the server at most."""
GROWTH = 32
"""MiB of them that may come after its first three thousand messages."""


class Besieged:
    """A server in a process of its own, and what can be seen of it from outside."""

    def __init__(self, folder: Path):
        self.mark, self.log = folder / "executed", folder / "log"
        command = [sys.executable, TOY, "0", TOKEN]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log.open("w"), text=True, cwd=folder)
        self.address = self.process.stdout.readline().strip()
        self.host, port = self.address.split(":")
        self.port = int(port)

    def memory(self, what: str = "VmRSS") -> int:
        """MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(what)).split()[1]) // 1024

    def check(self) -> None:
        """It lives, has executed nothing, has met nothing that it did not expect, and serves a good client as ever."""
        env = connect(self.address, TOKEN)
        assert_same(rollout(env, 1), rollout(Toy(), 1))
        env.close()
        assert self.process.poll() is None and not self.mark.exists()
        assert "Traceback" not in self.log.read_text()


@pytest.fixture
def besieged(tmp_path):
    server = Besieged(tmp_path)
    yield server
    server.process.kill()
    server.process.wait()


class Stream:
    """A client that says what it likes."""

    def __init__(self, address: str, token: str = TOKEN, **options):
        self.channel = grpc.insecure_channel(address, [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)])
        call = self.channel.stream_stream("/simgen.Environment/Session")
        self.queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.call = call(iter(self.queue.get, None), metadata=[("authorization", f"Bearer {token}")], **options)

    def say(self, message: bytes) -> dict:
        self.queue.put(message)
        return unpacked(next(self.call), 2**30)

    def close(self) -> None:
        self.queue.put(None)
        self.call.cancel()
        self.channel.close()


@contextmanager
def stream(address: str, **options) -> Iterator[Stream]:
    one = Stream(address, **options)
    try:
        yield one
    finally:
        one.close()


MAY_BE_UNDERSTOOD = (mutated,)
"""Now and then."""


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_what_makes_no_sense_is_refused_and_the_session_goes_on(besieged, kind):
    rng = np.random.default_rng(0)
    with stream(besieged.address) as client:
        assert "result" in client.say(asked("reset", seed=1, options=None))
        for _ in range(40):
            answer = client.say(kind(rng, besieged.mark))
            assert set(answer) == {"error"} or (kind in MAY_BE_UNDERSTOOD and set(answer) == {"result"})
            if "error" in answer:
                name, sentence = answer["error"]
                assert name in ("BadMessage", "InvalidValue", "UnknownName", "ResetNeeded"), sentence
                assert "\n" not in sentence and len(sentence) < 500
        client.say(asked("reset", seed=1, options=None))
        assert "result" in client.say(asked("step", actions=STILL))
    besieged.check()


def raw(besieged: Besieged, rng: np.random.Generator) -> None:
    """Bytes that are not gRPC, or only half of it."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    settings = b"\0\0\0\x04\0\0\0\0\0"
    frame = struct.pack(">I", int(rng.integers(2**24)))[1:] + rng.bytes(6) + rng.bytes(int(rng.integers(200)))
    openings = [
        rng.bytes(int(rng.integers(1, 2000))),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.bytes(200),
        preface[: int(rng.integers(1, len(preface)))],
        preface + settings + frame,
        preface + settings + frame * 20,
        preface + settings + (b"\0\0\x08\x06\0\0\0\0\0" + bytes(8)) * 200,
        preface + b"".join(struct.pack(">I", 6)[1:] + b"\x04\0\0\0\0\0" + rng.bytes(6) for _ in range(100)),
        preface + settings + b"\0\x3f\xff\x01\x04\0\0\0\x01" + rng.bytes(0x3FFF),
        preface + settings + b"".join(b"\0\0\x04\x03\0" + struct.pack(">I", 2 * n + 1) + bytes(4) for n in range(200)),
    ]
    try:
        with socket.create_connection((besieged.host, besieged.port), timeout=5) as line:
            line.sendall(openings[rng.integers(len(openings))])
            if rng.random() < 0.3:
                line.settimeout(0.05)
                line.recv(1000)
    except OSError:
        pass  # thrown out


def stranger(besieged: Besieged, rng: np.random.Generator) -> None:
    """A call without the token, or of something else."""
    tokens = ["", "Bearer", "Bearer ", "x" * 4000, TOKEN[:-1], TOKEN.upper(), TOKEN + " ", "Basic " + TOKEN]
    said = [("authorization", f"Bearer {tokens[rng.integers(len(tokens))]}")]
    metadata = [None, [], said, [("authorization", TOKEN)], said * 5, [("x", "y" * 100_000)], [("authorization-bin", b"\xff")]]
    methods = ["/simgen.Environment/Session", "/simgen.Environment/Close", "/", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"]
    with grpc.insecure_channel(besieged.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        method = channel.stream_stream(methods[0] if rng.random() < 0.6 else methods[rng.integers(len(methods))])
        with pytest.raises(grpc.RpcError) as refused:
            list(method(iter([good(rng)] * 3), metadata=metadata[rng.integers(len(metadata))], timeout=20))
    assert refused.value.code().name in ("UNAUTHENTICATED", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED", "UNAVAILABLE")


def oversized(besieged: Besieged, rng: np.random.Generator) -> None:
    """A message, or one that is when it is unpacked, beyond all measure."""
    packing = grpc.Compression.Gzip if rng.random() < 0.8 else grpc.Compression.NoCompression
    with stream(besieged.address, compression=packing) as client, pytest.raises(grpc.RpcError) as refused:
        client.say(bytes(int(rng.choice([17, 64, 200])) * 2**20))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def siege(besieged: Besieged, count: int, seed: int) -> dict[str, int]:
    """`count` attacks of all kinds; how many of each."""
    rng = np.random.default_rng(seed)
    done: dict[str, int] = {}
    client = sealed = None
    for number in range(count):
        chance = rng.random()
        if chance < 0.15:
            raw(besieged, rng)
            kind = "raw"
        elif chance < 0.2:
            stranger(besieged, rng)
            kind = "stranger"
        elif chance < 0.203:
            if client is not None:
                client.close()
            client = None
            oversized(besieged, rng)
            kind = "oversized"
        else:
            if client is None:
                client = Stream(besieged.address)
                client.say(asked("reset", seed=number, options=None))
                sealed = client.say(asked("snapshot", row=0))["result"]
            make = MESSAGES[rng.integers(len(MESSAGES))]
            message = forged(rng, besieged.mark, sealed) if make is forged else make(rng, besieged.mark)
            answer = client.say(message)
            assert set(answer) == {"error"} or make in MAY_BE_UNDERSTOOD
            kind = make.__name__
            if rng.random() < 0.02:
                client.close()
                client = None
        done[kind] = done.get(kind, 0) + 1
    if client is not None:
        client.close()
    return done


def test_a_siege_changes_nothing(besieged):
    fresh = besieged.memory()
    siege(besieged, 1_000, seed=1)
    besieged.check()
    assert besieged.memory("VmHWM") - fresh < PEAK


@pytest.mark.slow
def test_a_long_siege_does_not_make_the_server_grow(besieged):
    fresh = besieged.memory()
    siege(besieged, 3_000, seed=0)
    used_to_it = besieged.memory()
    done = siege(besieged, 10_000, seed=1)
    besieged.check()
    after, peak = besieged.memory(), besieged.memory("VmHWM")
    print(f"\n{done}\nMiB: fresh {fresh}, after 3,000 {used_to_it}, after 13,000 {after}, at most {peak}")
    assert after - used_to_it < GROWTH and peak - fresh < PEAK


def test_connections_that_say_nothing_do_not_end_a_session(besieged):
    env = connect(besieged.address, TOKEN)
    env.reset(seed=0)
    idle = []
    for _ in range(200):
        line = socket.create_connection((besieged.host, besieged.port), timeout=5)
        line.sendall(b"PRI * HTTP/2.0\r\n")
        idle.append(line)
    env.step(STILL)
    for line in idle:
        line.close()
    env.close()
    besieged.check()


def test_a_truth_value_that_is_neither_is_refused():
    assert unpacked(truths(b"\1\0\1"), 1000).tolist() == [True, False, True]
    with pytest.raises(BadMessage, match="neither true nor false"):
        unpacked(truths(b"\2\0\1"), 1000)
