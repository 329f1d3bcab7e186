"""Messages that a server should not believe, each drawn by a generator; `mark` is a file that a successful one would leave."""

import json
import os
import pickle
import struct
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from simgen.environment.remote.blob import packed

STILL = np.zeros((3, 2), np.float32)


class Evil:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def blob(header: bytes | dict | list, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors blob with a header of one's own."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def said(say: object, **tensors: np.ndarray) -> bytes:
    """A valid blob that says any JSON, or any text."""
    text = say if isinstance(say, bytes) else json.dumps(say).encode()
    return save({"say": np.frombuffer(text, np.uint8), **tensors})


def truths(data: bytes) -> bytes:
    """An array of bool of any bytes."""
    say = b'{"array":"0"}'
    header = {"say": {"dtype": "U8", "shape": [13], "data_offsets": [0, 13]}}
    return blob(header | {"0": {"dtype": "BOOL", "shape": [len(data)], "data_offsets": [13, 13 + len(data)]}}, say + data)


def asked(verb: str, **arguments) -> bytes:
    return packed({"verb": verb, **arguments})


def good(rng: np.random.Generator) -> bytes:
    """A message that the server understands."""
    messages = [
        asked("describe", protocol=1),
        asked("reset", seed=3, options={"scene": ["reach", "push", "reach"], "reset_mask": np.array([True, False, True])}),
        asked("reset", seed=[1, None, 2], options=None),
        asked("step", actions=rng.uniform(-1, 0.5, (3, 2)).astype(np.float32)),
        asked("render"),
        asked("snapshot", row=1),
    ]
    return messages[rng.integers(len(messages))]


def garbage(rng: np.random.Generator, mark: Path) -> bytes:
    return rng.bytes(int(rng.integers(0, 300)))


def cut(rng: np.random.Generator, mark: Path) -> bytes:
    whole = good(rng)
    return whole[: rng.integers(len(whole))]


def mutated(rng: np.random.Generator, mark: Path) -> bytes:
    """A good message with bytes changed, left out or put in."""
    message = bytearray(good(rng))
    for _ in range(rng.integers(1, 6)):
        place = int(rng.integers(len(message)))
        match rng.integers(4):
            case 0:
                message[place] = rng.integers(256)
            case 1:
                message[place] ^= 1 << rng.integers(8)
            case 2:
                del message[place : place + int(rng.integers(1, 9))]
            case 3:
                message[place:place] = rng.bytes(int(rng.integers(1, 9)))
        if not message:
            break
    return bytes(message)


def lying(rng: np.random.Generator, mark: Path) -> bytes:
    """Headers that do not say what is there."""
    huge = int(rng.choice([2**16, 2**31, 2**32, 2**62, 2**63 - 1]))
    say = json.dumps({"dict": {"verb": "render"}}).encode()
    size = len(say)
    headers = [
        {"say": {"dtype": "U8", "shape": [huge], "data_offsets": [0, size]}},
        {"say": {"dtype": "U8", "shape": [size], "data_offsets": [0, huge]}},
        {"say": {"dtype": "F64", "shape": [huge, huge, huge], "data_offsets": [0, size]}},
        {"say": {"dtype": "U8", "shape": [-1], "data_offsets": [0, size]}},
        {"say": {"dtype": "U8", "shape": [size], "data_offsets": [size, 0]}},
        {"say": {"dtype": "U8", "shape": [0, huge], "data_offsets": [0, 0]}},
        {"say": {"dtype": "U8", "shape": [1] * 5000, "data_offsets": [0, 1]}},
        {"say": {"dtype": "BF16", "shape": [size // 2], "data_offsets": [0, size // 2 * 2]}},
        {"say": {"dtype": "C64", "shape": [size // 8], "data_offsets": [0, size // 8 * 8]}},
        {"say": {"dtype": "OBJECT", "shape": [size], "data_offsets": [0, size]}},
        {
            "say": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]},
            "0": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]},
        },
        {str(number): {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for number in range(9000)},
        {"say": None},
        [],
        b'{"say":' * 2000,
        b"[" * 100_000,
        b'{"say":{"dtype":"U8","shape":[1e308],"data_offsets":[0,1]}}',
        b"\xff\xfe" * 100,
    ]
    header = headers[rng.integers(len(headers))]
    return blob(header, say) if rng.random() < 0.8 else blob(header, say, length=(0, 1, huge, 2**64 - 1)[rng.integers(4)])


def deep(rng: np.random.Generator, mark: Path) -> bytes:
    """JSON that a recursive parser falls into, or that is large, odd or no JSON."""
    levels = int(rng.choice([33, 65, 1_000, 50_000, 400_000]))
    texts = [
        b"[" * levels,
        b"[" * levels + b"]" * levels,
        b'{"dict":{"a":' * (levels // 10) + b"1" + b"}}" * (levels // 10),
        b'"' + b'\\"' * levels,
        b'["]",' * levels,
        b"1" * levels,
        b'{"dict":{"verb":"reset","seed":' + b"9" * 4000 + b',"options":null}}',
        b'{"dict":{"verb":"reset","seed":1e999,"options":null}}',
        b'{"dict":{"verb":"reset","seed":NaN,"options":null}}',
        b"\xef\xbb\xbf{}",
        b'{"dict":{"verb":"\\ud800"}}',
        b"null",
        b"",
    ]
    return said(texts[rng.integers(len(texts))])


def odd(rng: np.random.Generator, mark: Path) -> bytes:
    """Valid JSON that says impossible things about the arrays."""
    one = np.arange(3, dtype=np.uint8)
    lies = [
        said({"array": "nowhere"}),
        said({"dict": {"verb": "step", "actions": {"array": "say"}}}),
        said({"tuple": [{"array": "0"}, {"array": "0"}]}, **{"0": one}),
        said({"number": "0"}, **{"0": one}),
        said({"bytes": "0"}, **{"0": one.astype(np.float64)}),
        said({"text": "0"}, **{"0": np.full((2, 3), 0xFFFFFFFF, np.uint32)}),
        said({"text": "0"}, **{"0": np.zeros((2, 0), np.uint32)}),
        said({"objects": [1, 2], "shape": [3]}),
        said({"objects": [], "shape": [0, 2**62, 2**62]}),
        said({"objects": [1], "shape": [-1]}),
        said({"objects": [1], "shape": [1] * 70}),
        said({"objects": [1], "shape": ["1"]}),
        said({"dict": {"verb": {"dict": {}}}}),
        said({"dict": {"verb": "render"}, "more": 1}),
        said({"__reduce__": ["os.system", ["touch executed"]]}),
        truths(b"\x02\xff\x80"),
    ]  # fmt: skip
    return lies[rng.integers(len(lies))]


def pickled(rng: np.random.Generator, mark: Path) -> bytes:
    """Something that runs a command where it is unpickled."""
    poison = pickle.dumps(Evil(mark), protocol=int(rng.integers(0, 6)))
    places = [
        poison,
        said(poison),
        said({"bytes": "0"}, **{"0": np.frombuffer(poison, np.uint8)}),
        asked("step", actions=poison),
        asked("reset", seed=None, options={"snapshot": [poison] * 3}),
        asked("reset", seed=None, options={"scene": poison.decode("latin1")}),
        blob({"__metadata__": {"pickle": poison.decode("latin1")}}, poison),
    ]
    return places[rng.integers(len(places))]


def unfit(rng: np.random.Generator, mark: Path) -> bytes:
    """Actions that are none."""
    actions = [
        np.full((3, 2), np.nan, np.float32),
        np.full((3, 2), np.inf, np.float32),
        np.full((3, 2), 3e38, np.float32),
        STILL.astype(np.float64),
        STILL.astype(np.int64),
        STILL[:, :1],
        STILL[0],
        np.zeros((3, 2, 1000), np.float32),
        np.zeros((0, 2), np.float32),
        np.zeros(2_000_000, np.float32),
        np.array(["a", "b"]),
        np.full((3, 2), None, object),
        np.float32(0),
        STILL.tolist(),
        {"arm": STILL},
        None,
        "up",
        -1,
    ]
    return asked("step", actions=actions[rng.integers(len(actions))])


def unknown(rng: np.random.Generator, mark: Path) -> bytes:
    """Verbs, arguments, rows, seeds and options that there are none of."""
    messages = [
        *(asked(verb) for verb in ("close", "__init__", "_reset", "answer", "call", "eval", "", "describe\0", "x" * 100_000)),
        asked("reset"),
        asked("reset", seed=1, options=None, more=1),
        asked("render", mode="human"),
        asked("describe", protocol=2),
        *(asked("snapshot", row=row) for row in (-1, 3, 2**63, True, 0.0, None, "0", [0])),
        *(asked("reset", seed=seed, options=None) for seed in (-1, True, 1.0, "1", [1], [1, 2, -3], [[1]] * 3, {}, b"1", np.arange(3))),
        *(asked("reset", seed=1, options=options) for options in ([], 1, "scene", {"path": "x"}, {"": 1}, {"__class__": {}}, {"seed": 1})),
        *(
            asked("reset", seed=1, options={"reset_mask": mask})
            for mask in (None, [True] * 3, np.ones(3), np.ones(4, bool), np.ones((), bool))
        ),
        *(
            asked("reset", seed=1, options={"weather": text})
            for text in ("rain:", "rain:999", ":4", "rain:4:4", "rain:-1", "räin", "", 4, [None])
        ),
    ]
    return messages[rng.integers(len(messages))]


def path(rng: np.random.Generator, mark: Path) -> bytes:
    """Scenes, weathers, lights and sensors that are places."""
    places = [
        "../../etc/passwd",
        "/etc/passwd",
        "scenes/push.yaml",
        "push.yaml",
        "push/../push",
        "~/x",
        "$HOME",
        "C:\\x",
        "\\\\host\\share",
    ]
    addresses = ["file:///etc/passwd", "package://os/x", "http://127.0.0.1/x.yaml"]
    others = ["push\0", "push\n", "." * 64, "pu sh", "Push", "p" * 65, "push;touch executed", "`touch executed`"]
    names = places + addresses + others
    name = names[rng.integers(len(names))]
    kind = ("scene", "weather", "light", "sensor")[rng.integers(4)]
    return asked("reset", seed=None, options={kind: name if rng.random() < 0.5 else ["push", name, "reach"]})


def forged(rng: np.random.Generator, mark: Path, sealed: bytes = bytes(56)) -> bytes:
    """Snapshots that this server did not make."""
    changed = bytearray(sealed)
    changed[rng.integers(len(sealed))] ^= 1 << rng.integers(8)
    snapshots = [bytes(changed), sealed[: rng.integers(len(sealed))], sealed + b"\0", sealed[32:], rng.bytes(56), b"", b"PYBULLET" * 1000]
    wrong = [[snapshots[rng.integers(len(snapshots))]] * 3, [None, snapshots[0], None], [sealed], sealed, [1, 2, 3], "snapshot", None]
    return asked("reset", seed=None, options={"snapshot": wrong[0] if rng.random() < 0.7 else wrong[rng.integers(len(wrong))]})


MESSAGES = (garbage, cut, mutated, lying, deep, odd, pickled, unfit, unknown, path, forged)
