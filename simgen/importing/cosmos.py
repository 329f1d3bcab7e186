"""Clips of Isaac Sim's CosmosWriter, and those of `simgen export`, which lays them out alike.

    SOURCE/clip_0000/rgb/rgb_0000.png ...       pictures; or rgb.mp4 alone
    SOURCE/clip_0000/depth/depth_0000.png ...   grey pictures of the distance
    SOURCE/clip_0000/segmentation/...png        a colour an instance; transparent or black is background
    SOURCE/clip_0000/depth_mm/...png            only of SimGen: the depth itself, 16 bits, in millimetres
    SOURCE/clip_0000/cameras.json               of SimGen, or yours; see `cameras.py`; one beside the clips speaks for all of them

SOURCE may also be one clip, or hold a folder of clips for each camera, as `simgen export` does: clips of the same number are one episode.

Read are the conventions of CosmosWriter 0.0.2 in omni.replicator.core 1.12.11 to 1.12.27 (Isaac Sim 5.0 and 5.1). Its depth pictures are
`ColorizeDepth` of the distance to the camera d: with n = ln(d / 0.1) / ln(100 / 0.1), d within 0.1 and 100 metres, the grey level is
the whole part of 255 (1 - n), and 0 where nothing was hit. One level is 2.7 % of the distance, and so depth may be off by as much,
and by a lens that nobody said, for the way from distance to depth leads through it; within a level the smoothest surface is taken
(`terraces.py`). Black is infinitely far, which the writer does not tell from 97 metres and more. What the writer does not keep is
guessed: the lens, the pose. Its shaded segmentation and its edges say nothing more and are not read; nor are the films of depth and
segmentation, which compression changed.
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from simgen.dataset.recording import Footage, Recording
from simgen.errors import BadRecording
from simgen.geometry import Intrinsics
from simgen.importing import pictures
from simgen.importing.cameras import Cameras, Said, said
from simgen.importing.filming import Candidate, Tracks, complete, footage
from simgen.importing.pace import pace
from simgen.importing.terraces import smoothed
from simgen.importing.track import Track, described

NEAR, FAR = 0.1, 100.0
"""Metres, of ColorizeDepth."""
LEVEL = (FAR / NEAR) ** (1 / 255)
"""By what factor a level of its grey is farther than the next."""
CAMERA = "camera"
"""Name of the one camera of a folder that names none."""
NEEDED = ("depth", "segmentation")


class Cosmos:
    """A folder of clips as a log.

    Raises:
        BadRecording: if it holds none.
    """

    def __init__(self, source: Path):
        self._source = source
        self._clips = _clips(source)
        if not self._clips:
            raise BadRecording(source, "no folder clip_*/ with pictures in it")

    @staticmethod
    def recognises(source: Path) -> bool:
        """Whether there are clips."""
        return source.is_dir() and bool(_clips(source))

    def __len__(self) -> int:
        return len(self._clips)

    def episode(self, number: int) -> Recording:
        """The clips of one number, one a camera.

        Raises:
            BadRecording: if a frame is missing, or what is there is not what a clip should hold.
            LacksControls: if depth or segmentation is missing.
        """
        name, clips = list(self._clips.items())[number]
        told = {camera: said(clip, clip.parent, self._source) for camera, clip in clips.items()}
        rates = [one.fps or pictures.rate_of(clips[camera] / "rgb.mp4") for camera, one in told.items()]
        rate, guesses = pace(next((rate for rate in rates if rate), None))
        candidates = {}
        for camera, clip in clips.items():
            missing = tuple(f"{what}/ as frames" for what in NEEDED if not (clip / what).is_dir())
            candidates[camera] = Candidate(str(clip), missing, partial(_footage, camera, clip, rate, told[camera]))
        seen, left_out = complete(candidates)
        return Recording(f"{self._source.name}/{name}", rate, seen, task=_task(clips, told), guesses=guesses + left_out)


def _clips(source: Path) -> dict[str, dict[str, Path]]:
    """Clip name to the folder of every camera's clip of that name."""
    if _is_clip(source):
        return {source.name: {_camera(source): source}}
    found: dict[str, dict[str, Path]] = {}
    for clip in sorted(path for path in source.glob("clip_*") if _is_clip(path)):
        found.setdefault(clip.name, {})[_camera(clip)] = clip
    if not found:
        for clip in sorted(path for path in source.glob("*/clip_*") if _is_clip(path)):
            found.setdefault(clip.name, {})[clip.parent.name] = clip
    return found


def _is_clip(path: Path) -> bool:
    return path.name.startswith("clip_") and any((path / name).exists() for name in ("rgb", "rgb.mp4"))


def _camera(clip: Path) -> str:
    """What the clip's own file calls its camera."""
    names = list(said(clip).cameras)
    return names[0] if len(names) == 1 else CAMERA


def _footage(camera: str, clip: Path, rate: int, told: Cameras) -> Footage:
    exact = pictures.track(clip, "depth_mm")
    depth = _distances(pictures.track(clip, "depth")) if exact is None else exact
    tracks = Tracks(pictures.track(clip, "rgb"), depth, pictures.track(clip, "segmentation"))
    return footage(camera, tracks, rate=rate, said=told.cameras.get(camera, Said()), refine=_between_levels if exact is None else None)


def _distances(greys: Track) -> Track:
    """Distance from the camera in metres, float64, (H, W), of what ColorizeDepth drew; inf where it is black."""

    def distance(grey: np.ndarray) -> np.ndarray:
        if grey.dtype != np.uint8:
            raise BadRecording(greys.place, f"{described(grey)} where eight bits of grey are asked for")
        level = grey if grey.ndim == 2 else grey[..., 0]
        return np.where(level > 0, NEAR * (FAR / NEAR) ** (1 - (level + 0.5) / 255), np.inf)

    return greys.then(distance)


def _between_levels(found: Mapping[str, np.ndarray], lens: Intrinsics) -> dict[str, np.ndarray]:
    """Depth of distances that are the middles of levels."""
    depth = found["depth"] / np.linalg.norm(lens.rays(), axis=-1)
    return {"depth": smoothed(depth, found["instance"], depth / LEVEL**0.5, depth * LEVEL**0.5)}


def _task(clips: dict[str, Path], told: dict[str, Cameras]) -> str:
    """What is said of it, or the prompt of the first `control.json`."""
    for camera, clip in clips.items():
        if told[camera].task:
            return told[camera].task
        try:
            prompt = json.loads((clip / "control.json").read_text()).get("prompt")
        except (OSError, ValueError, AttributeError):
            continue
        if prompt:
            return prompt
    return "recorded"
