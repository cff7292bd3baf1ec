"""Thirty sessions press Start at once: all queued, none lost, served in turns, told the same."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cnn_core.results.runs import ACTIVE
from cnn_core.runtime import queue
from cnn_core.runtime.submit import waiting_seconds
from cnn_core.runtime.waiting import Wait, waits

SESSIONS = 30


@pytest.fixture
def pressed(store, request_of):
    """Thirty threads, each an owner's session that queues a run, all at the same moment."""
    gate = threading.Barrier(SESSIONS)

    def press(number):
        gate.wait()
        request = request_of(seed=number, owner=f"session-{number:02}")
        return store.create(request, unless_same=True)

    with ThreadPoolExecutor(SESSIONS) as pool:
        return list(pool.map(press, range(SESSIONS)))


def serve_all(store):
    order = []
    while (run_id := queue.claim(store)) is not None:
        queue.record_process(store, run_id, os.getpid())
        queue.end(store, run_id, "finished")
        order.append(run_id)
    return order


def test_none_is_lost_and_each_is_served_once(store, pressed):
    ids = {record.id for record, created in pressed if created}
    assert len(ids) == SESSIONS
    assert {run.id for run in store.list(statuses=("queued",))} == ids
    order = queue.waiting_order(store, "cpu")
    assert serve_all(store) == order
    assert set(order) == ids
    assert store.list(statuses=ACTIVE) == []


def test_who_queued_thirty_runs_before_holds_them_up_by_one(store, new_run, request_of):
    greedy = [new_run(seed=100 + number, owner="greedy") for number in range(SESSIONS)]
    others = [new_run(seed=number, owner=f"session-{number:02}") for number in range(SESSIONS)]
    order = serve_all(store)
    assert order == [greedy[0], *others, *greedy[1:]]


def test_thirty_threads_claim_every_run_once(store, new_run):
    """Whoever sees a free slot may claim; with a device each, all are free at once."""
    ids = {new_run(seed=n, owner=f"session-{n:02}", device=f"cuda:{n}") for n in range(SESSIONS)}
    gate = threading.Barrier(SESSIONS)

    def claim(_):
        gate.wait()
        return queue.claim(store)

    with ThreadPoolExecutor(SESSIONS) as pool:
        claimed = list(pool.map(claim, range(SESSIONS)))
    assert sorted(claimed) == sorted(ids)


def test_all_are_told_what_each_would_find_out_alone(store, new_run, events, pressed):
    assert {wait.seconds for wait in waits(store).values() if wait.ahead} == {None}
    done = new_run(owner="before", epochs=2, seed=99, device="cuda:0")
    store.append(done, events.finished())
    queue.end(store, done, "finished")
    running = queue.claim(store)
    queue.record_process(store, running, os.getpid())
    told = waits(store)
    assert running not in told
    assert len(told) == SESSIONS - 1
    for run_id, wait in told.items():
        ahead = queue.ahead_of(store, store.get(run_id))
        assert wait == Wait(ahead=len(ahead), seconds=waiting_seconds(store, ahead))
    assert sorted(wait.ahead for wait in told.values()) == list(range(1, SESSIONS))


def test_an_estimate_adds_up_along_the_queue(store, new_run, events):
    done = new_run(owner="before", epochs=2)
    store.append(done, events.finished())
    queue.end(store, done, "finished")
    runs = [new_run(seed=1 + number, epochs=4) for number in range(3)]
    told = waits(store)
    each = 4 / 2 * events.finished().elapsed_seconds
    assert [told[run].ahead for run in runs] == [0, 1, 2]
    assert [told[run].seconds for run in runs] == pytest.approx([0.0, each, 2 * each])
