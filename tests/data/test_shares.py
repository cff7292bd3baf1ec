"""Shares of a data set: nested, stratified, and never less than two pictures of a class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.data import shares
from cnn_core.data.shares import share_of
from cnn_core.data.splits import split_validation
from cnn_core.errors import ConfigError, DataError

counts = st.lists(st.integers(40, 120), min_size=1, max_size=5)
seeds = st.integers(0, 2**32)


def _shuffled(sizes, seed=0):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return np.random.default_rng(seed).permutation(labels)


@given(
    sizes=counts, low=st.floats(0.05, 1), high=st.floats(0.05, 1), seed=seeds, others=st.integers()
)
def test_a_smaller_share_is_part_of_a_larger_one(sizes, low, high, seed, others):
    labels = _shuffled(sizes, others % 99)
    low, high = sorted((low, high))
    small, large = share_of(labels, low, seed), share_of(labels, high, seed)
    assert set(small) <= set(large)
    for share, chosen in ((low, small), (high, large)):
        assert chosen.dtype == np.int64
        assert (np.diff(chosen) > 0).all()
        of_each = np.bincount(labels[chosen], minlength=len(sizes))
        assert np.abs(of_each - np.array(sizes) * share).max() <= 0.5
        assert of_each.min() >= 2


def test_all_of_it_is_all_of_it():
    labels = _shuffled([7, 2, 5])
    assert share_of(labels, 1.0, seed=3).tolist() == list(range(14))


def test_seeds_differ_and_repeat():
    labels = _shuffled([500] * 10)
    one, again, other = (share_of(labels, 0.1, seed) for seed in (1, 1, 2))
    assert one.tolist() == again.tolist()
    # Two tenths drawn apart share about a tenth of their members.
    assert 20 < len(set(one) & set(other)) < 90


def test_every_picture_is_as_likely():
    labels = np.zeros(200, np.int64)
    times = sum(np.isin(np.arange(200), share_of(labels, 0.25, seed)) for seed in range(400))
    assert abs(times.mean() - 100) < 1e-9
    assert np.abs(times - 100).max() < 5 * np.sqrt(400 * 0.25 * 0.75)


def test_the_split_of_validation_does_not_follow_the_share():
    """Both draw from the seed: the same draws twice would hold out what was drawn first."""
    labels = np.zeros(1000, np.int64)
    kept = share_of(labels, 0.5, seed=0)
    _, valid = split_validation(labels[kept], 0.2, seed=0)
    smaller = set(share_of(labels, 0.1, seed=0))
    assert 5 < len(smaller & set(kept[valid])) < 38  # a fifth of 100 is expected


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01, float("nan")])
def test_a_share_out_of_range(share):
    for ask in (lambda: share_of(np.arange(9), share, 0), lambda: shares.test_part([0], share)):
        with pytest.raises(ConfigError, match="above 0 and at most 1"):
            ask()


def test_a_share_that_leaves_too_few_says_what_is_enough():
    labels = _shuffled([1000, 60])
    with pytest.raises(DataError) as caught:
        share_of(labels, 0.01, seed=0)
    assert "A share of 1 % leaves 1 of a class's 60 pictures" in caught.value.message
    assert caught.value.hint == "Take at least 2.5 % of it."
    assert np.bincount(labels[share_of(labels, 0.025, seed=0)]).tolist() == [25, 2]


@given(size=st.integers(2, 3000))
def test_the_least_share_that_is_named_is_enough(size):
    labels = np.zeros(size, np.int64)
    try:
        share_of(labels, 0.0001, seed=0)
    except DataError as error:
        percent = float(error.hint.removeprefix("Take at least ").split(" %")[0])
        assert len(share_of(labels, percent / 100, seed=0)) >= 2


def test_a_class_of_one_picture():
    with pytest.raises(DataError) as caught:
        share_of(np.array([0, 0, 0, 1]), 1.0, seed=0)
    assert caught.value.hint == "Use data with at least 2 pictures of each class."


@pytest.mark.parametrize("labels", [np.zeros((2, 2), int), np.zeros(3), np.zeros(0, int)])
def test_labels_of_another_form(labels):
    with pytest.raises(DataError, match="Labels must be whole numbers"):
        share_of(labels, 0.5, seed=0)


@pytest.mark.parametrize(
    ("size", "share", "expected"),
    [(10_000, 1.0, 10_000), (10_000, 0.5, 5_000), (10_000, 0.1, 2_000), (2_000, 0.1, 2_000)],
)
def test_the_test_pictures_of_a_share(size, share, expected):
    labels = _shuffled([size // 10] * 10)
    chosen = shares.test_part(labels, share)
    assert len(chosen) == expected
    assert set(np.bincount(labels[chosen])) == {expected // 10}
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    assert chosen.tolist() == shares.test_part(labels, share).tolist()


def test_a_rare_class_is_not_lost_from_the_test_pictures():
    labels = _shuffled([20_000, 3])
    assert np.bincount(labels[shares.test_part(labels, 0.01)]).tolist() == [2000, 1]
