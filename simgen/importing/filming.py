"""Footage of tracks: the frames of a camera, put together when they are asked for; and which cameras have all that it takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.arrays import Frame, normals
from simgen.dataset.recording import Footage
from simgen.errors import BadRecording, LacksControls
from simgen.geometry import CameraView, Intrinsics
from simgen.importing.cameras import Said, lens, poses
from simgen.importing.ids import ids
from simgen.importing.terraces import smoothed
from simgen.importing.track import MILLIMETRES, Track, colours, metres, vectors

HALF_MILLIMETRE = np.float32(0.0005)


Refine = Callable[[Mapping[str, np.ndarray], Intrinsics], dict[str, np.ndarray]]
"""A frame's arrays and its lens to those arrays that change or come."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """What a log has of one camera."""

    rgb: Track
    depth: Track
    segmentation: Track
    normal: Track | None = None
    """In the camera frame (x right, y down, z forward)."""
    flow: Track | None = None
    """Backward, in pixels, nan where not known."""
    albedo: Track | None = None

    @property
    def there(self) -> dict[str, Track]:
        """By name."""
        return {name: track for name, track in vars(self).items() if track is not None}


@dataclass(frozen=True, eq=False)
class Candidate:
    """A camera of a log, whole or not."""

    place: str
    """Where the log has it, for sentences about it."""
    missing: tuple[str, ...]
    """What must be there and is not, as the log would call it."""
    film: Callable[[], Footage]
    """Its footage, where nothing is missing."""


def complete(candidates: Mapping[str, Candidate]) -> tuple[dict[str, Footage], tuple[str, ...]]:
    """The footage of every camera that is whole, and what to say of the others.

    Args:
        candidates: by camera; at least one.

    Raises:
        LacksControls: if none is whole.
        BadRecording: as `footage` does.
    """
    lacking = {camera: one for camera, one in candidates.items() if one.missing}
    if len(lacking) == len(candidates):
        camera, one = next(iter(lacking.items()))
        raise LacksControls(one.place, camera, one.missing)
    told = tuple(f"{camera}: left out, for it has no {' and no '.join(one.missing)}" for camera, one in lacking.items())
    return {camera: one.film() for camera, one in candidates.items() if not one.missing}, told


def footage(camera: str, tracks: Tracks, *, rate: int, said: Said, beyond: float = np.inf, refine: Refine | None = None) -> Footage:
    """The frames of one camera.

    Args:
        camera: its name.
        tracks: what it gave.
        rate: frames a second.
        said: what is said of its lens and its pose.
        beyond: how far away in metres what the log has is nothing, as the far plane of a renderer.
        refine: what to make of each frame's arrays; None takes them as they are, but for whole millimetres, of which normals would be
            those of a staircase: they are worked out of the smoothest surface that fits.

    Raises:
        BadRecording: if the tracks are not equally long, or a first frame is not what its track should hold; and wherever another frame
            is asked for that is not.
    """
    lengths = {track.place: len(track) for track in tracks.there.values()}
    if len({*lengths.values()}) > 1:
        counts = ", ".join(f"{length} in {place}" for place, length in lengths.items())
        raise BadRecording(f"Camera '{camera}'", f"its frames are not equally many: {counts}")
    if not len(tracks.rgb):
        raise BadRecording(tracks.rgb.place, "it has no frames")
    rgb = colours(tracks.rgb)
    size = rgb[0].shape[:2]
    depth = metres(tracks.depth, beyond).sized(size)
    maps = {"rgb": rgb.sized((*size, 3)), "depth": depth, "instance": ids(tracks.segmentation).sized(size)}
    maps |= {name: vectors(track, 3).sized((*size, 3)) for name, track in tracks.there.items() if name == "normal"}
    maps |= {name: vectors(track, 2).sized((*size, 2)) for name, track in tracks.there.items() if name == "flow"}
    maps |= {name: colours(track).sized((*size, 3)) for name, track in tracks.there.items() if name == "albedo"}
    for one in maps.values():
        one[0]
    place, K, matrices = f"Camera '{camera}'", said.intrinsics, _matrices(camera, said)
    known = lens(place, size, None if K is None else np.array(K), said.distortion)
    stood = poses(place, len(rgb), matrices if len(matrices) else None)
    views = tuple(CameraView(camera, known, pose) for pose in stood)
    if refine is None and tracks.normal is None and tracks.depth[0].dtype == MILLIMETRES:
        refine = _of_millimetres
    return Footage(Frames(views, rate, maps, refine), K is not None, len(matrices) > 0, tracks.albedo is not None)


@dataclass(frozen=True, eq=False)
class Frames(Sequence):
    """T frames; one is read when it is asked for."""

    views: tuple[CameraView, ...]
    rate: int
    maps: Mapping[str, Track]
    """Frame's arrays by name."""
    refine: Refine | None
    """As `footage` has it."""

    def __len__(self) -> int:
        return len(self.views)

    def __getitem__(self, number: int) -> Frame:
        number = range(len(self))[number]
        found = {name: track[number] for name, track in self.maps.items()}
        if self.refine is not None:
            found |= self.refine(found, self.views[number].intrinsics)
        found["instance"] = np.where(np.isfinite(found["depth"]), found["instance"], 0).astype(np.int32)
        return Frame(self.views[number], round(1e9 * number / self.rate), **found)


def _of_millimetres(found: Mapping[str, np.ndarray], lens: Intrinsics) -> dict[str, np.ndarray]:
    """The normals of depth in whole millimetres, which stays as it is."""
    depth = found["depth"]
    even = smoothed(depth, found["instance"], np.maximum(depth - HALF_MILLIMETRE, HALF_MILLIMETRE), depth + HALF_MILLIMETRE)
    return {"normal": normals(even, lens)}


def _matrices(camera: str, said: Said) -> np.ndarray:
    try:
        return said.matrices
    except ValueError as error:
        raise BadRecording(f"Camera '{camera}'", "its world_T_camera is no 4x4 matrix, nor one a frame") from error
