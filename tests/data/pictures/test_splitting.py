"""The split: groups whole, classes on both sides, shares kept, the same seed the same split."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.data.pictures.splitting import split_groups
from cnn_core.errors import ConfigError

SHARES = st.sampled_from([0.05, 0.15, 0.2, 0.33, 0.45])


@st.composite
def folders(draw):
    """Labels and clusters: each class has two clusters of its own, then there are mixed ones."""
    num_classes = draw(st.integers(1, 5))
    rows = []
    for label in range(num_classes):
        for _ in range(draw(st.integers(2, 12))):
            rows += [(label, len(rows))] * draw(st.integers(1, 4))
    for _ in range(draw(st.integers(0, 6))):
        mixed = draw(st.lists(st.integers(0, num_classes - 1), min_size=2, max_size=5))
        rows += [(label, 10_000 + len(rows))] * 1 + [(other, 10_000 + len(rows)) for other in mixed]
    order = draw(st.permutations(range(len(rows))))
    table = np.array([rows[place] for place in order])
    return table[:, 0], table[:, 1]


@settings(max_examples=80, deadline=None)
@given(folders(), SHARES, st.sampled_from([0.0, 0.15, 0.45]), st.integers(0, 2**31 - 1))
def test_groups_stay_whole_and_every_class_is_on_both_sides(folder, valid, test, seed):
    labels, clusters = folder
    parts = split_groups(labels, clusters, valid_share=valid, test_share=test, seed=seed)
    sides = {}
    for cluster, part in zip(clusters.tolist(), parts, strict=True):
        assert sides.setdefault(cluster, part) == part
    there = Counter(zip(labels.tolist(), parts, strict=True))
    for label in set(labels.tolist()):
        assert there[label, "train"] >= 1
        assert there[label, "valid"] >= 1
    if not test:
        assert "test" not in parts
    assert parts == split_groups(labels, clusters, valid_share=valid, test_share=test, seed=seed)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(4, 40), min_size=2, max_size=6), SHARES, SHARES, st.integers(0, 999))
def test_single_pictures_are_held_out_to_within_one_of_their_share(sizes, valid, test, seed):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    parts = np.array(
        split_groups(labels, np.arange(len(labels)), valid_share=valid, test_share=test, seed=seed)
    )
    for part, share in (("valid", valid), ("test", test)):
        for label, size in enumerate(sizes):
            count = np.count_nonzero(parts[labels == label] == part)
            if part == "valid" and share * size <= 1:  # one is held out of every class
                assert 1 <= count <= 2
            elif size * (1 - valid - test) >= 1:
                assert abs(count - share * size) <= 1


@settings(max_examples=30, deadline=None)
@given(folders(), st.integers(0, 999))
def test_shares_are_kept_to_within_the_largest_group(folder, seed):
    labels, clusters = folder
    parts = split_groups(labels, clusters, valid_share=0.2, test_share=0.2, seed=seed)
    largest = max(Counter(clusters.tolist()).values())
    slack = (largest + 1) * (int(labels.max()) + 1)
    for part in ("valid", "test"):
        assert abs(parts.count(part) - 0.2 * len(labels)) <= slack


@pytest.mark.parametrize("seed", range(9))
def test_where_there_are_two_groups_the_larger_one_is_trained_on(seed):
    labels, clusters = np.array([0] * 7 + [1] * 9), np.array([0] * 6 + list(range(1, 11)))
    parts = split_groups(labels, clusters, valid_share=0.2, test_share=0.0, seed=seed)
    assert parts[:7] == ["train"] * 6 + ["valid"]


def test_a_group_that_is_too_large_is_taken_where_that_comes_nearer():
    labels, clusters = np.zeros(20, int), np.repeat(np.arange(5), 4)
    parts = split_groups(labels, clusters, valid_share=0.2, test_share=0.15, seed=0)
    assert parts.count("test") == 4  # of the 3 that are wanted
    parts = split_groups(labels, clusters, valid_share=0.2, test_share=0.05, seed=0)
    assert parts.count("test") == 0  # 4 would be farther from 1 than none


def test_another_seed_draws_another_split():
    labels, clusters = np.repeat([0, 1], 50), np.arange(100)
    drawn = {
        tuple(split_groups(labels, clusters, valid_share=0.2, test_share=0.2, seed=seed))
        for seed in range(5)
    }
    assert len(drawn) == 5


def test_every_picture_is_held_out_by_some_seed():
    """Nothing but chance says who is held out: not the order of the folder."""
    labels, clusters = np.repeat([0, 1], 10), np.arange(20)
    held = {
        place
        for seed in range(60)
        for place, part in enumerate(
            split_groups(labels, clusters, valid_share=0.2, test_share=0.0, seed=seed)
        )
        if part == "valid"
    }
    assert held == set(range(20))


@pytest.mark.parametrize(("valid", "test"), [(-0.1, 0.0), (0.6, 0.0), (0.2, 0.7), (0.5, 0.5)])
def test_shares_that_leave_nothing_to_train_on_are_refused(valid, test):
    with pytest.raises(ConfigError, match=r"between 0 and 0\.5|tenth"):
        split_groups(np.array([0, 1]), np.array([0, 1]), valid_share=valid, test_share=test, seed=0)
