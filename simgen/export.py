"""Control clips on disk, as the neighbours of SimGen name them: Replicator's CosmosWriter, Cosmos Transfer, Isaac Lab Mimic."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from simgen.controls import DepthMode, clip_controls, shaded_segmentation
from simgen.errors import CannotWrite, InvalidValue, ShapeMismatch
from simgen.observation import Observation

WEIGHTS = {"edge": 0.3, "depth": 0.6, "seg": 0.7, "vis": 0.3}
"""What Isaac Lab's recipe for robot arms gives each control of Cosmos Transfer."""
_FILES = {"edge": "edges", "depth": "depth", "seg": "segmentation", "vis": None}
_LONGEST_MM = np.iinfo(np.uint16).max


def export_clip(
    observations: Sequence[Observation],
    folder: Path,
    *,
    rate: int,
    frames: np.ndarray | None = None,
    number: int = 0,
    name: str = "simgen",
    prompt: str = "",
    weights: Mapping[str, float] = WEIGHTS,
    mode: DepthMode = "inverse",
) -> Path:
    """Write one camera's clip as CosmosWriter does, with a spec that Cosmos Transfer 2.5 reads as it stands.

    `folder/clip_NNNN/` gets, for each of rgb, depth, segmentation, shaded_seg and edges, a folder of PNG frames
    (`rgb/rgb_0000.png`) and a film (`rgb.mp4`), all in step; `depth_mm/` with 16-bit PNG frames in millimetres (0 where
    nothing was hit, 65535 at and beyond 65.535 m); `cameras.json` with the lens and the pose of every frame, by which
    `simgen import` knows the clip again; and `control.json`, whose paths are relative to itself. Cosmos blurs the film
    itself for `vis`, so that control has a weight and no path.

    Args:
        observations: what the camera saw, (T,), all of one size; width and height must be even (4:2:0 films are).
        folder: where; made if missing.
        rate: frames a second.
        frames: photographs, uint8, (T, H, W, 3); None takes the simulator's own.
        number: which clip of the folder this is.
        name: name of the spec.
        prompt: what the film shows, in words.
        weights: control (edge, depth, seg, vis) to weight in [0, 1]; those left out are not asked for.
        mode: how depth is scaled, over the whole clip; see `depth_map`.

    Returns:
        The clip's folder.

    Raises:
        InvalidValue: if a size is odd, a weight, rate or control is impossible, the clip is empty or has no pictures.
        ShapeMismatch: if the photographs do not match the observations.
        CannotWrite: if the folder cannot be written.
    """
    films = _films(observations, frames, mode, rate)
    spec = _spec(name, prompt, weights)
    clip = Path(folder) / f"clip_{number:04d}"
    try:
        for modality, film in films.items():
            _write_frames(clip / modality, film)
            write_video(clip / f"{modality}.mp4", film, rate)
        _write_frames(clip / "depth_mm", [_millimetres(observation.depth) for observation in observations])
        (clip / "control.json").write_text(json.dumps(spec, indent=2) + "\n")
        (clip / "cameras.json").write_text(json.dumps(_cameras(observations, rate, prompt)) + "\n")
    except OSError as error:
        raise CannotWrite(clip, error.strerror or str(error)) from error
    return clip


def export_mimic(
    observations: Sequence[Observation], folder: Path, *, rate: int, frames: np.ndarray | None = None, number: int = 0
) -> list[Path]:
    """Write one camera's films under the names of Isaac Lab Mimic: `demo_0_front.mp4`, `demo_0_front_depth.mp4`, ...

    Sizes are the camera's own; arguments and errors are those of `export_clip`.
    """
    films = _films(observations, frames, "linear", rate)
    camera = observations[0].view.name
    endings = {"rgb": "", "segmentation": "_segmentation", "normals": "_normals", "depth": "_depth"}
    endings["shaded_seg"] = "_shaded_segmentation"
    films["normals"] = np.stack([maps.normal for maps in clip_controls(observations)])
    paths = {modality: Path(folder) / f"demo_{number}_{camera}{ending}.mp4" for modality, ending in endings.items()}
    try:
        for modality, path in paths.items():
            write_video(path, films[modality], rate)
    except OSError as error:
        raise CannotWrite(folder, error.strerror or str(error)) from error
    return list(paths.values())


