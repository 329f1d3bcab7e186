"""A finished dataset, both halves aligned: LeRobot's rows and photographs, and the physics truth of the same frames."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd
from lerobot.datasets.lerobot_dataset import LeRobotDataset

from simgen.dataset import photographs
from simgen.dataset.episode import Episode
from simgen.dataset.opening import opened
from simgen.dataset.truth import Truth
from simgen.dataset.video import KEY
from simgen.dataset.whole import SUMMARY
from simgen.errors import DamagedDataset, InvalidValue
from simgen.observation import Observation, State
from simgen.scenario import Scene
from simgen.world import Clip


@dataclass(frozen=True, eq=False)
class Frame:
    """One instant of a recorded episode."""

    row: dict
    """What LeRobot reads here: pictures are float32 tensors, (3, H, W), 0 to 1; depth in metres, (1, H, W)."""
    state: State
    """The physics truth."""
    observations: dict[str, Observation]
    """Camera to what it saw, exactly."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Record(Episode):
    """An episode of a dataset. Maps and photographs are read when they are looked at; `clips` are what the videos hold.
    `record[t]` and iteration give its frames."""

    columns: dict
    """Its row of `meta/episodes`: `simgen/seed`, `simgen/scene_sha256` and so on."""
    truth: Truth
    """Its truth file, open: every table of the layout in `truth.py`."""
    rows: Sequence[dict]
    """LeRobot's half, (T,)."""

    def __enter__(self) -> "Record":
        return self

    def __exit__(self, *_) -> None:
        self.truth.close()

    def __getitem__(self, t: int) -> Frame:
        """Both halves of one frame."""
        row, state = self.rows[t], self.trajectory.states[t]
        return Frame(row, state, {camera: seen[t] for camera, seen in self.trajectory.observations.items()})

    def __iter__(self) -> Iterator[Frame]:
        return (self[t] for t in range(len(self)))


class Lazy(Sequence):
    """A sequence whose items are read when they are asked for."""

    def __init__(self, length: int, read: Callable[[int], object]):
        self._length, self._read = length, read

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, at):
        if isinstance(at, slice):
            return tuple(self[t] for t in range(*at.indices(self._length)))
        return self._read(range(self._length)[at])


class Clips(Mapping):
    """Camera to Clip, decoded when the first is asked for."""

    def __init__(self, rows: Sequence[dict], world: str, source: dict[str, tuple[str, ...]]):
        self._rows, self._world, self._source = rows, world, source

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[str]:
        return iter(self._source)

    def __getitem__(self, camera: str) -> Clip:
        return self._decoded[camera]

    @cached_property
    def _decoded(self) -> dict[str, Clip]:
        frames = {camera: [] for camera in self._source}
        for row in self._rows:  # one pass: LeRobot decodes every camera for every row
            for camera, pictures in frames.items():
                pictures.append((row[KEY + camera] * 255).round().byte().permute(1, 2, 0).numpy())
        return {camera: Clip(np.stack(pictures), self._world, self._source[camera]) for camera, pictures in frames.items()}


class Dataset:
    """A dataset on disk; `len` is its episodes, `dataset[i]` one of them.

    Raises:
        DamagedDataset: if `root` is not a dataset of SimGen, or a part of it is missing or unreadable.
    """

    def __init__(self, root: str | Path):
        self.root = Path(root)
        try:
            self.summary = json.loads((self.root / SUMMARY).read_text())
            """What was asked for, how many episodes there are, and every attempt that was not kept."""
        except (OSError, ValueError) as error:
            raise DamagedDataset(self.root, f"not a dataset of SimGen: {SUMMARY} cannot be read") from error

    @cached_property
    def lerobot(self) -> LeRobotDataset:
        """LeRobot's half, read without a network."""
        missing = [part for part in ("meta/info.json", "meta/episodes", "data") if not (self.root / part).exists()]
        if missing:  # LeRobot would look for it on the network
            raise DamagedDataset(self.root, f"{', '.join(missing)} missing")
        return opened(self.root)

    @cached_property
    def columns(self) -> pd.DataFrame:
        """`meta/episodes`, one row an episode, without statistics."""
        files = sorted((self.root / "meta/episodes").glob("*/*.parquet"))
        try:
            table = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
        except (OSError, ValueError) as error:
            raise DamagedDataset(self.root / "meta/episodes", "not readable") from error
        return table[[name for name in table.columns if not name.startswith("stats/")]]

    def row(self, index: int) -> dict:
        """LeRobot's item, by its number in the whole dataset."""
        try:
            return self.lerobot[index]
        except (OSError, RuntimeError, ValueError) as error:
            raise DamagedDataset(self.root, f"row {index} of LeRobot's half cannot be read ({error})") from error

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, position: int) -> Record:
        if not 0 <= position < len(self):
            raise InvalidValue("the number of an episode", position, f"from 0 to {len(self) - 1}")
        columns = self.columns.iloc[position].to_dict()
        length, start = int(columns["length"]), int(columns["dataset_from_index"])
        truth = Truth(self.root / columns["simgen/truth"])
        if len(truth) != length:
            raise DamagedDataset(truth.path, f"{len(truth)} frames for {length} rows of LeRobot's half")
        rows = Lazy(length, lambda t: self.row(start + t))
        seen = {camera: Lazy(length, partial(truth.observation, camera)) for camera in truth.cameras}
        told = {camera: photographs.of_rows(self.lerobot, camera, slice(start, start + length)) for camera in truth.cameras}
        facts = vars(truth.episode(seen)) | self._scenes(truth, columns["simgen/scene"])
        facts |= {"versions": json.loads(columns["simgen/versions"]), "rendered_from": columns.get("simgen/rendered_from", "")}
        facts["world_seed"] = seed if (seed := int(columns.get("simgen/world_seed", -1))) >= 0 else None
        facts["adherence"] = {camera: one.judged for camera, one in told.items() if one is not None and one.names}
        source = {camera: (columns["simgen/world"],) * length if one is None else one.source for camera, one in told.items()}
        facts["clips"] = Clips(rows, columns["simgen/world"], source)
        return Record(**facts, columns=columns, truth=truth, rows=rows)

    def _scenes(self, truth: Truth, sidecar: str) -> dict[str, Scene | None]:
        """The Scene as it was photographed and, where it is another, the one that the physics ran in."""
        try:
            scene = Scene.model_validate_json((self.root / sidecar).read_text())
        except (OSError, ValueError) as error:
            raise DamagedDataset(self.root / sidecar, "not a readable scene") from error
        return {"scene": scene, "simulated": None if scene == truth.scene else truth.scene}

    def __iter__(self) -> Iterator[Record]:
        return (self[position] for position in range(len(self)))
