"""The whole dataset of many finished episodes: LeRobot's half, the truth beside it, and where each episode came from."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from lerobot.datasets.utils import INFO_PATH

from simgen.dataset import lerobot
from simgen.dataset.durable import write_json
from simgen.dataset.video import Labels, frames_of
from simgen.errors import DamagedDataset

TRUTH = "truth/episode_{:06d}.h5"
SCENE = "scenes/episode_{:06d}.json"
SUMMARY = "meta/simgen.json"


def assemble(root: Path, shards: Sequence[Path], *, labels: Labels, job: dict, rejected: list[dict]) -> None:
    """Make the dataset of these episodes.

    Args:
        root: where; must not exist.
        shards: folders with `truth.h5`, `videos/`, `photographs.json`, `scene.json` and `columns.json`, in order.
        labels: what the videos were made with.
        job: what was asked for, for `meta/simgen.json`.
        rejected: attempts that were not kept, each with its `draw` and `reason`.

    Raises:
        InvalidValue: if the episodes do not go together.
        DamagedDataset: if a shard is damaged or a video does not hold one frame a row.
    """
    lerobot.write(root, [lerobot.Part(shard) for shard in shards], labels)
    for position, shard in enumerate(shards):
        place(shard / "truth.h5", root / TRUTH.format(position))
        place(shard / "scene.json", root / SCENE.format(position))
    count_frames(root)
    add_columns(root, [json.loads((shard / "columns.json").read_text()) for shard in shards], rejected)
    reasons = Counter(one["reason"] for one in rejected)
    write_json(root / SUMMARY, {"format": 1, "job": job, "episodes": len(shards), "rejected": rejected, "reasons": reasons})


def count_frames(root: Path) -> dict[str, int]:
    """Frames in the videos of every camera, each file counted.

    Raises:
        DamagedDataset: if a file is unreadable or holds more or fewer frames than the rows that point at it.
    """
    info = json.loads((root / INFO_PATH).read_text())
    episodes = pd.concat(map(_without_statistics, sorted((root / "meta/episodes").glob("*/*.parquet"))))
    rows, totals = Counter(), Counter()
    for key in (name for name, feature in info["features"].items() if feature["dtype"] == "video"):
        columns = (episodes[name] for name in (f"videos/{key}/chunk_index", f"videos/{key}/file_index", "length"))
        for chunk, file, length in zip(*columns, strict=True):
            rows[key, info["video_path"].format(video_key=key, chunk_index=chunk, file_index=file)] += length
    for (key, path), expected in rows.items():
        try:
            frames = frames_of(root / path)
        except OSError as error:
            raise DamagedDataset(root / path, "not a readable video") from error
        if frames != expected:
            raise DamagedDataset(root / path, f"{frames} frames for {expected} rows")
        totals[key] += frames
    return dict(totals)


def _without_statistics(file: Path) -> pd.DataFrame:
    """Rows of `meta/episodes`; LeRobot reads its hundreds of columns of statistics too, which takes seconds."""
    names = pq.read_schema(file).names
    return pd.read_parquet(file, columns=[name for name in names if name == "length" or name.startswith("videos/")])


def place(file: Path, there: Path) -> None:
    """Put a shard's file into the dataset; the shard keeps its own until the dataset stands."""
    there.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, there)
    except OSError:
        shutil.copyfile(file, there)  # a file system without hard links


def add_columns(root: Path, rows: list[dict], rejected: list[dict], *, truth: bool = True) -> None:
    """Columns of `meta/episodes`, by which LeRobot's `episode_filter` can choose; `truth` says whether there are truth files."""
    columns = pd.DataFrame(rows)
    columns["simgen/attempts_failed"] = _failures_before(columns["simgen/episode"].tolist(), rejected)
    if truth:
        columns["simgen/truth"] = [TRUTH.format(position) for position in range(len(rows))]
        columns["simgen/scene"] = [SCENE.format(position) for position in range(len(rows))]
    for file in sorted((root / "meta/episodes").glob("*/*.parquet")):
        table = pd.read_parquet(file)
        chosen = columns.iloc[table["episode_index"].to_numpy()]
        pd.concat([table, chosen.set_index(table.index)], axis=1).to_parquet(file)


def _failures_before(draws: list[int], rejected: list[dict]) -> list[int]:
    """Attempts rejected since the episode before, those of its own number among them."""
    ordered = sorted(draws)
    previous = dict(zip(ordered, [-1, *ordered[:-1]], strict=True))
    return [sum(previous[draw] < one["draw"] <= draw for one in rejected) for draw in draws]
