"""What moves with the flow has not changed; what is hidden does not count; a ratio's interval holds the ratio."""

import numpy as np
import pytest

from simgen.training.ledger import Ledger, bootstrap
from simgen.training.warping import changes, flicker, warping_error

SIZE = 48


def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(20, 220, (8, 8, 3)).astype(np.uint8).repeat(6, 0).repeat(6, 1)


def shifted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture two pixels to the left of where it was, and the flow; what came into view was nowhere before."""
    flow = np.tile(np.float32([2, 0]), (SIZE, SIZE, 1))
    flow[:, -2:] = np.nan
    return np.roll(picture(), 2, 1), picture(), flow


def test_what_moves_with_the_flow_has_not_changed():
    before, after, flow = shifted()
    change = changes(before, after, flow)
    assert np.isnan(change[:, -2:]).all() and np.isfinite(change[:, :-2]).all()
    assert warping_error(change) == pytest.approx(0, abs=1e-4) and flicker(change) == pytest.approx(0, abs=1e-3)


def test_a_step_of_brightness_is_its_square():
    before, after, flow = shifted()
    change = changes(before, after + np.uint8(9), flow)
    assert warping_error(change) == pytest.approx(81, rel=1e-3) and flicker(change) == pytest.approx(9, rel=1e-3)


def test_what_was_never_seen_before_has_no_error():
    hidden = changes(picture(), 255 - picture(), np.full((SIZE, SIZE, 2), np.nan, np.float32))
    assert warping_error(hidden) == 0 and flicker(hidden) == 0


def test_an_interval_holds_the_mean_and_narrows_with_the_number_of_scenes():
    rng, widths = np.random.default_rng(1), []
    for count in (5, 80):
        scenes = np.arange(count).repeat(3).astype(str)
        low, high = bootstrap(rng.normal(10, 1, len(scenes)), None, scenes)
        assert low < 10.6 and high > 9.4
        widths.append(high - low)
    assert widths[1] < widths[0]


def test_the_ratio_of_twice_as_much_is_two():
    values = np.arange(1.0, 13.0)
    assert bootstrap(2 * values, values, np.arange(12).repeat(1).astype(str)) == pytest.approx((2, 2))


def test_a_ledger_averages_what_is_there():
    ledger = Ledger()
    for scene, psnr in (("a", 20.0), ("a", 30.0), ("b", 40.0)):
        ledger.add({"scene": scene}, {"ours": {"psnr": psnr} | ({"change": 1.0} if scene == "b" else {})})
    assert ledger.mean("ours", "psnr") == 30 and ledger.mean("ours", "psnr", ledger.column("scene") == "a") == 25
    assert ledger.mean("ours", "change") == 1 and np.isnan(ledger.mean("ours", "change", ledger.column("scene") == "a"))
    assert np.isnan(ledger.mean("theirs", "psnr")) and not ledger.has("theirs", "psnr") and ledger.methods == ("ours",)
