"""A run store, runs on scikit-learn's digits in one thread, and what is compared of them."""

import dataclasses
import os
import signal

import pytest

from cnn_core.results.config import TrainConfig
from cnn_core.runtime import queue
from cnn_core.runtime.database import connect, transaction
from cnn_core.runtime.execute import execute
from cnn_core.runtime.export import read_history
from cnn_core.runtime.launcher import Launcher
from cnn_core.runtime.processes import is_alive
from cnn_core.runtime.submit import build_request
from tests.runtime.conftest import (  # noqa: F401
    events,
    new_run,
    request_of,
    settings,
    store,
    wait_until,
)

CONFIG = TrainConfig(epochs=2, batch_size=128, learning_rate=3e-3)  # 11 steps an epoch
_undisturbed = []


@pytest.fixture
def queued(settings, store):  # noqa: F811
    """Queue a run on the digits, in one thread; return its id."""

    def queued(*, launcher="worker", **changes):
        request = build_request(
            settings,
            recipe="lenet5-mnist",
            preset="custom",
            config=dataclasses.replace(CONFIG, **changes),
            owner="ada",
            source="digits",
            launcher=launcher,
        )
        one = request.provenance | {"threads": "1"}
        return store.create(dataclasses.replace(request, provenance=one))[0].id

    return queued


@pytest.fixture
def claimed(store, queued):  # noqa: F811
    """Queue a run and claim it for this process; return its id."""

    def claimed(**changes):
        run_id = queued(**changes)
        assert queue.claim(store) == run_id
        return run_id

    return claimed


@pytest.fixture
def again(store):  # noqa: F811
    """Take a run up again in this process; return its record as it ended."""

    def again(run_id):
        store.requeue(run_id)
        assert queue.claim(store) == run_id
        return execute(store, run_id)

    return again


@pytest.fixture
def curve(store):  # noqa: F811
    """What must be the same of two runs: losses, validation, the test; no durations."""

    def curve(run_id):
        history = read_history(store, run_id)
        epochs = [(done.valid_loss, done.valid_accuracy, done.best) for done in history.epochs]
        return history.losses().tolist(), epochs, store.get(run_id).test_accuracy

    return curve


@pytest.fixture
def peaceful(store, claimed, curve):  # noqa: F811
    """The curve of a run of `CONFIG` that nobody disturbed: trained once, the same every time."""
    if not _undisturbed:
        run_id = claimed()
        execute(store, run_id)
        _undisturbed.append(curve(run_id))
        store.delete(run_id)
    return _undisturbed[0]


@pytest.fixture
def last_of(store):  # noqa: F811
    """The run's last event of a kind, or None."""

    def last_of(run_id, kind):
        found = [event for _, event in store.events(run_id) if isinstance(event, kind)]
        return found[-1] if found else None

    return last_of


@pytest.fixture
def set_row(store):  # noqa: F811
    """Write columns of a run's row past the store."""

    def set_row(run_id, **values):
        with transaction(store.database) as db:
            columns = ", ".join(f"{name} = ?" for name in values)
            db.execute(f"UPDATE runs SET {columns} WHERE id = ?", (*values.values(), run_id))

    return set_row


@pytest.fixture
def process_of(store):  # noqa: F811
    """The id and start time of the process that trains a run."""

    def process_of(run_id):
        with connect(store.database) as db:
            row = db.execute("SELECT pid, pid_started FROM runs WHERE id = ?", (run_id,)).fetchone()
        return row["pid"], row["pid_started"]

    return process_of


@pytest.fixture
def launch(settings, store, process_of):  # noqa: F811
    """Start launchers that are closed, and workers that are killed, when the test is over."""
    launchers = []

    def launch(*, spare=False):
        launchers.append(Launcher(dataclasses.replace(settings, warm_spare=spare), store).start())
        return launchers[-1]

    yield launch
    for launcher in launchers:
        launcher.close()
    for record in store.list():
        pid, started = process_of(record.id)
        if record.status == "running" and pid != os.getpid() and is_alive(pid, started):
            os.kill(pid, signal.SIGKILL)
