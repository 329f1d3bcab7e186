"""A frame says what is wrong with what it is given, and an observation of it says no more than follows from it."""

import numpy as np
import pytest
from analytic import Solid, camera, observe

from simgen.arrays import Frame, observed
from simgen.errors import InvalidValue, ShapeMismatch
from simgen.geometry import Pose
from simgen.scenario.classes import CLASSES

VIEW = camera(32, 24)
CUBE = Solid(7, 0, (0.4, 0.4, 0.4), Pose.from_wxyz((1.0, 0, 0), (1, 0, 0, 0)), (200, 40, 40))


def frame(**changed) -> Frame:
    seen = observe((CUBE,), VIEW)
    return Frame(**{"view": VIEW, "time_ns": 0, "rgb": seen.rgb, "depth": seen.depth, "instance": seen.instance} | changed)


@pytest.mark.parametrize(
    ("changed", "error", "sentence"),
    [
        ({"rgb": np.zeros((24, 32), np.uint8)}, ShapeMismatch, r"rgb of camera 'front' has shape \(24, 32\) .* \(24, 32, 3\)"),
        ({"rgb": np.zeros((24, 32, 3))}, InvalidValue, "rgb of camera 'front' is 'float64'; it must be uint8"),
        ({"rgb": None}, InvalidValue, "rgb of camera 'front' is 'NoneType'; it must be a numpy array"),
        ({"depth": np.full((24, 32), np.nan, np.float32)}, InvalidValue, "depth of camera 'front' is nan; it must be above 0 metres"),
        ({"depth": np.zeros((24, 32), np.float32)}, InvalidValue, "depth .* is 0.0; it must be above 0 metres everywhere, and inf where"),
        ({"depth": np.ones((32, 24), np.float32)}, ShapeMismatch, "depth of camera 'front'"),
        ({"depth": np.ones((24, 32), np.int16)}, InvalidValue, "must be float32"),
        ({"instance": np.full((24, 32), -1, np.int32)}, InvalidValue, "instance of camera 'front' is -1; it must be 0 for background"),
        ({"instance": np.zeros((24, 32), np.uint8)}, InvalidValue, "must be int32"),
        ({"semantic": np.full((24, 32), -3, np.int32)}, InvalidValue, "semantic of camera 'front' is -3"),
        ({"flow": np.zeros((24, 32, 3), np.float32)}, ShapeMismatch, "flow of camera 'front'"),
    ],
)
def test_what_is_no_frame_is_refused_in_one_sentence(changed, error, sentence):
    with pytest.raises(error, match=sentence):
        frame(**changed)


def test_an_observation_keeps_what_was_given():
    seen = observe((CUBE,), VIEW)
    given = {"semantic": seen.semantic, "normal": seen.normal, "flow": np.zeros((24, 32, 2), np.float32), "albedo": seen.albedo}
    made = observed(frame(**given), None)
    for name, array in given.items():
        assert getattr(made, name) is array


def test_what_nobody_gave_follows_from_what_was_given_or_is_not_known():
    made, truth = observed(frame(), None), observe((CUBE,), VIEW)
    hit = np.isfinite(truth.depth)
    assert np.allclose(made.normal, truth.normal, atol=1e-4)
    assert np.isnan(made.flow).all()
    assert (made.albedo == np.where(hit[..., None], truth.rgb, 0)).all()
    assert (made.semantic == np.where(hit, CLASSES["object"], 0)).all() and (made.link == np.where(hit, 0, -1)).all()
    assert made.roughness is None and made.light is None
