"""The run store: one row for two Starts, cursors that hold, and nothing that a name can break."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cnn_core.errors import RunStateError, UnknownNameError
from cnn_core.runtime import store as store_module
from cnn_core.runtime.database import transaction
from cnn_core.runtime.rows import new_run_id, validate_run_id

ROOT = Path(__file__).parents[2]


def set_row(store, run_id, **values):
    with transaction(store.database) as db:
        columns = ", ".join(f"{name} = ?" for name in values)
        db.execute(f"UPDATE runs SET {columns} WHERE id = ?", (*values.values(), run_id))


def test_a_run_comes_back_as_it_was_asked_for(store, request_of):
    request = request_of(seed=7, rotation=3.5, group="g", name="my run", launcher="self")
    record, created = store.create(request)
    assert created
    assert store.get(record.id) == record
    assert record.config == request.config
    assert record.dataset == request.dataset
    assert (record.status, record.name, record.group) == ("queued", "my run", "g")
    assert record.active
    assert not record.resumable
    assert record.started is record.ended is record.test_accuracy is record.deleted is None
    assert store.list() == [record]
    assert store.list(owner="bob") == []
    assert store.list(recipe="lenet5-mnist", owner="ada") == [record]


def test_runs_are_listed_newest_first(store, new_run):
    ids = [new_run(seed=seed) for seed in range(4)]
    for age, run_id in enumerate(ids):
        set_row(store, run_id, created=100.0 + age)
    assert [record.id for record in store.list()] == ids[::-1]
    assert [record.id for record in store.list(limit=2)] == [ids[3], ids[2]]


def test_two_threads_that_press_start_make_one_run(store, request_of):
    barrier = threading.Barrier(8)

    def press(_):
        barrier.wait()
        return store.create(request_of(), unless_same=True)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(press, range(8)))
    assert sum(created for _, created in made) == 1
    assert len(store.list()) == 1


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"owner": "bob", "preset": "custom", "name": "another", "device": "cuda:0"}, True),
        ({"learning_rate": 1, "rotation": 0}, True),
        ({"seed": 1}, False),
        ({"batch_size": 32}, False),
        ({"recipe": "another"}, False),
    ],
)
def test_what_counts_as_the_same_run(request_of, changes, same):
    base = request_of(learning_rate=1.0)
    changed = request_of(**{"learning_rate": 1.0, **changes})
    assert (changed.same_key == base.same_key) is same


@pytest.mark.parametrize(
    ("status", "found"),
    [
        *[(status, True) for status in ("queued", "running", "finished")],
        *[(status, False) for status in ("stopped", "interrupted", "failed", "diverged")],
    ],
)
def test_an_equal_run_is_offered_if_it_goes_on_or_finished(store, request_of, status, found):
    record, _ = store.create(request_of())
    set_row(store, record.id, status=status)
    same = store.find_same(request_of().same_key)
    assert (same is not None and same.id == record.id) is found
    if found and status == "finished":
        store.delete(record.id)
        assert store.find_same(request_of().same_key) is None


def test_a_cursor_reads_every_event_once(store, new_run, events):
    run_id = new_run()
    written = [events.started(), *(events.steps(step) for step in range(1, 6)), events.saved(5)]
    for event in written[:3]:
        store.append(run_id, event)
    first = store.events(run_id)
    for event in written[3:]:
        store.append(run_id, event)
    second = store.events(run_id, after=first[-1][0])
    assert [event for _, event in (*first, *second)] == written
    assert store.events(run_id, after=second[-1][0]) == []


def test_sequence_numbers_are_never_used_again(store, new_run, events):
    """A page whose cursor is beyond a dropped event still gets every event after it."""
    run_id = new_run()
    for step in range(1, 6):
        store.append(run_id, events.steps(step))
    cursor = store.events(run_id)[-1][0]
    store.drop_events_after(run_id, store.events(run_id)[1][0])
    assert len(store.events(run_id)) == 2
    store.append(run_id, events.started(step=2))
    fresh = store.events(run_id, after=cursor)
    assert [event for _, event in fresh] == [events.started(step=2)]


def test_events_of_one_run_are_its_own(store, new_run, events):
    one, other = new_run(), new_run(seed=1)
    store.append(one, events.steps(1))
    store.append(other, events.steps(2))
    store.drop_events_after(one, 0)
    assert store.events(one) == []
    assert [event.step for _, event in store.events(other)] == [2]


def test_events_write_the_runs_row(store, new_run, events):
    run_id = new_run()
    store.append(run_id, events.started())
    assert store.get(run_id).total_steps == 20
    store.append(run_id, events.steps(4, count=4))
    record = store.get(run_id)
    assert (record.steps_done, record.train_seconds) == (4, pytest.approx(0.4))
    assert record.images_per_second == pytest.approx(640.0)
    store.append(run_id, events.epoch_done(1, 0.6))
    store.append(run_id, events.epoch_done(2, 0.5, best=False))
    record = store.get(run_id)
    assert (record.epochs_done, record.valid_accuracy) == (2, 0.6)
    store.append(run_id, events.finished())
    record = store.get(run_id)
    assert (record.test_accuracy, record.test_interval) == (0.9, (0.85, 0.94))
    assert (record.valid_accuracy, record.total_seconds) == (0.8, 3.0)
    store.append(run_id, events.finished("stopped"))
    assert store.get(run_id).test_interval is None


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Ada's best", "Ada's best"),
        ("  two\n words\t", "two words"),
        ("<img onerror=x>", "<img onerror=x>"),
        ("a\u202eb\x00c", "abc"),
        ("x" * 500, "x" * 80),
        ("", "before"),
        (" \n\u200b", "before"),
    ],
)
def test_rename(store, new_run, name, kept):
    run_id = new_run(name="before")
    store.rename(run_id, name)
    assert store.get(run_id).name == kept


def test_delete_undelete_and_purge(store, new_run, events):
    run_id = new_run()
    store.append(run_id, events.steps(1))
    (store.run_folder(run_id) / "weights.safetensors").touch()
    set_row(store, run_id, status="finished")
    store.delete(run_id)
    assert store.list() == []
    assert store.get(run_id).deleted is not None  # a link to it says what it was
    store.undelete(run_id)
    assert [record.id for record in store.list()] == [run_id]
    store.purge()
    assert len(store.events(run_id)) == 1

    store.delete(run_id)
    store.purge()
    assert store.run_folder(run_id).exists()
    set_row(store, run_id, deleted=time.time() - store_module.UNDO_SECONDS - 1)
    store.delete(run_id)  # pressed again: the clock goes on from the first time
    with pytest.raises(RunStateError, match="can be undone for ten minutes"):
        store.undelete(run_id)
    store.purge()
    assert store.events(run_id) == []
    assert not (store.folder / run_id).exists()
    assert store.get(run_id).config.epochs == 2
    with pytest.raises(RunStateError, match="is deleted"):
        store.requeue(run_id)


def test_stopping_and_taking_up_again(store, new_run):
    run_id = new_run()
    store.request_stop(run_id)
    record = store.get(run_id)
    assert (record.status, record.stop_requested) == ("stopped", True)
    record = store.requeue(run_id)
    assert (record.status, record.stop_requested, record.ended) == ("queued", False, None)
    set_row(store, run_id, status="running")
    store.request_stop(run_id)
    record = store.get(run_id)
    assert (record.status, record.stop_requested) == ("running", True)


@pytest.mark.parametrize("status", ["queued", "running", "finished", "diverged"])
def test_only_what_has_stopped_is_taken_up(store, new_run, status):
    run_id = new_run()
    set_row(store, run_id, status=status)
    with pytest.raises(RunStateError, match=f"is {status}; it cannot be resumed"):
        store.requeue(run_id)


def test_a_stop_after_the_end_changes_nothing(store, new_run):
    run_id = new_run()
    set_row(store, run_id, status="finished")
    before = store.get(run_id)
    store.request_stop(run_id)
    assert store.get(run_id) == before


@pytest.mark.parametrize(
    "run_id",
    [
        *("../secret", "..", "a/b", "a\\b", "/etc/passwd", "C:\\x", "", "x", "Ü" * 9, "a" * 200),
        *("run\x00", "run\n", "-start", "' OR 1=1 --", "lenet5-mnist-1123-abc/.."),
    ],
)
def test_a_run_id_is_never_a_path(store, run_id):
    actions = [
        *(store.get, store.events, store.run_folder, store.request_stop, store.requeue),
        *(store.delete, store.undelete, lambda run_id: store.rename(run_id, "x")),
    ]
    for action in actions:
        with pytest.raises(UnknownNameError, match="is not the id of a run"):
            action(run_id)


def test_new_ids_are_valid_and_unlike():
    ids = {new_run_id("lenet5-mnist") for _ in range(200)}
    assert len(ids) == 200
    assert all(validate_run_id(run_id) == run_id for run_id in ids)


def test_an_unknown_run_is_named(store):
    with pytest.raises(UnknownNameError, match="There is no run 'lenet5-mnist-0101-abcdef'"):
        store.get("lenet5-mnist-0101-abcdef")


def test_provenance_grows(store, new_run):
    run_id = new_run()
    store.add_provenance(run_id, "resumed", 'after step 3 under torch "9"')
    assert store.get(run_id).provenance == {
        "torch": "2.0",
        "threads": "1",
        "resumed": 'after step 3 under torch "9"',
    }
