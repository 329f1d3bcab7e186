"""Scores tell good photographs from bad ones, and the evaluation writes what it found."""

import json

import numpy as np
import pytest
from PIL import Image
from synthetic_pairs import SIZE, write_pairs

from simgen.cli import main
from simgen.errors import InvalidValue
from simgen.training.evaluate import COLUMNS, evaluate
from simgen.training.known import known
from simgen.training.methods import PLAIN, SAMPLINGS, TRACED
from simgen.training.scores import decibels, discrepancy, edges_found, looks, recoloured, structure
from simgen.training.shard import Shard, shards
from simgen.verify.critic.network import Critic
from simgen.world.neural.weights import untrained


def picture(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 255, (8, 8, 3)).astype(np.uint8).repeat(6, 0).repeat(6, 1)


def test_a_picture_is_like_itself_and_less_so_with_noise():
    truth = picture()
    noisy = [np.clip(truth + np.random.default_rng(1).normal(0, sigma, truth.shape), 0, 255).astype(np.uint8) for sigma in (5, 30)]
    assert decibels(truth, truth) > 70 and structure(truth, truth) == pytest.approx(1) and edges_found(truth, truth) == 1
    for score in (decibels, structure):
        assert score(truth, truth) > score(noisy[0], truth) > score(noisy[1], truth)
    assert decibels(np.full_like(truth, 100), np.full_like(truth, 110)) == pytest.approx(20 * np.log10(25.5))


def test_edges_may_be_a_pixel_off_and_not_more():
    truth = picture()
    assert edges_found(np.roll(truth, 1, 1), truth) > 0.95 > edges_found(np.roll(truth, 3, 1), truth)


def test_looks_of_one_kind_are_no_discrepancy_and_of_two_are():
    kind, same = (np.stack([looks(picture(seed)) for seed in range(start, start + 24)]) for start in (0, 24))
    dark = np.stack([looks(picture(seed) // 4) for seed in range(24)])
    assert abs(discrepancy(same, kind)) < 0.1 < discrepancy(dark, kind)


def test_recolouring_gives_the_mean_and_spread_that_is_asked_for():
    made = recoloured(picture(), np.float64([120, 110, 100]), np.float64([20, 25, 30])).reshape(-1, 3)
    assert np.allclose(made.mean(0), [120, 110, 100], atol=1) and np.allclose(made.std(0), [20, 25, 30], atol=1)


def test_an_untrained_network_scores_as_the_cheap_photograph(tmp_path):
    data = write_pairs(tmp_path / "pairs", range(4), held={2, 3})
    result = evaluate(data, untrained(width=(16, 32, 48), depth=(1, 1, 1)).eval(), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text()) == result
    assert set(result["methods"]) == {*PLAIN, *SAMPLINGS, TRACED} and result["scenes"] == 2
    assert result["frames"] == result["followed"] == 4
    cheap, ours = result["methods"]["cheap"], result["methods"]["neural"]
    assert ours["psnr"] == pytest.approx(cheap["psnr"], abs=0.05) and ours["ssim"] == pytest.approx(cheap["ssim"], abs=0.005)
    assert result["groups"]["weather"]["clear"]["frames"] == 4
    assert Image.open(tmp_path / "out" / "evaluation.png").width == len(COLUMNS) * SIZE
    assert len(json.loads((tmp_path / "out" / "frames.json").read_text())) == 4


def test_the_page_says_what_the_numbers_say(tmp_path):
    data = write_pairs(tmp_path / "pairs", range(3), held={2})
    result = evaluate(data, untrained(width=(16, 32, 48), depth=(1, 1, 1)).eval(), tmp_path / "out", frames=2)
    page = (tmp_path / "out" / "evaluation.md").read_text()
    assert f"{result['methods']['cheap']['psnr']:.2f}" in page and "## By weather" in page
    assert [row["reached"] for row in result["aims"]].count(True) == sum(line.endswith("| yes |") for line in page.splitlines())


def test_another_network_is_measured_in_the_same_run(tmp_path):
    data, network = write_pairs(tmp_path / "pairs", range(3), held={2}), untrained(width=(16, 32, 48), depth=(1, 1, 1)).eval()
    methods = evaluate(data, network, tmp_path / "out", beside={"twin": network}, frames=2)["methods"]
    assert methods["twin"] == methods["neural"]
    with pytest.raises(InvalidValue, match="cheap"):
        evaluate(data, network, tmp_path / "other", beside={"cheap": network})


def test_a_critic_reads_every_picture_alike(tmp_path):
    data, critic = write_pairs(tmp_path / "pairs", range(3), held={2}), Critic(width=(8, 8), depth=(1, 1)).eval()
    methods = evaluate(data, untrained(width=(16, 32, 48), depth=(1, 1, 1)).eval(), tmp_path / "out", critic=critic, frames=2)["methods"]
    assert methods["neural"]["depth_error"] == pytest.approx(methods["cheap"]["depth_error"], abs=0.01)
    assert methods["path_traced"]["depth_error"] > 0
    assert methods["path_traced"]["boundary_f1"] is None  # level ground alone has no outlines


def test_what_was_seen_of_the_training_side_is_remembered(tmp_path):
    trained_on = [Shard(path) for path in shards(write_pairs(tmp_path / "pairs", range(2)))]
    first = known(trained_on, tmp_path / "cache")
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    again = known(trained_on, tmp_path / "cache")
    assert len(kept) == 2 and {path: path.stat().st_mtime_ns for path in kept} == kept
    assert np.array_equal(first.traits, again.traits) and np.array_equal(first.mean, again.mean)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [([], "--data"), (["--data", "pairs", "--beside", "regression"], "--beside"), (["--data", "pairs", "--critic", "nobody"], "nobody")],
)
def test_a_slip_on_the_command_line_is_told_in_a_sentence(words, complaint, tmp_path, capsys):
    assert main(["evaluate", "world", "--out", str(tmp_path / "out"), *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("simgen: ") and complaint in said and said.count("\n") == 1 and not (tmp_path / "out").exists()


def test_nothing_held_out_is_told_in_a_sentence(tmp_path):
    with pytest.raises(InvalidValue, match="held-out frames is 0"):
        evaluate(write_pairs(tmp_path / "pairs", range(2)), untrained(), tmp_path / "out")


def test_nothing_to_learn_from_is_told_in_a_sentence(tmp_path):
    with pytest.raises(InvalidValue, match="to train on is 0"):
        evaluate(write_pairs(tmp_path / "pairs", range(2), held={0, 1}), untrained(), tmp_path / "out")
