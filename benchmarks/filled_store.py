"""Run stores with a thousand runs, and a run of many steps that still goes on, for the benchmarks.

What stands in them is made up and says so (its owner is "benchmark"); it is written as workers
write it, but for the events before now, which come in one transaction.
"""

import contextlib
import dataclasses
import math
import os
import threading
from collections.abc import Callable, Iterator

from cnn_core.results.events import (
    EpochDone,
    RunFinished,
    RunStarted,
    StepsDone,
    StepSplit,
    TrainEvent,
    event_to_json,
)
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime import queue
from cnn_core.runtime.database import kept_open, transaction
from cnn_core.runtime.rows import columns_of, new_run_id, to_json
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.training.recipes import find_recipe

OWNER = "benchmark"
WINDOW_STEPS = 10
WINDOW_SECONDS = 0.1
_EPOCHS = 100
_BATCH = 64
_DATASET = DatasetInfo(
    name="MNIST",
    source="mnist",
    location="",
    fingerprint="0" * 64,
    official=False,
    train_size=55_000,
    valid_size=5_000,
    test_size=10_000,
)


def request(seed: int, device: str = "cpu") -> RunRequest:
    """Return the request for one made-up run, which no server starts."""
    recipe = find_recipe("lenet5-mnist")
    return RunRequest(
        recipe=recipe.id,
        preset=recipe.default,
        config=dataclasses.replace(recipe.presets[recipe.default].config, seed=seed),
        dataset=_DATASET,
        device=device,
        owner=OWNER,
        provenance={"made": "for a benchmark"},
        name=f"LeNet-5 on MNIST, made up, seed {seed}",
        launcher="self",
    )


def finished_runs(store: RunStore, count: int) -> None:
    """Write `count` finished runs into the store: the first as workers do, the others as it is."""
    first = store.create(request(0))[0].id
    store.append(first, _finished(0))
    queue.end(store, first, "finished")
    with transaction(store.database) as db:
        row = dict(db.execute("SELECT * FROM runs WHERE id = ?", (first,)).fetchone())
        for seed in range(1, count):
            asked, end = request(seed), _finished(seed)
            row |= {
                "id": new_run_id(asked.recipe),
                "name": asked.name,
                "config": to_json(asked.config),
                "same_key": asked.same_key,
                "created": row["created"] + 1e-3,
                **columns_of(end),
            }
            row["run_group"] = row["id"]
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO runs ({', '.join(row)}) VALUES ({marks})", [*row.values()])


def _finished(seed: int) -> RunFinished:
    right = 0.985 + 0.01 * (seed % 100) / 100
    return RunFinished(
        step=8_600,
        epoch=10,
        status="finished",
        train_seconds=40.0 + seed % 7,
        elapsed_seconds=44.0 + seed % 7,
        images_per_second=12_000.0 + seed,
        best_epoch=9,
        valid_accuracy=right,
        test_accuracy=right,
        test_interval=[right - 0.002, right + 0.002],
        test_size=10_000,
    )


@contextlib.contextmanager
def going_run(
    store: RunStore,
    *,
    steps: int,
    device: str,
    past: Callable[[int], Iterator[TrainEvent]] | None = None,
) -> Iterator[str]:
    """Yield the id of a run that has made `steps` steps and goes on, ten windows a second.

    It is this process's run until the end of the block, as a worker's is.

    Args:
        store: where it is written.
        steps: so many already.
        device: what it is said to train on: one run goes on a device at a time.
        past: the events of so many steps; `past_events` if None.
    """
    run_id = store.create(request(seed=steps, device=device))[0].id
    queue.record_process(store, run_id, os.getpid())
    if queue.claim(store, run_id=run_id) != run_id:
        raise RuntimeError(f"expected {run_id} to be next on {device}, but it is not")
    queue.adopt(store, run_id)
    _write_past(store, run_id, steps, past or past_events)
    closed = threading.Event()

    def go_on() -> None:
        last = steps
        with kept_open(store.database):
            while not closed.wait(WINDOW_SECONDS):
                last += WINDOW_STEPS
                store.append(run_id, window(last, steps))

    writer = threading.Thread(target=go_on, name=f"writes {run_id}")
    writer.start()
    try:
        yield run_id
    finally:
        closed.set()
        writer.join()
        queue.end(store, run_id, "stopped")


def _write_past(
    store: RunStore, run_id: str, steps: int, past: Callable[[int], Iterator[TrainEvent]]
) -> None:
    with transaction(store.database) as db:
        rows = enumerate(map(event_to_json, past(steps)), start=1)
        db.executemany("INSERT INTO events VALUES (?, ?, ?)", ((run_id, *row) for row in rows))
        db.execute(
            "UPDATE runs SET total_steps = ?, steps_done = ?, "
            "next_seq = 1 + (SELECT MAX(seq) FROM events WHERE run = ?) WHERE id = ?",
            (2 * steps, steps, run_id, run_id),
        )


def past_events(steps: int, *, epochs: int = _EPOCHS) -> Iterator[TrainEvent]:
    """Yield the events of the first `steps` steps of a run of `epochs` that is half way."""
    per_epoch = max(WINDOW_STEPS, 2 * steps // epochs // WINDOW_STEPS * WINDOW_STEPS)
    yield RunStarted(
        step=0,
        epoch=0,
        total_steps=2 * steps,
        total_epochs=epochs,
        steps_per_epoch=per_epoch,
        train_size=per_epoch * _BATCH,
        valid_size=5_000,
        device="cpu",
        threads=2,
        parameters=44_426,
    )
    for last in range(WINDOW_STEPS, steps + 1, WINDOW_STEPS):
        yield window(last, steps, epochs=epochs)
        if last % per_epoch == 0:
            yield _epoch(last, last // per_epoch)


def window(last: int, scale: int, *, epochs: int = _EPOCHS) -> StepsDone:
    """Return a window that ends with step `last` of a loss that falls over `scale` steps."""
    seconds = last / WINDOW_STEPS * WINDOW_SECONDS
    return StepsDone(
        step=last,
        epoch=1 + last * epochs // (2 * scale),
        losses=[
            2.3 * math.exp(-4 * step / scale) + 0.05 * (1 + math.sin(37 * step))
            for step in range(last - WINDOW_STEPS + 1, last + 1)
        ],
        images=_BATCH * WINDOW_STEPS,
        window_seconds=WINDOW_SECONDS,
        train_seconds=seconds,
        elapsed_seconds=seconds,
        learning_rate=1e-3,
        split=StepSplit(data=4e-4, forward=2e-3, backward=4e-3, optimizer=6e-4, samples=1),
    )


def _epoch(step: int, epoch: int) -> EpochDone:
    seconds = step / WINDOW_STEPS * WINDOW_SECONDS
    return EpochDone(
        step=step,
        epoch=epoch,
        train_loss=2.3 * math.exp(-epoch / 10),
        valid_loss=2.3 * math.exp(-epoch / 12),
        valid_accuracy=0.99 - 0.5 * math.exp(-epoch / 3),
        epoch_seconds=1.0,
        evaluation_seconds=0.2,
        train_seconds=seconds,
        elapsed_seconds=seconds,
        best=True,
    )
