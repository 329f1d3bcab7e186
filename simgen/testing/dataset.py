"""Is a dataset what it says? Every row against its videos and its physics truth."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from simgen import dataset as datasets
from simgen.dataset.columns import pair
from simgen.dataset.reader import Dataset, Record
from simgen.dataset.video import DEPTH_ERROR, DEPTH_MAX, KEY
from simgen.dataset.whole import count_frames
from simgen.observation import Observation
from simgen.report import Report, expect, run
from simgen.scenario.classes import CLASSES

APPEARANCE = {"weather", "light", "sensor", "changes"}
"""Of a Scene, what may be photographed otherwise than it was simulated."""

LEAST_PSNR = 25.0
"""dB: what a photograph that only went through the video codec keeps."""

LARGEST_SPOT = 45.0
"""Of 255, root mean square over 8x8 pixels; the codec stays below 26, a misplaced body reaches 140."""


def check_dataset(root: str | Path) -> Report:
    """Check a dataset on disk, both halves and all that ties them together. Reads every frame; needs no network.

    Raises:
        DamagedDataset: if `root` is not a dataset of SimGen at all.
    """
    dataset = datasets.open(root)
    first = [run(check, dataset) for check in (_loads, _videos, _episodes)]
    if not all(row.passed for row in first):
        return Report(tuple(first))
    whole = (_lengths, _clock, _seeds, _runs, _tasks, _numbers, _identities, _surfaces, _poses, _brightness, _photographs, _judgements)
    rows = [run(check, dataset) for check in whole]
    if any(key.endswith("_depth") for key in dataset.lerobot.meta.video_keys):
        rows += [run(check, dataset) for check in (_depth, _segmentation)]
    return Report((*first, *rows))


def _loads(dataset: Dataset) -> str:
    """LeRobot opens it without a network"""
    lerobot = dataset.lerobot
    return f"{lerobot.num_episodes} episodes, {lerobot.num_frames} frames, {lerobot.fps} a second"


def _videos(dataset: Dataset) -> str:
    """Every video file has one frame for every row"""
    frames = count_frames(dataset.root)
    expect(frames, "there is no video")
    expect(set(frames.values()) == {dataset.lerobot.num_frames}, f"{frames} frames for {dataset.lerobot.num_frames} rows")
    return f"{len(frames)} videos of {dataset.lerobot.num_frames} frames"


def _episodes(dataset: Dataset) -> str:
    """Every episode has a truth file that reads back, and its bytes are those that were written"""
    for record in dataset:
        digest = hashlib.sha256(record.truth.path.read_bytes()).hexdigest()
        expect(digest == record.columns["simgen/truth_sha256"], f"{record.truth.path} was changed")
    return f"{len(dataset)} files"


def _lengths(dataset: Dataset) -> str:
    """The truth has a state, an action and a map for every row"""
    for record in dataset:
        length = int(record.columns["length"])
        expect(len(record.truth["time_ns"]) == length + 1, f"{record.truth.path}: {len(record.truth['time_ns'])} instants, {length} rows")
        for camera in record.truth.cameras:
            maps = record.truth.count(camera)
            expect(set(maps.values()) == {length}, f"{record.truth.path}, {camera}: {maps}, {length} rows")
    return f"{dataset.lerobot.num_frames} frames"


def _clock(dataset: Dataset) -> str:
    """Timestamps and simulated time advance by one frame a row, in both halves"""
    fps, table = dataset.lerobot.fps, dataset.lerobot.hf_dataset
    stamps, clock = np.array(table["timestamp"]), np.array(table["gt.sim_time_ns"]).ravel()
    for record in dataset:
        span = slice(int(record.columns["dataset_from_index"]), int(record.columns["dataset_to_index"]))
        drift = np.abs(stamps[span] - np.arange(len(record)) / fps).max()
        expect(drift < 1e-4, f"{record.truth.path}: timestamps drift by {drift:.2g} s")
        expect(np.array_equal(clock[span], record.truth["time_ns"][:-1]), f"{record.truth.path}: gt.sim_time_ns is not the truth's")
        steps = np.diff(record.truth["time_ns"])
        expect(np.abs(steps - 1e9 / fps).max() <= 1, f"{record.truth.path}: a step takes {steps.max()} ns")
    return f"{1e9 / fps:.0f} ns a frame"


def _seeds(dataset: Dataset) -> str:
    """Every Scene is the one whose SHA-256 its episode names"""
    for record in dataset:
        named, sidecar = record.columns["simgen/scene_sha256"], dataset.root / record.columns["simgen/scene"]
        expect(hashlib.sha256(sidecar.read_bytes()).hexdigest() == named, f"{sidecar} was changed")
        expect(record.scene.sha256 == named, f"{sidecar}: another scene than the episode names")
    return f"{len(set(dataset.columns['simgen/scene_sha256']))} different scenes"


def _runs(dataset: Dataset) -> str:
    """Every episode names its run, and was photographed where it was simulated but for weather, light and camera"""
    for record in dataset:
        expect(pair(record) == record.columns["simgen/pair"], f"{record.truth.path}: another run than simgen/pair says")
        kept = [scene.model_dump(exclude=APPEARANCE) for scene in (record.scene, record.truth.scene)]
        expect(kept[0] == kept[1], f"{record.truth.path}: the scene that was photographed is another than the simulated one")
    again = sum(bool(source) for source in dataset.columns["simgen/rendered_from"])
    return f"{len(set(dataset.columns['simgen/pair']))} runs, {again} photographed again"


def _tasks(dataset: Dataset) -> str:
    """Every episode says in words what is to be done, and every frame what is being done"""
    for record in dataset:
        expect(all(str(task).strip() for task in record.columns["tasks"]), f"{record.truth.path}: no task")
        covered = [t for part in record.subtasks for t in range(part.start, part.stop)]
        expect(covered == list(range(len(record))), f"{record.truth.path}: captions do not cover every frame once")
    return f"{dataset.lerobot.meta.total_tasks} tasks"


def _numbers(dataset: Dataset) -> str:
    """States and actions are finite"""
    keys = [key for key in ("observation.state", "action") if key in dataset.lerobot.features]
    for key in keys:
        expect(np.isfinite(np.array(dataset.lerobot.hf_dataset[key])).all(), f"{key} is not finite everywhere")
    return ", ".join(keys) or "a scene without a robot"


def _identities(dataset: Dataset) -> str:
    """Every instance and link id is in the link table, every semantic id in the class table and its link's"""

    def check(record: Record, seen: Observation) -> float:
        table = {(link.body, link.index): link.semantic for link in record.links} | {(0, -1): 0}
        classes = set((CLASSES | record.scene.classes).values())
        shown = _distinct(seen.instance, seen.link, seen.semantic)
        for body, link, semantic in shown:
            expect((body, link) in table, f"{record.truth.path}: body {body}, link {link} is not in the table")
            expect(semantic in classes, f"{record.truth.path}: class {semantic} is in no table")
            expect(table[body, link] == semantic, f"{record.truth.path}: body {body}, link {link} is shown as class {semantic}")
        return len(shown)

    return f"at most {max(_over_frames(dataset, check))} links in a frame"