def write_video(path: Path, frames: Sequence[np.ndarray], rate: int) -> None:
    """Write frames, uint8, (T, H, W, 3), as an H.264 MP4 that every player plays (yuv420p).

    Raises:
        InvalidValue: if width or height is odd, there is no frame, or the rate is not a whole number above 0.
        OSError: if the file cannot be written.
    """
    _check_film(frames, rate)
    height, width = frames[0].shape[:2]
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(int(rate)), options={"crf": "12", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())


def _check_film(frames: Sequence[np.ndarray], rate: int) -> None:
    """Raise InvalidValue if `frames`, (T, H, W, ...), cannot be a film."""
    if len(frames) == 0:
        raise InvalidValue("a film", 0, "at least one frame long")
    if rate < 1 or rate != int(rate):
        raise InvalidValue("a frame rate", rate, "a whole number of frames a second, at least 1")
    height, width = frames[0].shape[:2]
    if height % 2 or width % 2:
        raise InvalidValue("a film's width and height", (width, height), "even, as H.264 in 4:2:0 stores colour by pairs of pixels")


def _films(observations: Sequence[Observation], frames: np.ndarray | None, mode: DepthMode, rate: int) -> dict[str, np.ndarray]:
    """Every modality of a clip, uint8, (T, H, W, 3) each."""
    _check_film([observation.depth for observation in observations], rate)
    maps = clip_controls(observations, mode)
    depth = np.rint(255 * np.stack([one.depth for one in maps])).astype(np.uint8)
    return {
        "rgb": _photographs(observations, frames),
        "depth": np.repeat(depth[..., None], 3, axis=-1),
        "segmentation": np.stack([one.segmentation for one in maps]),
        "shaded_seg": np.stack([shaded_segmentation(seen.instance, seen.normal) for seen in observations]),
        "edges": np.repeat(np.stack([one.edge for one in maps])[..., None], 3, axis=-1),
    }


def _photographs(observations: Sequence[Observation], frames: np.ndarray | None) -> np.ndarray:
    if frames is None:
        if any(seen.rgb is None for seen in observations):
            raise InvalidValue("rgb", None, "the simulator's picture: make the simulator with draws=True, or pass frames")
        frames = np.stack([seen.rgb for seen in observations])
    expected = (len(observations), *observations[0].depth.shape, 3)
    if frames.shape != expected:
        raise ShapeMismatch("frames", frames.shape, "the clip", expected)
    return frames


def _spec(name: str, prompt: str, weights: Mapping[str, float]) -> dict:
    """What Cosmos Transfer 2.5 is to do with a clip."""
    spec: dict = {"name": name, "prompt": prompt, "video_path": "rgb.mp4"}
    for control, weight in weights.items():
        if control not in _FILES:
            raise InvalidValue("a control", control, f"one of {', '.join(_FILES)}")
        if not 0 <= weight <= 1:
            raise InvalidValue(f"the weight of {control}", weight, "from 0 to 1")
        film = _FILES[control]
        spec[control] = ({"control_path": f"{film}.mp4"} if film else {}) | {"control_weight": weight}
    return spec


def _cameras(observations: Sequence[Observation], rate: int, task: str) -> dict:
    """Where the camera stood: matrices in pixels and metres, OpenCV's axes."""
    view = observations[0].view
    poses = [seen.view.world_T_camera.matrix.tolist() for seen in observations]
    said = {"intrinsics": view.intrinsics.K.tolist(), "distortion": list(view.intrinsics.distortion), "world_T_camera": poses}
    return {"fps": rate, "task": task, "cameras": {view.name: said}}


def _write_frames(folder: Path, frames: Sequence[np.ndarray]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{folder.name}_{number:04d}.png", compress_level=3)


def _millimetres(depth: np.ndarray) -> np.ndarray:
    """Depth in whole millimetres, uint16; 0 where nothing was hit."""
    hit = np.isfinite(depth)
    return np.where(hit, np.minimum(np.rint(1000 * np.where(hit, depth, 0)), _LONGEST_MM), 0).astype(np.uint16)
