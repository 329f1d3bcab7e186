"""A hand that goes round comes back; a world that remembers nothing does not drift, and one that grows darker is found out."""

import json

import numpy as np
import pytest
from PIL import Image

from simgen import simulator as simulators
from simgen.errors import InvalidValue
from simgen.generate import arrange, job_of
from simgen.scenario.conditions import Conditions
from simgen.training.drift import drift
from simgen.training.wander import wander
from simgen.world.neural.weights import untrained
from simgen.world.neural.world import Neural

SIZE, PERIOD = 32, 20
JOB = job_of("reach", seed=1, size=(SIZE, SIZE))


class Darkening:
    """Draws as an untrained network does, and every frame a little darker."""

    def __init__(self):
        self._world = Neural(weights=untrained(width=(16, 32, 48), depth=(1, 1, 1)).eval(), device="cpu")

    def stream(self, *asked, **also):
        return Darker(self._world.stream(*asked, **also))


class Darker:
    def __init__(self, stream):
        self._stream, self._frame = stream, 0

    def step(self, controls):
        self._frame += 1
        return [(picture * (1 - 0.002 * self._frame)).astype(np.uint8) for picture in self._stream.step(controls)]


@pytest.fixture(scope="module")
def scene():
    engine = simulators.make("pybullet")
    yield arrange(JOB, 0, engine), engine
    engine.close()


def test_a_hand_that_goes_round_comes_back(scene):
    run = [instant for instant, _ in zip(wander(*scene, Conditions(), period=PERIOD), range(2 * PERIOD), strict=False)]
    first, half, again = (run[n].state.tcp.position for n in (0, PERIOD // 4, PERIOD))
    assert np.linalg.norm(first - again) < 2e-3 < 0.02 < np.linalg.norm(first - half)
    same, other = (run[n].seen["front"].depth for n in (PERIOD, PERIOD // 4))
    assert np.mean(np.isclose(run[0].seen["front"].depth, same, rtol=0.01)) > 0.99 > np.mean(np.isclose(same, other, rtol=0.01))


def test_a_world_that_remembers_nothing_does_not_drift(tmp_path):
    world = Neural(weights=untrained(width=(16, 32, 48), depth=(1, 1, 1)).eval(), device="cpu")
    result = drift(JOB, world, tmp_path / "out", frames=3 * PERIOD, period=PERIOD)
    assert json.loads((tmp_path / "out" / "drift.json").read_text()) == result
    for camera, found in result["cameras"].items():
        for name, metric in found["metrics"].items():
            assert abs(metric["difference"]) <= metric["within"], (camera, name)
        assert found["began_anew"]["least_psnr"] > 45
    assert "| yes |" in (tmp_path / "out" / "drift.md").read_text() and "| no |" not in (tmp_path / "out" / "drift.md").read_text()
    assert Image.open(tmp_path / "out" / "drift.png").size == (5 * SIZE, len(result["cameras"]) * SIZE)


def test_a_world_that_grows_darker_is_found_out(tmp_path):
    result = drift(JOB, Darkening(), tmp_path / "out", frames=3 * PERIOD, period=PERIOD)
    green = result["cameras"]["front"]["metrics"]["green"]
    assert green["difference"] == pytest.approx(-0.002 * 2 * PERIOD * green["first"], rel=0.15)
    assert green["difference_95"][1] < -green["within"] and "| no |" in (tmp_path / "out" / "drift.md").read_text()


def test_a_run_of_no_whole_rounds_is_told_in_a_sentence(tmp_path):
    for frames in (2 * PERIOD, 3 * PERIOD + 1):
        with pytest.raises(InvalidValue, match="whole rounds of 20 frames"):
            drift(JOB, Darkening(), tmp_path, frames=frames, period=PERIOD)
