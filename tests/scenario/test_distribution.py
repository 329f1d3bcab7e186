"""Distributions: what they give lies where they say, and averages to what the books say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy.stats import kstest, truncnorm

from simgen.scenario.distribution import Count, Fraction, Number, Positive

NUMBER = TypeAdapter(Number)
finite = st.floats(-1e6, 1e6)
intervals = st.tuples(finite, finite).map(sorted).map(list)
positive_intervals = st.tuples(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6)).map(sorted).map(list)
truncated = st.builds(
    lambda mean, std, interval: {"truncated_normal": {"mean": mean, "std": std, "low": interval[0], "high": interval[1]}},
    finite,
    st.floats(0.01, 100.0),
    intervals.filter(lambda interval: interval[0] < interval[1]),
)
distributions = st.one_of(
    intervals.map(lambda interval: {"uniform": interval}),
    positive_intervals.map(lambda interval: {"log_uniform": interval}),
    st.tuples(st.integers(-99, 99), st.integers(-99, 99)).map(sorted).map(lambda interval: {"integer": list(interval)}),
    st.lists(finite, min_size=1, max_size=9).map(lambda numbers: {"choice": numbers}),
    truncated,
)


@given(distributions, st.integers(0, 2**32))
def test_a_sample_lies_in_the_support(written, seed):
    distribution = NUMBER.validate_python(written)
    sample, (low, high) = distribution.sample(np.random.default_rng(seed)), distribution.support()
    assert low <= sample <= high


@given(distributions, st.integers(0, 2**32))
def test_a_sample_is_decided_by_its_generator(written, seed):
    distribution = NUMBER.validate_python(written)
    assert distribution.sample(np.random.default_rng(seed)) == distribution.sample(np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("written", "mean", "std"),
    [
        ({"uniform": [-1.0, 3.0]}, 1.0, 4 / 12**0.5),
        ({"normal": {"mean": 2.0, "std": 0.5}}, 2.0, 0.5),
        ({"log_uniform": [1.0, np.e]}, np.e - 1, np.sqrt((np.e**2 - 1) / 2 - (np.e - 1) ** 2)),
        ({"integer": [1, 6]}, 3.5, (35 / 12) ** 0.5),
        ({"choice": [0.0, 1.0], "weights": [1, 3]}, 0.75, (3 / 16) ** 0.5),
        ({"truncated_normal": {"mean": 0.0, "std": 1.0, "low": 0.0, "high": 99.0}}, (2 / np.pi) ** 0.5, (1 - 2 / np.pi) ** 0.5),
    ],
)
def test_the_average_of_many_samples_is_the_mean(written, mean, std):
    rng, distribution = np.random.default_rng(0), NUMBER.validate_python(written)
    samples = [distribution.sample(rng) for _ in range(4000)]
    assert abs(np.mean(samples) - mean) < 4 * std / 4000**0.5
    assert np.std(samples) == pytest.approx(std, rel=0.1)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (3.0, 9.0), (-40.0, -38.0), (38.0, 40.0)])
def test_a_truncated_normal_follows_its_law_even_in_the_tails(low, high):
    bell = NUMBER.validate_python({"truncated_normal": {"mean": 5.0, "std": 2.0, "low": 5 + 2 * low, "high": 5 + 2 * high}})
    rng = np.random.default_rng(1)
    samples = [(bell.sample(rng) - 5) / 2 for _ in range(1000)]
    assert kstest(samples, truncnorm(low, high).cdf).pvalue > 0.001


@pytest.mark.parametrize(
    ("kind", "written", "words"),
    [
        (Positive, {"uniform": [0.0, 1.0]}, "must be greater than 0"),
        (Positive, {"normal": {"mean": 5.0, "std": 0.1}}, "reaching from -inf"),
        (Fraction, {"choice": [0.5, 1.5]}, "at most 1"),
        (Fraction, 1.01, "at most 1"),
        (Number, {"uniform": [2.0, 1.0]}, "must not exceed"),
        (Number, {"log_uniform": [0.0, 1.0]}, "must start above 0"),
        (Number, {"normal": {"mean": 0.0, "std": 0.0}}, "greater than 0"),
        (Number, {"choice": []}, "at least 1 item"),
        (Number, {"choice": [1.0, 2.0], "weights": [1.0]}, "one number a choice"),
        (Number, {"truncated_normal": {"mean": 0.0, "std": 1.0, "low": 1.0, "high": 1.0}}, "low must be less than high"),
        (Number, {"gauss": [0, 1]}, "no distribution is called 'gauss'"),
        (Number, float("nan"), "finite"),
        (Number, {"uniform": [0.0, float("inf")]}, "finite"),
        (Number, True, "must be a number"),
        (Count, {"uniform": [1, 3]}, "whole number"),
        (Count, 65, "at most 64"),
    ],
)
def test_an_impossible_distribution_is_refused(kind, written, words):
    with pytest.raises(ValidationError, match=words):
        TypeAdapter(kind).validate_python(written)
