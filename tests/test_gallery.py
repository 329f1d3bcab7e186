"""What is shown side by side was trained on by nobody; the sheet and the film show what the worlds draw."""

import numpy as np
import pytest
from PIL import Image

from simgen.gallery import CAPTION, MARGIN, held_out
from simgen.training.plan import planned
from simgen.world import Clip
from simgen.world.preview import Preview

SIZE = 32


class Darker(Preview):
    """As the preview, a third darker."""

    def render(self, controls, appearance, *, seed):
        clip = super().render(controls, appearance, seed=seed)
        return Clip((clip.frames * 0.67).astype(np.uint8), clip.world, clip.source)


@pytest.mark.parametrize("shown", [*held_out.SHEET, held_out.FILM], ids=lambda shown: shown.caption)
def test_every_scene_shows_something_that_nobody_trains_on(shown):
    plan = planned(shown.number, seed=held_out.SEED, size=SIZE)
    assert plan.held and all(name in shown.caption for name in plan.held)


def test_a_sheet_has_a_row_a_scene_and_a_column_a_world(tmp_path, monkeypatch):
    monkeypatch.setattr(held_out, "SHEET", held_out.SHEET[:1])
    page = np.asarray(Image.open(held_out.held_out_sheet(tmp_path, (Preview(), Darker(), Preview()), size=SIZE)).convert("RGB"))
    step, top = SIZE + MARGIN, CAPTION + MARGIN
    assert page.shape[:2] == (top + SIZE + CAPTION + MARGIN, 5 * step + MARGIN)
    one, dark, same = (page[top : top + SIZE, MARGIN + n * step : MARGIN + n * step + SIZE].astype(int) for n in (2, 3, 4))
    assert np.abs(one - same).mean() < 6 < (one - dark).mean()


def test_a_film_shows_and_tells_how_near_its_worlds_are(tmp_path):
    place, told = held_out.film(tmp_path, Darker(), Preview(), size=SIZE, frames=3)
    with Image.open(place) as film:
        assert film.n_frames == 3 and film.size == (4 * SIZE, SIZE)
    assert told["frames"] == 3 and 10 < told["psnr"] < 30 and told["warping_ratio"] == pytest.approx(0.67**2, abs=0.15)