def _distinct(*maps: np.ndarray) -> list[tuple[int, ...]]:
    """The different combinations of ids in maps, each (H, W) of int32."""
    packed = np.ascontiguousarray(np.stack(maps, axis=-1)).reshape(-1, len(maps))
    firsts = np.unique(packed.view(f"V{packed.itemsize * len(maps)}"), return_index=True)[1]
    return [tuple(row) for row in packed[firsts].tolist()]


def _surfaces(dataset: Dataset) -> str:
    """Depth is finite and normals are unit vectors where there is a body, and nowhere else"""

    def check(record: Record, seen: Observation) -> float:
        there = seen.instance > 0
        expect(np.array_equal(np.isfinite(seen.depth), there), f"{record.truth.path}: depth and ids disagree where something is")
        length = np.linalg.norm(seen.normal[there], axis=-1)
        expect(np.allclose(length, 1, atol=1e-3), f"{record.truth.path}: a normal is {length.min():.3f} to {length.max():.3f} long")
        return float(there.mean())

    return f"{100 * np.mean(list(_over_frames(dataset, check))):.1f} % of the pixels show something"


def _poses(dataset: Dataset) -> str:
    """Body poses in LeRobot's half are those of the truth"""
    worst = 0.0
    for record in dataset:
        span = slice(int(record.columns["dataset_from_index"]), int(record.columns["dataset_to_index"]))
        for row, body in enumerate(record.scene.bodies):
            exact = np.concatenate([record.truth[f"body/{name}"][:-1, row] for name in ("position", "orientation_wxyz")], axis=1)
            worst = max(worst, np.abs(np.array(dataset.lerobot.hf_dataset[f"gt.{body.name}.pose_wxyz"][span]) - exact).max())
    expect(worst < 1e-5, f"they differ by {worst:.2g}")
    return f"they differ by {worst:.1g}, which is float32"


