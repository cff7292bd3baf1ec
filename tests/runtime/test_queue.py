"""Who trains next, who is lost, and who comes before whom."""

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import pytest

from cnn_core.errors import RunStateError, StorageError, UnknownNameError
from cnn_core.runtime import queue
from cnn_core.runtime.database import connect, transaction
from cnn_core.runtime.processes import is_alive, start_time
from cnn_core.runtime.stopping import StopFlag

ROOT = Path(__file__).parents[2]


def set_row(store, run_id, **values):
    with transaction(store.database) as db:
        columns = ", ".join(f"{name} = ?" for name in values)
        db.execute(f"UPDATE runs SET {columns} WHERE id = ?", (*values.values(), run_id))


def row_of(store, run_id):
    with connect(store.database) as db:
        return dict(db.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone())


def serve(store):
    """Claim and end runs until none is left; return the order in which they were served."""
    order = []
    while (run_id := queue.claim(store)) is not None:
        queue.end(store, run_id, "finished")
        order.append(run_id)
    return order


@pytest.fixture
def gone():
    """The id and start time of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = process.pid, start_time(process.pid)
    process.communicate()
    return known


def test_an_empty_queue(store):
    assert queue.claim(store) is None


def test_one_owner_is_served_in_order(store, new_run):
    ids = [new_run(seed=seed) for seed in range(4)]
    assert serve(store) == ids


def test_owners_take_turns(store, new_run):
    """The one who was served least recently is next, however many the other has queued."""
    ada = [new_run(seed=seed, owner="ada") for seed in range(4)]
    bob = [new_run(seed=seed, owner="bob") for seed in range(2)]
    cy = [new_run(owner="cy")]
    expected = [ada[0], bob[0], cy[0], ada[1], bob[1], ada[2], ada[3]]
    assert queue.waiting_order(store, "cpu") == expected
    assert serve(store) == expected


def test_the_place_is_what_will_be_served_before(store, new_run):
    ada = [new_run(seed=seed, owner="ada") for seed in range(3)]
    bob = new_run(owner="bob")
    running = queue.claim(store)
    assert running == ada[0]
    queue.record_process(store, running, os.getpid())
    record = store.get(ada[2])
    assert queue.ahead_of(store, record) == [ada[0], bob, ada[1]]
    assert queue.place(store, record) == 3
    assert queue.place(store, store.get(bob)) == 1
    queue.end(store, running, "finished")
    assert queue.place(store, store.get(bob)) == 0
    assert serve(store) == [bob, ada[1], ada[2]]


def test_one_slot_a_device(store, new_run):
    first, second = new_run(seed=0), new_run(seed=1)
    other = new_run(seed=2, device="cuda:0")
    assert {queue.claim(store), queue.claim(store)} == {first, other}
    assert queue.claim(store) is None
    queue.end(store, first, "stopped")
    assert queue.claim(store) == second


def test_a_deleted_run_is_not_served(store, new_run):
    run_id = new_run()
    set_row(store, run_id, deleted=1.0)
    assert queue.claim(store) is None


def test_eight_threads_claim_one_run_once(store, new_run):
    new_run()
    barrier = threading.Barrier(8)

    def claim(_):
        barrier.wait()
        return queue.claim(store)

    with ThreadPoolExecutor(8) as pool:
        claimed = [run_id for run_id in pool.map(claim, range(8)) if run_id]
    assert len(claimed) == 1


def test_a_run_that_waits_for_its_own_process_is_left_to_it(store, new_run):
    mine = new_run(launcher="self")
    queue.record_process(store, mine, os.getpid())
    later = new_run(seed=1)
    assert queue.claim(store) is None
    assert queue.claim(store, run_id=later) is None  # it is not its turn
    assert queue.claim(store, run_id=mine) == mine
    queue.end(store, mine, "finished")
    assert queue.claim(store) == later


# Lost runs


def test_a_living_process_is_not_lost(store, new_run):
    run_id = new_run()
    queue.claim(store)
    queue.record_process(store, run_id, os.getpid())
    set_row(store, run_id, heartbeat=0.0)  # it may be busy, or the clock may have been set
    queue.sweep(store)
    assert store.get(run_id).status == "running"


def test_a_process_that_has_gone_leaves_an_interrupted_run(store, new_run, gone):
    run_id = new_run()
    queue.claim(store)
    set_row(store, run_id, pid=gone[0], pid_started=gone[1], heartbeat=1_000.0)
    queue.sweep(store)
    record = store.get(run_id)
    assert (record.status, record.ended) == ("interrupted", 1_000.0)
    assert "ended without a word" in record.error
    assert "half the batch size" in record.hint
    assert record.resumable


def test_a_zombie_is_not_alive():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pid, started = process.pid, start_time(process.pid)
    assert is_alive(pid, started)
    process.stdin.close()
    deadline = time.monotonic() + 60
    while is_alive(pid, started):  # nobody has waited for it: its entry stays
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert start_time(pid) == started
    process.wait()
    assert start_time(pid) is None


def test_setting_the_clock_does_not_change_when_a_process_started(monkeypatch):
    started = start_time(os.getpid())
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert is_alive(os.getpid(), started)


@pytest.mark.parametrize(("silence", "status"), [(0.0, "running"), (61.0, "interrupted")])
def test_a_claim_whose_process_never_came(store, new_run, silence, status):
    run_id = new_run()
    queue.claim(store)
    set_row(store, run_id, heartbeat=time.time() - silence)
    queue.sweep(store)
    assert store.get(run_id).status == status


@pytest.mark.parametrize(("silence", "status"), [(0.0, "running"), (61.0, "interrupted")])
def test_a_process_on_another_machine_is_known_by_its_heartbeat(store, new_run, silence, status):
    run_id = new_run()
    queue.claim(store)
    set_row(store, run_id, pid=1, host="elsewhere", heartbeat=time.time() - silence)
    queue.sweep(store)
    assert store.get(run_id).status == status


def test_a_terminal_that_was_killed_while_it_waited_blocks_nobody(store, new_run, gone):
    """Whether or not it had come to writing down its process."""
    known, unknown, next_one = (new_run(seed=seed, launcher="self") for seed in range(3))
    set_row(store, known, pid=gone[0], pid_started=gone[1], host=socket.gethostname())
    set_row(store, unknown, queued=time.time() - 61)
    set_row(store, next_one, launcher="worker")
    assert queue.claim(store) == next_one
    assert store.get(known).status == store.get(unknown).status == "interrupted"


def test_a_run_taken_up_again_does_not_inherit_its_process(store, new_run, gone):
    run_id = new_run(launcher="self")
    queue.claim(store, run_id=run_id)
    set_row(store, run_id, pid=gone[0], pid_started=gone[1], heartbeat=1_000.0)
    queue.sweep(store)
    store.requeue(run_id, launcher="self")
    queue.sweep(store)
    assert store.get(run_id).status == "queued"


# Adoption, heartbeat, lock


def test_a_claimed_run_is_adopted_by_its_process(store, new_run):
    run_id = new_run()
    queue.claim(store)
    record = queue.adopt(store, run_id)
    assert record.status == "running"
    row = row_of(store, run_id)
    assert (row["pid"], row["pid_started"]) == (os.getpid(), start_time(os.getpid()))
    assert queue.adopt(store, run_id) == record


@pytest.mark.parametrize("status", ["queued", "finished", "interrupted"])
def test_what_is_not_claimed_is_not_adopted(store, new_run, status):
    run_id = new_run()
    set_row(store, run_id, status=status)
    with pytest.raises(RunStateError, match=f"is {status}; it cannot be trained here"):
        queue.adopt(store, run_id)
    assert row_of(store, run_id)["pid"] is None


def test_another_processs_run_is_not_adopted(store, new_run):
    run_id = new_run()
    queue.claim(store)
    queue.record_process(store, run_id, os.getppid())
    with pytest.raises(RunStateError, match="is in another process"):
        queue.adopt(store, run_id)
    assert row_of(store, run_id)["pid"] == os.getppid()


def test_an_unknown_run_is_not_adopted(store):
    with pytest.raises(UnknownNameError):
        queue.adopt(store, "lenet5-mnist-0101-abcdef")


def test_a_heartbeat_brings_the_request_to_stop(store, new_run):
    run_id = new_run()
    queue.claim(store)
    assert queue.beat(store, run_id) is False
    before = row_of(store, run_id)["heartbeat"]
    store.request_stop(run_id)
    assert queue.beat(store, run_id) is True
    assert row_of(store, run_id)["heartbeat"] >= before
    assert queue.beat(store, "lenet5-mnist-0101-abcdef") is False


def test_the_device_lock_is_held_and_given_back(tmp_path):
    with queue.device_lock(tmp_path, "cuda:0", StopFlag()) as got:
        assert got
        other = filelock.FileLock(tmp_path / "locks" / "cuda-0.lock", is_singleton=False)
        with pytest.raises(filelock.Timeout):
            other.acquire(timeout=0)
    with other.acquire(timeout=0):
        pass


def test_waiting_for_a_device_can_be_stopped(tmp_path):
    (tmp_path / "locks").mkdir()
    stop = StopFlag()
    threading.Timer(0.1, lambda: setattr(stop, "asked", True)).start()
    with (
        filelock.FileLock(tmp_path / "locks" / "cpu.lock"),
        queue.device_lock(tmp_path, "cpu", stop) as got,
    ):
        assert not got


def test_a_lock_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(StorageError, match="cannot be made"),
        queue.device_lock(tmp_path / "file", "cpu", StopFlag()),
    ):
        pass
