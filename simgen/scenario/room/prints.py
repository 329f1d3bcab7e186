"""Everything printed that stands or hangs in one room, in one picture."""

from functools import lru_cache

import numpy as np
from PIL import Image

from simgen.geometry import locked
from simgen.scenario.finish import Finish
from simgen.scenario.material.label import label, poster
from simgen.scenario.material.sheet import Sheet

CELLS = 16
POSTERS = (12, 13, 14, 15)
"""Cells that hold what hangs on walls; the others hold labels of goods."""
SIZE = 1024


@lru_cache(maxsize=16)
def atlas(seed: int) -> Sheet:
    """A square of CELLS prints, row by row from the top left."""
    side = int(np.sqrt(CELLS))
    picture, edge = Image.new("RGB", (SIZE, SIZE)), SIZE // side
    for cell in range(CELLS):
        rng = np.random.default_rng([seed, cell])
        drawn = poster(rng, edge, edge) if cell in POSTERS else label(rng, edge, edge)
        picture.paste(drawn, (edge * (cell % side), edge * (cell // side)))
    return Sheet(locked(np.array(picture)), Finish(roughness=0.45, clearcoat=0.1), 1.0)
