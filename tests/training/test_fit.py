"""Training learns, goes on as if it had never stopped, and takes in what came meanwhile."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from synthetic_pairs import SIZE, write_pairs

from simgen.errors import InvalidValue, UnknownName
from simgen.training import fit as room
from simgen.training.batch import batch
from simgen.training.fit import Budget, fit
from simgen.training.packed import packed_below
from simgen.training.run import CHECKPOINT, DamagedCheckpoint, OtherRun
from simgen.world.neural.buffers import MODALITIES
from simgen.world.neural.weights import load


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("pairs"), range(3), held={2})


def logged(out) -> list[dict]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def trained(pairs, out, steps, **options):
    return fit(pairs, out, budget=Budget(steps=steps), size="smoke", device="cpu", **options)


def same(one, other) -> bool:
    ours, theirs = load(one).state_dict(), load(other).state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_it_learns_and_shows_what_it_learnt(pairs, tmp_path):
    weights = trained(pairs, tmp_path, 120, rate=4e-3)
    last = logged(tmp_path)[-1]
    assert last["held_out_psnr_neural"] > last["held_out_psnr_cheap"] + 3
    sheet = Image.open(next((tmp_path / "validation").glob("*.png")))
    assert sheet.width == 4 * SIZE
    assert tuple(load(weights).config.width) == (16, 32, 48)


def test_killed_and_resumed_equals_never_killed(pairs, tmp_path, monkeypatch):
    class Killed(Exception):
        pass

    whole = trained(pairs, tmp_path / "whole", 24)
    monkeypatch.setattr(room, "SAVE_S", 0.0)

    def stop(told):
        if told.step == 10:
            raise Killed

    with pytest.raises(Killed):
        trained(pairs, tmp_path / "killed", 24, progress=stop)
    assert same(whole, trained(pairs, tmp_path / "killed", 24))


def test_shards_that_come_while_it_runs_are_trained_on(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "VALIDATE_S", 0.0)
    data, out = write_pairs(tmp_path / "pairs", [0]), tmp_path / "out"
    trained(data, out, 10, progress=lambda told: write_pairs(data, [1]))
    trained(data, out, 12)
    assert [line["shards"] for line in logged(out) if "shards" in line][-1] == 2


def test_shards_that_are_taken_away_are_no_longer_trained_on(tmp_path):
    data, out = write_pairs(tmp_path / "pairs", [0, 1]), tmp_path / "out"
    trained(data, out, 3)
    shutil.rmtree(data / "shards" / "000000")
    trained(data, out, 6)
    assert [line["shards"] for line in logged(out) if "shards" in line] == [2, 1]


def test_only_adapters_are_trained_where_a_rank_is_given(pairs, tmp_path):
    base = trained(pairs, tmp_path / "base", 4)
    tuned = load(trained(pairs, tmp_path / "tuned", 20, weights=base, rank=2, rate=5e-3)).state_dict()
    for name, before in load(base).state_dict().items():
        change = (tuned[name] - before).reshape(len(before), -1)
        if name.endswith("weight"):
            assert torch.linalg.matrix_rank(change, atol=1e-5, rtol=0.0) <= 2
        else:
            assert not change.any()
    assert any((tuned[name] != before).any() for name, before in load(base).state_dict().items())


def test_another_run_and_a_damaged_checkpoint_are_told_in_a_sentence(pairs, tmp_path):
    trained(pairs, tmp_path, 2)
    with pytest.raises(OtherRun, match="seed 0, not 1"):
        trained(pairs, tmp_path, 2, seed=1)
    (tmp_path / CHECKPOINT).write_bytes(b"PK broken")
    with pytest.raises(DamagedCheckpoint, match="cannot be read"):
        trained(pairs, tmp_path, 4)


def test_nothing_to_train_on_is_told_in_a_sentence(tmp_path):
    with pytest.raises(InvalidValue, match="simgen pairs"):
        trained(write_pairs(tmp_path / "pairs", [0], held={0}), tmp_path / "out", 2)
    with pytest.raises(InvalidValue, match="one of them"):
        Budget(steps=3, minutes=2.0)
    with pytest.raises(UnknownName, match="recipe"):
        fit(tmp_path, tmp_path / "other", budget=Budget(steps=1), size="huge")


def test_batches_are_told_by_seed_and_step_alone(pairs, tmp_path):
    shards = list(packed_below(pairs, tmp_path, {}).values())
    for step in (2, 3):
        once, again, other = (batch(shards, size=3, crop=32, seed=seed, step=step) for seed in (1, 1, 2))
        assert torch.equal(once.target, again.target) and not torch.equal(once.target, other.target)
        assert {name: one.shape[1] for name, one in once.controls.items()} == MODALITIES
        assert (once.noisy is None) == (step == 2) and once.target.shape == (3, 3, 32, 32)


def test_controls_are_left_out_now_and_then(pairs, tmp_path):
    shards = list(packed_below(pairs, tmp_path, {}).values())
    kept = {name: [] for name in MODALITIES}
    for step in range(60):
        for name, one in batch(shards, size=8, crop=16, seed=0, step=step).weights.items():
            kept[name] += one.reshape(-1).tolist()
    share = {name: np.mean(one) for name, one in kept.items()}
    assert all(0.8 < share[name] < 1 for name in MODALITIES if name != "history") and 0.15 < share["history"] < 0.45
    assert all(a * b >= c for a, b, c in zip(kept["albedo"], kept["light"], kept["cheap"], strict=True))


def test_a_plain_regression_sees_everything_and_no_noise(pairs, tmp_path):
    shards = list(packed_below(pairs, tmp_path, {}).values())
    for step in range(8):
        one = batch(shards, size=8, crop=16, seed=0, step=step, one_pass=True)
        assert one.noisy is None and one.vector is not None and set(one.weights) == {"history"}


def test_where_there_is_nothing_to_train_on_nothing_is_written(tmp_path):
    with pytest.raises(InvalidValue, match="shards to train on"):
        trained(tmp_path / "none", tmp_path / "out", 3)
    assert not (tmp_path / "out").exists()
