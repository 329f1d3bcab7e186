"""Pairs are whole, resumable, and the same whoever makes them."""

import json

import numpy as np
import pytest

from simgen.errors import UnfinishedJob
from simgen.training import pairs as room
from simgen.training.pairs import make_pairs
from simgen.training.plan import HELD_EVERY, HELD_MATERIAL, HELD_ROOM, HELD_WEATHER, is_held, planned
from simgen.training.shard import Shard, shards


def test_a_plan_is_the_same_whoever_asks():
    one, other = planned(3, seed=1, size=64), planned(3, seed=1, size=64)
    assert (one.episode, one.weather, one.sensor) == (other.episode, other.weather, other.sensor)
    assert one.job.scenario == other.job.scenario


def test_every_seventh_shard_shows_something_held_out_and_no_other_does():
    for number in range(2 * HELD_EVERY):
        held = planned(number, seed=5, size=64).held
        assert bool(held) == (number % HELD_EVERY == HELD_EVERY - 1)
        assert set(held) <= {HELD_WEATHER, HELD_ROOM, HELD_MATERIAL}


def test_a_sixteenth_of_other_scenes_is_held_out():
    digests = [f"{number:08x}" for number in range(0, 2**32, 2**22)]
    assert sum(is_held(digest, ()) for digest in digests) == len(digests) / 16
    assert is_held("ffffffff", ("drizzle",))


def test_shards_of_another_job_are_refused(tmp_path):
    (tmp_path / "pairs.json").write_text(json.dumps({"seed": 1, "size": 64}))
    with pytest.raises(UnfinishedJob, match="seed 1, not 2"):
        make_pairs(tmp_path, frames=1, seed=2, size=64)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One scene with one moment, 32 pixels wide."""
    out = tmp_path_factory.mktemp("pairs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "MOMENTS", 1)
        patch.setattr(room, "STRAYS", 1)
        make_pairs(out, frames=2, seed=1, size=32, samples=1)
    return out


def test_pairs_show_the_same_instant_in_both_lights(made):
    shard = Shard(next(shards(made)))
    assert len(shard) == 8  # two cameras at the beginning, before and at one moment, and a stray camera at the beginning and there
    for row in range(len(shard)):
        pair = shard[row]
        assert pair.cheap.shape == pair.target.shape == (32, 32, 3)
        assert np.isfinite(pair.target).all() and np.isfinite(pair.cheap).all() and (pair.target >= 0).all()
        flow = np.isfinite(pair.observation.flow).any()
        assert (pair.previous >= 0) == flow
    tones = [np.log(1e-3 + np.stack([shard[r].cheap * shard[r].gain, shard[r].target * shard[r].gain])).reshape(2, -1) for r in range(8)]
    assert np.mean([np.corrcoef(both)[0, 1] for both in tones]) > 0.6


def test_a_finished_folder_is_left_as_it_is(made):
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*.npy")}
    make_pairs(made, frames=2, seed=1, size=32, samples=1)
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*.npy")} == before


def test_a_half_written_shard_is_no_shard(made):
    (made / "shards" / ".000007.writing").mkdir()
    (made / "shards" / ".000007.writing" / "meta.json").write_text("{}")
    assert [path.name for path in shards(made)] == ["000000"]
