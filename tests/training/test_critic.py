"""The critic learns outlines and depth from pairs, goes on as if it had never stopped, and says what is wrong with its weights."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from synthetic_pairs import SIZE, write_pairs

from simgen.errors import InvalidValue
from simgen.training import critic as room
from simgen.training.critic import critic_loss, fit_critic
from simgen.training.critic_pairs import CriticBatch, critic_batch, lessons_below
from simgen.training.critic_scores import boundaries_found, depth_error
from simgen.training.fit import Budget
from simgen.verify.critic import UnusableCritic, load, read


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("pairs"), range(3), held={2})


def trained(pairs, out, steps, **options):
    return fit_critic(pairs, out, budget=Budget(steps=steps), size="smoke", device="cpu", **options)


def logged(out) -> list[dict]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_what_is_trained_can_be_read_and_shown(pairs, tmp_path):
    weights = trained(pairs, tmp_path, 12)
    found = read(np.zeros((50, 70, 3), np.uint8), load(weights))
    assert found.log_depth.shape == found.boundary.shape == (50, 70)
    assert found.boundary.dtype == np.float32 and 0 <= found.boundary.min() <= found.boundary.max() <= 1
    assert {"held_out_abs_rel", "held_out_delta1"} <= {*logged(tmp_path)[-1]}
    assert Image.open(next((tmp_path / "validation").glob("*.png"))).width == 5 * SIZE


def test_killed_and_resumed_equals_never_killed(pairs, tmp_path, monkeypatch):
    class Killed(Exception):
        pass

    whole = trained(pairs, tmp_path / "whole", 14)
    monkeypatch.setattr(room, "SAVE_S", 0.0)

    def stop(told):
        if told.step == 10:
            raise Killed

    with pytest.raises(Killed):
        trained(pairs, tmp_path / "killed", 14, progress=stop)
    ours, theirs = load(whole).state_dict(), load(trained(pairs, tmp_path / "killed", 14)).state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_it_goes_on_where_shards_were_taken_away(tmp_path):
    data, out = write_pairs(tmp_path / "pairs", [0, 1]), tmp_path / "out"
    trained(data, out, 3)
    shutil.rmtree(data / "shards" / "000000")
    trained(data, out, 6)
    assert [line["shards"] for line in logged(out) if "shards" in line] == [2, 1]


def test_a_batch_follows_from_its_seed_and_step(pairs, tmp_path):
    lessons = list(lessons_below(pairs, tmp_path, {}).values())
    one, same, other = (critic_batch(lessons, size=2, crop=32, seed=0, step=step) for step in (3, 3, 4))
    assert torch.equal(one.tones, same.tones) and not torch.equal(one.tones, other.tones)
    assert one.tones.shape == (2, 3, 32, 32) and one.outline.shape == one.depth.shape == (2, 32, 32)


def test_the_loss_knows_nothing_of_scale_and_is_least_for_the_truth():
    rng = np.random.default_rng(0)
    depth = torch.from_numpy(rng.normal(size=(2, 32, 32)).astype(np.float32))
    depth[0, :4] = float("nan")
    outline = torch.zeros(2, 32, 32)
    outline[:, 10] = 1
    truth = CriticBatch(torch.zeros(2, 3, 32, 32), depth, outline)
    right = torch.nan_to_num(depth) + 3.0, 20 * outline - 10
    assert float(critic_loss(*right, truth)) < 1e-3
    wrong = (right[0] * 1.1).requires_grad_(True)
    loss = critic_loss(wrong, right[1], truth)
    loss.backward()
    assert float(loss) > 0.02 and torch.isfinite(wrong.grad).all()


def test_scores_of_the_truth_are_perfect_and_of_others_not():
    outline = np.zeros((32, 32), bool)
    outline[:, 16] = True
    assert boundaries_found(outline, outline) == (1, 1, 1)
    assert boundaries_found(np.roll(outline, 2, 1), outline)[2] == 1 and boundaries_found(np.roll(outline, 3, 1), outline)[2] == 0
    depth = np.log(np.linspace(1, 3, 1024)).reshape(32, 32)
    assert depth_error(depth + 5, depth) == pytest.approx((0, 1))
    assert depth_error(depth[::-1], depth)[1] < 0.6


def test_training_on_nothing_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="simgen pairs"):
        trained(tmp_path / "none", tmp_path / "out", 1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("spoil", ["missing", "config", "torn", "other", "nan"])
def test_weights_that_cannot_be_used_say_so_in_one_sentence(pairs, tmp_path, spoil):
    weights = trained(pairs, tmp_path, 1)
    if spoil == "missing":
        (weights / "model.safetensors").unlink()
    elif spoil == "config":
        (weights / "config.json").write_text("{")
    elif spoil == "torn":
        (weights / "model.safetensors").write_bytes((weights / "model.safetensors").read_bytes()[:1000])
    elif spoil == "other":
        (weights / "config.json").write_text('{"width": [8, 8], "depth": [1, 1]}')
    else:
        critic = load(weights)
        with torch.no_grad():
            next(critic.parameters()).fill_(float("nan"))
        room.save(critic, weights)
    with pytest.raises(UnusableCritic, match="simgen train critic"):
        load(weights)
