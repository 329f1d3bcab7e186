"""What is known of an episode's photographs beside their pixels: who drew each frame, and what the gate said of it.

| key of a row | shape | what it is |
|---|---|---|
| `simgen.source.<camera>` | text | the world that drew this frame |
| `simgen.valid.<camera>` | (1,) bool | whether the frame shows what the physics says; not there where nobody measured |
| `simgen.adherence.<camera>` | (M + 1,) | every metric of the gate, then the score; NaN where a frame gives nothing to measure |

They wait in the episode's `photographs.json` until the dataset is put together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset

from simgen.dataset.durable import write_json
from simgen.errors import ShapeMismatch
from simgen.verify import Adherence
from simgen.world import Clip

FILE = "photographs.json"
SCORE = "score"


@dataclass(frozen=True, eq=False)
class Photographs:
    """Of one camera, frame by frame."""

    source: tuple[str, ...]
    """Which world drew it, (T,)."""
    names: tuple[str, ...]
    """Of the columns of `adherence`, (M + 1,); empty where nobody measured."""
    adherence: np.ndarray
    """Metrics, then the score, float32, (T, M + 1); (0, 0) where nobody measured."""
    valid: np.ndarray
    """Whether it passed the gate, bool, (T,); (0,) where nobody measured."""

    @classmethod
    def of(cls, clip: Clip, judged: Sequence[Adherence]) -> "Photographs":
        """Of a clip and what the gate said of it, which may be nothing.

        Raises:
            ShapeMismatch: if the gate did not judge every frame.
        """
        if judged and len(judged) != len(clip.source):
            raise ShapeMismatch("adherence", (len(judged),), "the clip", (len(clip.source),))
        names = (*judged[0].metrics, SCORE) if judged else ()
        numbers = [[*(one.metrics[name] for name in names[:-1]), one.score] for one in judged]
        table = np.array(numbers, np.float32).reshape(len(judged), len(names))
        return cls(clip.source, names, table, np.array([one.passed for one in judged], bool))

    @property
    def judged(self) -> tuple[Adherence, ...]:
        """What the gate said, (T,), but for reasons and single bodies; empty where nobody measured."""
        return tuple(
            Adherence(bool(valid), float(row[-1]), dict(zip(self.names[:-1], row[:-1].tolist(), strict=True)))
            for valid, row in zip(self.valid, self.adherence, strict=True)
        )


def write(folder: Path, clips: Mapping[str, Clip], judged: Mapping[str, Sequence[Adherence]]) -> None:
    """Keep what is known of an episode's photographs, by camera."""
    told = {}
    for camera, clip in clips.items():
        one = Photographs.of(clip, judged.get(camera, ()))
        told[camera] = {"source": one.source, "names": one.names, "adherence": one.adherence.tolist(), "valid": one.valid.tolist()}
    write_json(folder / FILE, told)


def read(folder: Path) -> dict[str, Photographs]:
    """What `write` kept, by camera."""
    return {
        camera: Photographs(
            tuple(one["source"]),
            tuple(one["names"]),
            np.array(one["adherence"], np.float32).reshape(len(one["valid"]), len(one["names"])),
            np.array(one["valid"], bool),
        )
        for camera, one in json.loads((folder / FILE).read_text()).items()
    }


def features(told: Mapping[str, Photographs]) -> dict[str, dict]:
    """LeRobot's description of the columns."""
    table = {}
    for camera, one in told.items():
        table[f"simgen.source.{camera}"] = {"dtype": "string", "shape": (1,), "names": None}
        if one.names:
            table[f"simgen.valid.{camera}"] = {"dtype": "bool", "shape": (1,), "names": ["valid"]}
            table[f"simgen.adherence.{camera}"] = {"dtype": "float32", "shape": (len(one.names),), "names": list(one.names)}
    return table


def row(told: Mapping[str, Photographs], frame: int) -> dict:
    """The columns of one frame."""
    found = {}
    for camera, one in told.items():
        found[f"simgen.source.{camera}"] = one.source[frame]
        if one.names:
            found |= {f"simgen.valid.{camera}": one.valid[frame : frame + 1], f"simgen.adherence.{camera}": one.adherence[frame]}
    return found


def of_rows(lerobot: LeRobotDataset, camera: str, span: slice) -> Photographs | None:
    """Of one camera and some rows of a finished dataset; None where it was made before photographs were told of."""
    features, table = lerobot.meta.features, lerobot.hf_dataset.data  # as it lies in the file: LeRobot would decode every row
    source, valid, adherence = (f"simgen.{name}.{camera}" for name in ("source", "valid", "adherence"))
    if source not in features:
        return None
    drew = tuple(table.column(source)[span].to_pylist())
    if adherence not in features:
        return Photographs(drew, (), np.zeros((0, 0), np.float32), np.zeros(0, bool))
    numbers, passed = (table.column(name)[span].to_pylist() for name in (adherence, valid))
    names = tuple(features[adherence]["names"])
    return Photographs(drew, names, np.array(numbers, np.float32).reshape(-1, len(names)), np.array(passed, bool).ravel())
