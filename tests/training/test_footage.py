"""A dataset's photographs give their light back, and become pairs."""

import numpy as np
import pytest

from simgen.record import record
from simgen.training.footage import pairs_from, undeveloped
from simgen.training.shard import Shard, shards
from simgen.world.tone import printed

WARM = np.array([[1.2, 0.05, 0.0], [0.0, 1.0, 0.02], [0.0, 0.0, 0.7]])


def test_light_comes_back_from_a_photograph_up_to_its_exposure():
    light = (np.random.default_rng(0).uniform(0.02, 1.2, (24, 24, 3)) * 4000).astype(np.float32)
    picture = printed((light * 3e-4 @ WARM.T).astype(np.float32))
    assert np.allclose(undeveloped(picture, light, WARM), light, rtol=0.08, atol=60)


def test_darkness_has_no_light():
    black = np.zeros((8, 8, 3), np.uint8)
    assert (undeveloped(black, np.ones((8, 8, 3), np.float32), np.eye(3)) < 0.02).all()


@pytest.mark.slow
def test_photographs_of_the_preview_give_its_light(tmp_path):
    asked = dict(world="preview", size=(48, 48), weather="clear:5", sensor="clean:5", workers=1)
    root = record("reach", tmp_path / "data", episodes=1, seed=3, **asked)
    out = pairs_from(root, tmp_path / "pairs", every=8)
    shard = Shard(next(shards(out)))
    off = []
    for row in range(len(shard)):
        pair = shard[row]
        assert pair.previous < 0 or np.isfinite(pair.observation.flow).any()
        off.append(np.abs(np.log((pair.target + 1) / (pair.cheap + 1))).mean())
    assert np.median(off) < 0.25
    pairs_from(root, out, every=8)
    assert len(list(shards(out))) == 1
