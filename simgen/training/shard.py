"""Shards: photographs and the exact buffers beside them on disk, one folder a scene, one array a field, ready to be mapped."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from simgen.dataset.durable import publish, writing
from simgen.errors import DamagedDataset
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.scenario.light import Light
from simgen.scenario.sensor import Sensor
from simgen.scenario.weather import Weather

EXACT = ("depth", "instance", "link", "semantic", "normal", "flow", "albedo", "roughness", "metallic")
"""Fields of an Observation that are kept as they are, floats in half precision."""
LIT = ("light", "cheap", "target")
"""Light, kept as exposure: times the frame's gain, clipped to what half precision holds."""
HIGHEST = 6e4
"""Exposure from which on a pixel is as white as it gets."""
META = "meta.json"


@dataclass(frozen=True, eq=False)
class Pair:
    """One frame: what a world may look at, and what the path tracer made of it."""

    observation: Observation
    """With its direct light, and as it looks under its weather."""
    conditions: Conditions
    cheap: np.ndarray
    """Light of the world `preview` before air and camera, cd/m2 in linear sRGB, float32, (H, W, 3)."""
    target: np.ndarray
    """The path tracer's, the same way."""
    gain: float
    """What cd/m2 are multiplied by on disk."""
    focus_m: float
    """Distance in focus."""
    previous: int
    """Row of the frame before it in the shard; -1 where there is none."""
    light: str = ""
    """Preset and level."""


def write_shard(place: Path, pairs: Sequence[Pair], meta: dict) -> bool:
    """Write a shard beside its place and rename it there; False where another process was faster.

    Raises:
        CannotWrite: if the disk is full or read-only.
    """
    aside = place.with_name(f".{place.name}.writing")
    with writing(place):
        aside.mkdir(parents=True, exist_ok=True)
        for field in EXACT:
            np.save(aside / f"{field}.npy", np.stack([_small(getattr(pair.observation, field)) for pair in pairs]))
        for field in LIT:
            np.save(aside / f"{field}.npy", np.stack([_exposed(pair, field) for pair in pairs]))
        frames = [_frame(pair) for pair in pairs]
        (aside / META).write_text(json.dumps(meta | {"frames": frames}, indent=1, sort_keys=True) + "\n")
        return publish(aside, place)


def _small(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.float32:
        return array.astype(np.float16)
    return array.astype(np.int16) if array.dtype == np.int32 else array


def _exposed(pair: Pair, field: str) -> np.ndarray:
    light = pair.observation.light if field == "light" else getattr(pair, field)
    return np.minimum(light * np.float32(pair.gain), np.float32(HIGHEST)).astype(np.float16)


def _frame(pair: Pair) -> dict:
    view, conditions = pair.observation.view, pair.conditions
    lens = view.intrinsics
    return {
        "camera": view.name,
        "time_ns": pair.observation.time_ns,
        "world_T_camera_wxyz": view.world_T_camera.row.tolist(),
        "intrinsics": [lens.width, lens.height, lens.fx, lens.fy, lens.cx, lens.cy, list(lens.distortion)],
        "near_far": [view.near, view.far],
        "weather": conditions.weather.model_dump(mode="json"),
        "light": conditions.light.model_dump(mode="json"),
        "sensor": conditions.sensor.model_dump(mode="json"),
        "light_name": pair.light,
        "gain": pair.gain,
        "focus_m": pair.focus_m,
        "previous": pair.previous,
    }


class Shard:
    """A shard on disk; arrays are mapped, and read as they are asked for."""

    def __init__(self, folder: str | Path):
        """Open it.

        Raises:
            DamagedDataset: if a part is missing or unreadable.
        """
        self.folder = Path(folder)
        try:
            self.meta = json.loads((self.folder / META).read_text())
            self._arrays = {field: np.load(self.folder / f"{field}.npy", mmap_mode="r") for field in EXACT + LIT}
        except (OSError, ValueError) as error:
            raise DamagedDataset(self.folder, f"not a whole shard of pairs ({error})") from error

    def __len__(self) -> int:
        return len(self.meta["frames"])

    @property
    def held_out(self) -> bool:
        """Whether nothing is trained on it."""
        return self.meta["split"] == "held-out"

    @cached_property
    def conditions(self) -> tuple[Conditions, ...]:
        """Of every frame."""
        parts = {"weather": Weather, "light": Light, "sensor": Sensor}
        return tuple(
            Conditions(**{name: part.model_validate(frame[name]) for name, part in parts.items()}) for frame in self.meta["frames"]
        )

    def __getitem__(self, row: int) -> Pair:
        frame = self.meta["frames"][row]
        exact = {field: _wide(self._arrays[field][row]) for field in EXACT}
        light, cheap, target = (self._arrays[field][row].astype(np.float32) / np.float32(frame["gain"]) for field in LIT)
        seen = Observation(_view(frame), frame["time_ns"], **exact, light=light)
        said = frame["gain"], frame["focus_m"], frame["previous"], frame["light_name"]
        return Pair(seen, self.conditions[row], cheap, target, *said)


def _wide(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.float16:
        return array.astype(np.float32)
    return array.astype(np.int32) if array.dtype == np.int16 else np.array(array)


def _view(frame: dict) -> CameraView:
    *numbers, distortion = frame["intrinsics"]
    pose = Pose.from_row(np.array(frame["world_T_camera_wxyz"]))
    return CameraView(frame["camera"], Intrinsics(*numbers, tuple(distortion)), pose, *frame["near_far"])


def shards(folder: str | Path) -> Iterator[Path]:
    """Finished shards below a folder of pairs, in order."""
    return (path for path in sorted(Path(folder).glob("shards/*")) if (path / META).is_file() and not path.name.startswith("."))
