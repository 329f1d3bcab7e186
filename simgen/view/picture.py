"""What every camera saw, as the strips of the page: pictures to look at, and numbers packed into pictures to be read exactly."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

import numpy as np

from simgen.controls import depth_range, edge_map, flow_map, normal_map
from simgen.dataset import Episode
from simgen.dataset.boxes import boxes_2d
from simgen.observation import Observation
from simgen.view.sheet import columns, frames_a_sheet, sheet
from simgen.world import Clip

_FARTHEST_MM = 2**24 - 1
_LOSSLESS = {"depth", "segmentation", "edges"}


def cameras(episode: Episode) -> list[dict]:
    """Every camera's strips, boxes and scale. A dataset's observations are read twice and never held all at once."""
    return [_camera(episode, name, seen) for name, seen in episode.trajectory.observations.items()]


def _camera(episode: Episode, name: str, seen: Sequence[Observation]) -> dict:
    height, width = seen[0].depth.shape
    ids = tuple(body.id for body in episode.scene.bodies)
    clip = episode.clips.get(name)
    boxes, ends, fastest = [], [], 0.0
    for observation in seen:
        boxes.append(_boxes(observation.instance, ids))
        ends += [np.array(depth_range([observation.depth]))] if np.isfinite(observation.depth).any() else []
        fastest = max(fastest, float(np.nan_to_num(np.hypot(*np.moveaxis(observation.flow, -1, 0))).max()))
    near, far = depth_range(ends)
    return {
        "name": name,
        "width": width,
        "height": height,
        "near": near,
        "far": far,
        "framesASheet": frames_a_sheet(height, width),
        "columns": columns(height, width),
        "strips": _strips(seen, clip, fastest),
        "boxes": boxes,
        "source": [] if clip is None or len(set(clip.source)) == 1 else list(clip.source),
    }


def _boxes(instance: np.ndarray, ids: tuple[int, ...]) -> list[list[int]]:
    """Id, left, top, right and bottom of every body in sight."""
    found = zip(ids, boxes_2d(instance, ids), strict=True)
    return [[number, *map(int, box)] for number, box in found if np.isfinite(box).all()]


def _strips(seen: Sequence[Observation], clip: Clip | None, fastest: float) -> dict[str, list[str]]:
    """Strip name to its sheets, base64; encoded side by side, as the encoder lets go of the interpreter."""
    size = frames_a_sheet(*seen[0].depth.shape)
    strips: dict[str, list[str]] = {}
    with ThreadPoolExecutor(cpu_count()) as pool:
        for start in range(0, len(seen), size):
            photographs = None if clip is None else clip.frames[start : start + size]
            with_simulator = clip is None or clip.world != "raw"
            drawn = _drawings(seen[start : start + size], photographs, with_simulator, fastest)
            jobs = {name: pool.submit(sheet, frames, name in _LOSSLESS) for name, frames in drawn.items()}
            for name, job in jobs.items():
                strips.setdefault(name, []).append(job.result())
    return strips


def _drawings(
    seen: Sequence[Observation], photographs: np.ndarray | None, with_simulator: bool, fastest: float
) -> dict[str, Sequence[np.ndarray]]:
    """Strip name to its frames, uint8, (H, W, 3), in the order of the page."""
    drawn: dict[str, Sequence[np.ndarray]] = {}
    if photographs is not None:
        drawn["rgb"] = photographs
    if with_simulator and seen[0].rgb is not None:
        drawn["simulator"] = [observation.rgb for observation in seen]
    drawn["depth"] = [pack_depth(observation.depth) for observation in seen]
    drawn["segmentation"] = [pack_ids(observation.instance, observation.link) for observation in seen]
    drawn["edges"] = [np.repeat(edge_map(observation)[..., None], 3, axis=-1) for observation in seen]
    drawn["flow"] = [flow_map(observation.flow, fastest) for observation in seen]
    drawn["normals"] = [normal_map(observation.normal) for observation in seen]
    drawn["albedo"] = [observation.albedo for observation in seen]
    return drawn


def pack_depth(depth: np.ndarray) -> np.ndarray:
    """Depth in whole millimetres as a colour, uint8, (H, W, 3): high byte red, middle green, low blue; 0 is nothing hit."""
    hit = np.isfinite(depth)
    millimetres = np.where(hit, np.clip(np.rint(1000 * np.where(hit, depth, 0)), 1, _FARTHEST_MM), 0).astype(np.uint32)
    return np.stack([millimetres >> 16, millimetres >> 8 & 255, millimetres & 255], axis=-1).astype(np.uint8)


def pack_ids(instance: np.ndarray, link: np.ndarray) -> np.ndarray:
    """Body id (high byte red, low byte green) and link index + 1 (blue) as a colour, uint8, (H, W, 3)."""
    return np.stack([instance >> 8, instance & 255, link + 1], axis=-1).astype(np.uint8)
