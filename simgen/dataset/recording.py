"""Recording: an episode of somebody else's simulator as its log tells it, and what is taken where the log is silent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simgen.arrays import Frame
from simgen.geometry import Pose

FOV_Y_DEG = 50.0
"""Vertical field of view of a camera whose lens nobody says."""
LEVEL = Pose.looking((0.0, 0.0, 1.0), (1.0, 0.0, 1.0))
"""world_T_camera of one whose pose nobody says."""
GUESSED_LENS = f"a vertical field of view of {FOV_Y_DEG:g} degrees"
GUESSED_POSE = "a level camera, 1 m above the ground"
GUESSED_ALBEDO = "albedo is the recorded picture"


@dataclass(frozen=True, eq=False)
class Footage:
    """What one camera saw, T frames."""

    frames: Sequence[Frame]
    """(T,), each read when it is asked for."""
    lens_known: bool
    """Whether the log says the lens; else it is `FOV_Y_DEG`."""
    pose_known: bool
    """Whether the log says where the camera stood; else it is `LEVEL`, and how things move in the picture is not known."""
    albedo_known: bool = False
    """Whether the log has surface colours without light."""

    @property
    def guesses(self) -> tuple[str, ...]:
        """What nobody says, and what was taken instead."""
        flow = () if self.pose_known else ("no flow, for nobody knows how the camera moved",)
        lens = () if self.lens_known else (GUESSED_LENS,)
        pose = () if self.pose_known else (GUESSED_POSE,)
        return lens + pose + flow + (() if self.albedo_known else (GUESSED_ALBEDO,))


@dataclass(frozen=True, eq=False)
class Recording:
    """One episode of a log, T frames."""

    name: str
    """Where it comes from, for sentences about it: a file, and what in it."""
    rate: int
    """Frames a second."""
    footage: Mapping[str, Footage]
    """Camera to what it saw: those with depth and segmentation."""
    actions: np.ndarray | None = None
    """What was commanded after each frame, (T, A); None where the log has none."""
    action_names: tuple[str, ...] = ()
    """(A,); empty: `action_0` and so on."""
    state: np.ndarray | None = None
    """The robot's state at each frame, (T, S); None where the log has none."""
    state_names: tuple[str, ...] = ()
    """(S,); empty: `state_0` and so on."""
    numbers: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Whatever else the log says of each frame, by a name without `/`, (T, N) each."""
    outcome: Mapping[str, np.ndarray] = field(default_factory=dict)
    """`reward`, `done` and `success` after each frame's action, (T,) each, as far as the log tells."""
    task: str = "recorded"
    """What was to be done, in words."""
    robot: str = "unknown"
    guesses: tuple[str, ...] = ()
    """What nobody says beside the cameras, and what was taken instead; and what was left out."""

    def __len__(self) -> int:
        return len(next(iter(self.footage.values())).frames)

    @property
    def success(self) -> bool:
        """Whether the log says that the task was done; True where it says nothing."""
        return bool(self.outcome["success"][-1]) if "success" in self.outcome else True

    @property
    def told(self) -> tuple[str, ...]:
        """Every guess, by camera."""
        return (*self.guesses, *(f"{camera}: {guess}" for camera, seen in self.footage.items() for guess in seen.guesses))
