"""Groups in the store: queued in order, found again, stopped as one, and how long they take."""

import pytest

from cnn_core.runtime import queue
from cnn_core.runtime.groups import create_group, runs_of, seconds_left, stop_group


@pytest.fixture
def requests(request_of):
    return [request_of(seed=seed, group="lenet5-mnist-group") for seed in (3, 4, 5)]


@pytest.fixture
def group(store, requests):
    return create_group(store, requests)[0]


def statuses(store, group):
    return [run.status for run in runs_of(store, group[0].group)]


def test_seeds_are_queued_in_order_and_told_by_seed(store, group):
    assert [run.config.seed for run in group] == [3, 4, 5]
    assert queue.waiting_order(store, "cpu") == [run.id for run in group]
    assert [run.id for run in runs_of(store, group[0].group)] == [run.id for run in group]


def test_an_equal_group_is_found_only_whole(store, requests, group, request_of):
    again, created = create_group(store, requests, unless_same=True)
    assert ([run.id for run in again], created) == ([run.id for run in group], False)
    wider = [request_of(seed=seed, group="lenet5-mnist-wider") for seed in (3, 4, 5, 6)]
    assert create_group(store, wider, unless_same=True)[1], "one of its seeds is new"
    queue.end(store, group[1].id, "failed")
    stop_group(store, "lenet5-mnist-wider")
    assert create_group(store, requests, unless_same=True)[1], "one of its seeds failed"


def test_a_stop_leaves_no_seed_to_be_claimed(store, group, new_run):
    other = new_run(owner="bob", seed=9)
    assert queue.claim(store, run_id=group[0].id) == group[0].id
    stop_group(store, group[0].group)
    assert statuses(store, group) == ["running", "stopped", "stopped"]
    assert store.get(group[0].id).stop_requested
    queue.end(store, group[0].id, "stopped")
    assert queue.claim(store) == other
    assert not store.get(other).stop_requested


def test_a_deleted_seed_is_no_longer_one_of_the_group(store, group):
    queue.end(store, group[1].id, "failed")
    store.delete(group[1].id)
    assert [run.config.seed for run in runs_of(store, group[0].group)] == [3, 5]


def test_the_time_left_is_that_of_all_seeds_and_of_whoever_comes_between(store, group, new_run):
    first = group[0].group
    assert seconds_left(store, group, {}) is None, "nothing has run here yet"
    queue.claim(store, run_id=group[0].id)
    assert seconds_left(store, runs_of(store, first), {group[0].id: None}) is None
    assert seconds_left(store, runs_of(store, first), {group[0].id: 8.0}) == pytest.approx(24.0)
    queue.end(store, group[0].id, "finished")
    with queue.transaction(store.database) as db:
        db.execute("UPDATE runs SET total_seconds = 10 WHERE id = ?", (group[0].id,))
    assert seconds_left(store, runs_of(store, first), {}) == pytest.approx(20.0)
    new_run(owner="bob", seed=9)  # served between the two that wait
    assert seconds_left(store, runs_of(store, first), {}) == pytest.approx(30.0)
    stop_group(store, first)
    assert seconds_left(store, runs_of(store, first), {}) == 0.0
