"""An Observation's maps are of one size, whoever brings them; poses and contacts read as they are written."""

import numpy as np
import pytest

from simgen.errors import ShapeMismatch
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Contacts, Observation, State

CHANNELS = {"depth": (), "instance": (), "link": (), "semantic": (), "normal": (3,), "flow": (2,), "albedo": (3,), "rgb": (3,)}


def observation(height: int = 6, width: int = 8, **changes) -> Observation:
    maps = {name: np.zeros((height, width, *channels)) for name, channels in CHANNELS.items()}
    view = CameraView("front", Intrinsics.from_fov_y(width, height, 1.0), Pose.identity())
    return Observation(view=view, time_ns=0, **(maps | changes))


def test_maps_of_one_size_are_an_observation():
    assert observation().depth.shape == (6, 8)


def test_an_observation_needs_no_picture():
    assert observation(rgb=None).rgb is None


@pytest.mark.parametrize("name", [name for name in CHANNELS if name != "depth"])
def test_a_map_of_another_size_is_refused_by_name(name):
    with pytest.raises(ShapeMismatch, match=rf"^{name} has shape \(6, 9.* asks for \(6, 8"):
        observation(**{name: np.zeros((6, 9, *CHANNELS[name]))})


@pytest.mark.parametrize(("name", "channels"), [("rgb", (4,)), ("flow", (3,)), ("normal", ()), ("instance", (1,))])
def test_a_map_with_other_channels_is_refused(name, channels):
    with pytest.raises(ShapeMismatch, match=name):
        observation(**{name: np.zeros((6, 8, *channels))})


def test_an_observation_cannot_be_changed():
    with pytest.raises(AttributeError):
        observation().depth = None


def test_no_contacts_are_contacts_of_length_zero():
    nothing = Contacts.none()
    assert len(nothing) == 0
    assert nothing.position.shape == nothing.normal.shape == nothing.friction.shape == (0, 3)
    assert nothing.link_a.dtype == nothing.link_b.dtype == np.int32


def test_a_state_gives_the_pose_of_a_link():
    rows = np.array([[0, 0, 0, 1, 0, 0, 0], [1, 2, 3, np.sqrt(0.5), 0, 0, np.sqrt(0.5)]])
    empty = np.zeros(0)
    state = State(0, rows, np.zeros((2, 6)), empty, empty, empty, Pose.identity(), 0.0, {}, Contacts.none(), empty, empty)
    assert np.allclose(state.pose(1).apply((1, 0, 0)), (1, 3, 3))
    assert np.isnan(state.progress) and not state.success
