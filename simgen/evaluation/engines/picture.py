"""Instants of both courses side by side, and where what is seen differs."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from simgen import world as worlds
from simgen.evaluation.engines.comparison import Comparison
from simgen.evaluation.engines.course import Course
from simgen.photography import Studio, world_seed
from simgen.scenario import Scene

PAINTER = "preview"
"""The world that draws both alike, from exact buffers."""
MARK = np.array([255, 70, 60], np.uint8)
ACROSS = 384
"""Pixels of a picture on the page, at least."""


@dataclass(frozen=True, eq=False)
class Instant:
    """One moment in both engines."""

    seconds: float
    first: np.ndarray
    """sRGB, uint8, (H, W, 3)."""
    second: np.ndarray
    """The same."""
    differs: np.ndarray
    """Where the two engines show different bodies, bool, (H, W)."""


def camera_of(scene: Scene) -> str:
    """The first camera that stands still, else the first."""
    return next((name for name, camera in scene.cameras.items() if camera.mount is None), next(iter(scene.cameras)))


def instants(comparison: Comparison) -> tuple[Instant, ...]:
    """Every instant that was looked at, drawn for both engines by one world under one light."""
    camera = camera_of(comparison.scene)
    pictures = [_drawn(comparison.scene, course, camera) for course in (comparison.first, comparison.second)]
    found = []
    for number, step in enumerate(sorted(comparison.first.seen)):
        ids, ids_too = (course.seen[step][camera].instance for course in (comparison.first, comparison.second))
        found.append(Instant(float(comparison.first.times[step]), pictures[0][number], pictures[1][number], ids != ids_too))
    return tuple(found)


def _drawn(scene: Scene, course: Course, camera: str) -> Sequence[np.ndarray]:
    steps = sorted(course.seen)
    seen = {camera: [course.seen[step][camera] for step in steps]}
    photographs = Studio(worlds.make(PAINTER)).shoot(scene, [course.states[step] for step in steps], seen, seed=world_seed(scene))
    return photographs.clips[camera].frames


def marked(instant: Instant) -> np.ndarray:
    """The first engine's picture, dim, with red where the second shows another body, uint8, (H, W, 3)."""
    out = (instant.first * 0.45).astype(np.uint8)
    out[instant.differs] = MARK
    return out


def packed(picture: np.ndarray) -> str:
    """A picture as a data URL."""
    image = Image.fromarray(picture)
    times = max(1, -(-ACROSS // image.width))
    buffer = BytesIO()
    image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST).save(buffer, "WEBP", quality=84, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
