"""The pictures of a frame that failed: the photograph, the truth's outlines over it, and what the truth does not explain."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image

from simgen.observation import Observation
from simgen.verify.expectation import expectation
from simgen.verify.photograph import Photograph
from simgen.verify.shading import Shading

LINE = np.array([80, 255, 190], np.uint8)
SUSPECT = np.array([255, 70, 60], np.uint8)
ACROSS = 384
"""Pixels of a picture on the page, at least."""


def pictures(photograph: np.ndarray, observation: Observation, suspects: set[int], reference: np.ndarray | None) -> dict[str, str]:
    """Name of a picture to its data URL. Outlines of the suspects, body ids, are red."""
    shading = Shading(Photograph.of(photograph), expectation(observation), reference)
    drawn = {
        "photograph": photograph,
        **({} if reference is None else {"predicted": reference}),
        "outlines": _outlines(photograph, shading, suspects),
        "unexplained": _residual(shading),
    }
    return {name: _packed(picture) for name, picture in drawn.items()}


def _outlines(photograph: np.ndarray, shading: Shading, suspects: set[int]) -> np.ndarray:
    out = (photograph * 0.6).astype(np.uint8)
    line, instance = shading.expectation.outline, shading.expectation.observation.instance
    out[line] = LINE
    out[line & np.isin(instance, list(suspects))] = SUSPECT
    return out


def _residual(shading: Shading) -> np.ndarray:
    """Grey where the photograph is as predicted; brighter, darker or coloured where it is not."""
    light, red, blue = np.clip(shading.residual, -1, 1) * shading.expectation.hit
    colour = np.stack([light + red - 0.3 * blue, light - red - 0.3 * blue, light + 1.5 * blue], axis=-1)
    return np.clip(128 + 110 * colour, 0, 255).astype(np.uint8)


def _packed(picture: np.ndarray) -> str:
    image = Image.fromarray(picture)
    times = max(1, -(-ACROSS // image.width))
    buffer = BytesIO()
    image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST).save(buffer, "WEBP", quality=82, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