def _brightness(dataset: Dataset) -> str:
    """Photographs are neither black nor white nor of one colour"""
    means = []
    for record in dataset:
        for camera, clip in record.clips.items():
            means.append(clip.frames.mean())
            expect(5 < means[-1] < 250, f"{record.truth.path}: camera {camera} is {means[-1]:.0f} of 255 bright")
            expect(clip.frames.std() > 1, f"{record.truth.path}: camera {camera} shows one colour")
    return f"{min(means):.0f} to {max(means):.0f} of 255 bright"


def _photographs(dataset: Dataset) -> str:
    """Photographs of the raw world show, frame by frame, what the simulator drew"""
    least = np.inf
    for record in dataset:
        for camera, seen in record.trajectory.observations.items():
            if record.columns["simgen/world"] != "raw" or seen[0].rgb is None:
                continue
            photographs, drawn = record.clips[camera].frames.astype(np.float32), np.stack([one.rgb for one in seen]).astype(np.float32)
            where, errors = f"{record.truth.path}, camera {camera}", np.square(photographs - drawn).mean(axis=-1)
            least = min(least, 10 * np.log10(255**2 / max(errors.mean(axis=(1, 2)).max(), 1e-9)))
            expect(least > LEAST_PSNR, f"{where}: {least:.1f} dB, less than {LEAST_PSNR}")
            spot = np.sqrt(_patches(errors).max())
            expect(spot < LARGEST_SPOT, f"{where}: a spot of 8x8 pixels is {spot:.0f} of 255 off")
            for later in (1, -1):  # a lost frame shifts those after it
                shifted = np.square(photographs - np.roll(drawn, -later, axis=0)).mean()
                expect(errors.mean() <= shifted, f"{where}: photographs fit the frames {later:+d} better than their own")
    return "of another world" if np.isinf(least) else f"at least {least:.1f} dB"


def _judgements(dataset: Dataset) -> str:
    """What an episode says of its photographs is what its frames say"""
    measured = invalid = 0
    for record in dataset:
        columns, where = record.columns, record.truth.path
        frames = [one for judged in record.adherence.values() for one in judged]
        failed = sum(not one.passed for one in frames)
        expect(columns["simgen/measured_frames"] == len(frames), f"{where}: {len(frames)} frames measured, the episode says otherwise")
        expect(columns["simgen/invalid_frames"] == failed, f"{where}: {failed} frames invalid, the episode says otherwise")
        mean = np.mean([one.score for one in frames]) if frames else np.nan
        expect(np.isclose(mean, columns["simgen/adherence_mean"], atol=1e-5, equal_nan=True), f"{where}: the mean score is {mean:.4f}")
        for camera, clip in record.clips.items():
            expect(all(clip.source), f"{where}: camera {camera} has frames that nobody drew")
        measured, invalid = measured + len(frames), invalid + failed
    return f"{invalid} of {measured} frames fail the gate" if measured else "the gate measured none"


def _patches(errors: np.ndarray) -> np.ndarray:
    """Means over spots of 8x8 pixels, of (T, H, W)."""
    count, height, width = errors.shape[0], errors.shape[1] // 8, errors.shape[2] // 8
    return errors[:, : 8 * height, : 8 * width].reshape(count, height, 8, width, 8).mean(axis=(2, 4))


def _depth(dataset: Dataset) -> str:
    """LeRobot's depth is that of the truth"""
    return _labels(dataset, "_depth", lambda seen: np.minimum(seen.depth, DEPTH_MAX), DEPTH_ERROR, 1e3, "mm")


def _segmentation(dataset: Dataset) -> str:
    """LeRobot's segmentation is that of the truth"""
    return _labels(dataset, "_seg", lambda seen: seen.semantic / 255, 0.5 / 255, 255, "classes")


def _labels(dataset: Dataset, suffix: str, exact: Callable[[Observation], np.ndarray], tolerance: float, scale: float, unit: str) -> str:
    worst = 0.0
    for record in dataset:
        for frame in record:
            for camera, seen in frame.observations.items():
                worst = max(worst, np.abs(frame.row[f"{KEY}{camera}{suffix}"][0].numpy() - exact(seen)).max())
    expect(worst <= tolerance, f"off by {scale * worst:.3g} {unit}, more than {scale * tolerance:.3g}")
    return f"off by at most {scale * worst:.2g} {unit}"


def _over_frames(dataset: Dataset, check: Callable[[Record, Observation], float]) -> Iterator[float]:
    for record in dataset:
        for seen in record.trajectory.observations.values():
            yield from (check(record, observation) for observation in seen)
