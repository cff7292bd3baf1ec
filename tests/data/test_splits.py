"""The validation split: disjoint, covering, stratified, deterministic, fast."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.data.splits import split_validation
from cnn_core.errors import ConfigError, DataError

LABELS = st.lists(st.integers(-3, 12), min_size=2, max_size=200).map(np.array)
SHARES = st.floats(0.01, 0.99)
SEEDS = st.integers(0, 2**31 - 1)


@given(LABELS, SHARES, SEEDS)
def test_disjoint_covering_and_stratified(labels, share, seed):
    train, valid = split_validation(labels, share, seed)
    assert train.dtype == valid.dtype == np.int64
    assert np.array_equal(np.sort(np.concatenate([train, valid])), np.arange(len(labels)))
    assert len(train) >= 1
    assert len(valid) >= 1
    for value in np.unique(labels):
        count = np.sum(labels == value)
        assert abs(np.sum(labels[valid] == value) - count * share) < 1 + 1e-9


@given(LABELS, SHARES, SEEDS)
def test_size_is_the_share_of_all(labels, share, seed):
    _, valid = split_validation(labels, share, seed)
    wanted = np.clip(len(labels) * share, 1, len(labels) - 1)
    assert abs(len(valid) - wanted) <= 0.5 + 1e-9


@given(LABELS, SHARES, SEEDS)
def test_same_seed_same_split_and_labels_untouched(labels, share, seed):
    before = labels.copy()
    first, second = (split_validation(labels, share, seed)[1] for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(labels, before)


def test_another_seed_gives_another_split():
    labels = np.arange(1000) % 10
    assert not np.array_equal(
        split_validation(labels, 0.1, 0)[1], split_validation(labels, 0.1, 1)[1]
    )


def test_each_example_is_as_likely_to_be_held_out():
    labels = np.arange(40) % 4
    held = sum(np.isin(np.arange(40), split_validation(labels, 0.2, s)[1]) for s in range(800))
    assert held.sum() == 800 * 8
    assert held.min() > 115  # 160 expected, standard deviation 11
    assert held.max() < 205


def test_sixty_thousand_labels_take_milliseconds():
    labels = np.random.default_rng(0).integers(0, 10, 60_000)
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        _, valid = split_validation(labels, 1 / 12, 0)
        times.append(time.perf_counter() - begin)
    assert len(valid) == 5_000
    assert min(times) < 0.1


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ConfigError, match="must be between 0 and 1"):
        split_validation(np.array([0, 1]), share, 0)


@pytest.mark.parametrize(
    "labels", [np.array([0]), np.array([], np.int64), np.zeros((2, 2), np.int64), np.zeros(3)]
)
def test_labels_that_cannot_be_split_are_refused(labels):
    with pytest.raises(DataError):
        split_validation(labels, 0.5, 0)
