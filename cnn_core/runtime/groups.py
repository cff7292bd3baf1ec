"""Groups: runs of one owner that differ in their seed alone, queued, watched and stopped together.

A group is nothing but an id that its runs carry; a run alone carries its own. Whatever is done to
a whole group is one transaction, so no seed is claimed between two halves of it.
"""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from statistics import fmean

from cnn_core.results.runs import ACTIVE, RunRecord
from cnn_core.runtime import queue
from cnn_core.runtime.database import connect, transaction
from cnn_core.runtime.rows import record_from_row, validate_run_id
from cnn_core.runtime.store import RunRequest, RunStore, insert_run
from cnn_core.runtime.submit import estimate_seconds, waiting_seconds


def runs_of(store: RunStore, group: str) -> list[RunRecord]:
    """Return the runs of a group that are not deleted, by seed."""
    with connect(store.database) as db:
        rows = db.execute(
            "SELECT * FROM runs WHERE run_group = ? AND deleted IS NULL", (validate_run_id(group),)
        ).fetchall()
    return sorted(map(record_from_row, rows), key=lambda run: (run.config.seed, run.created))


def create_group(
    store: RunStore, requests: Sequence[RunRequest], *, unless_same: bool = False
) -> tuple[list[RunRecord], bool]:
    """Queue one run a request, in their order.

    Args:
        store: where.
        requests: at least one; all carry the same group.
        unless_same: where one group has an equal run, active or finished, for every request,
            return that group's runs and False, and queue nothing.

    Returns:
        The group's runs by seed, and whether they are new.
    """
    with transaction(store.database) as db:
        same = _same_group(db, requests) if unless_same else None
        ids = [] if same else [insert_run(db, request) for request in requests]
    return (runs_of(store, same), False) if same else ([store.get(each) for each in ids], True)


def _same_group(db: sqlite3.Connection, requests: Sequence[RunRequest]) -> str | None:
    """Return the newest group that has an active or finished run for every request."""
    keys = sorted({request.same_key for request in requests})
    marks = ", ".join("?" * len(keys))
    row = db.execute(
        "SELECT run_group FROM runs WHERE deleted IS NULL "
        f"AND status IN ('queued', 'running', 'finished') AND same_key IN ({marks}) "
        "GROUP BY run_group HAVING COUNT(DISTINCT same_key) = ? ORDER BY MAX(created) DESC",
        (*keys, len(keys)),
    ).fetchone()
    return None if row is None else str(row["run_group"])


def stop_group(store: RunStore, group: str) -> None:
    """Take the group's waiting runs out of the queue, and ask the one that trains to stop."""
    with transaction(store.database) as db:
        db.execute(
            "UPDATE runs SET stop_requested = 1 WHERE run_group = ? AND status IN (?, ?)",
            (validate_run_id(group), *ACTIVE),
        )
        db.execute(
            "UPDATE runs SET status = 'stopped', ended = ? "
            "WHERE run_group = ? AND status = 'queued'",
            (time.time(), group),
        )


def seconds_left(
    store: RunStore, runs: Sequence[RunRecord], left: Mapping[str, float | None]
) -> float | None:
    """Return about how long it takes until the last of a group's runs has ended.

    The runs of others that are served before the group's last one count as well.

    Args:
        store: where the runs are.
        runs: the group's.
        left: by id, what the group's running ones have left in seconds; None: not known yet.

    Returns:
        Seconds; None if one of the runs cannot be estimated yet.
    """
    training = [run for run in runs if run.status == "running"]
    waiting = [run for run in runs if run.status == "queued"]
    total = 0.0
    for run in training:
        rest = left.get(run.id)
        if rest is None:
            return None
        total += rest
    if not waiting:
        return total
    one = _one_seed(store, runs, left)
    if one is None:
        return None
    order = queue.waiting_order(store, waiting[0].device)
    last = max(waiting, key=lambda run: order.index(run.id) if run.id in order else -1)
    own = {run.id for run in runs}
    others = [run_id for run_id in queue.ahead_of(store, last) if run_id not in own]
    theirs = waiting_seconds(store, others) if others else 0.0
    return None if theirs is None else total + one * len(waiting) + theirs


def _one_seed(
    store: RunStore, runs: Sequence[RunRecord], left: Mapping[str, float | None]
) -> float | None:
    """Return what one whole run of the group takes: as its own runs show, else as others did."""
    done = [run.total_seconds for run in runs if run.status == "finished"]
    if done:
        return fmean(done)
    going = [
        run.total_seconds + rest
        for run in runs
        if run.status == "running" and (rest := left.get(run.id)) is not None
    ]
    if going:
        return fmean(going)
    run = runs[0]
    return estimate_seconds(store, run.recipe, run.config, run.device, source=run.dataset.source)
