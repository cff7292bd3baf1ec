"""How a run that fails is written down, also where hardly anything more can be written.

A full disk stops a run, and its last whole checkpoint is kept: where not even the row can be
written any more, the files beside that checkpoint make room for it. Where the volume is lost, the
log has the last word, and `queue.sweep` finds the run interrupted when the volume is back.
"""

import logging

from cnn_core.errors import CnnLabError, StorageError
from cnn_core.results.events import CheckpointReady
from cnn_core.runtime import queue
from cnn_core.runtime.files import TEMPORARY
from cnn_core.runtime.room import ROOM_HINT, disk_is_full
from cnn_core.runtime.store import RunStore

DISK_FULL = "The disk is full: the run was stopped, and its last checkpoint is kept."

_log = logging.getLogger(__name__)


def write_failure(store: RunStore, run_id: str, exc: CnnLabError) -> None:
    """Write down that `exc` ended the run: "stopped" by a full disk, else "failed".

    Raises nothing: where the row cannot be written at all, the log says so.
    """
    status, error, hint = "failed", exc.message, exc.hint
    if disk_is_full(exc):
        status, error, hint = "stopped", DISK_FULL, ROOM_HINT
    try:
        try:
            queue.end(store, run_id, status, error=error, hint=hint)
        except StorageError:
            _keep_the_last_checkpoint_alone(store, run_id)
            queue.end(store, run_id, status, error=error, hint=hint)
    except CnnLabError as again:
        _log.error("%s ended (%s) and it cannot be written down: %s", run_id, error, again.message)


def _keep_the_last_checkpoint_alone(store: RunStore, run_id: str) -> None:
    """Remove the run's other checkpoints, and half-written files."""
    saved = [event for _, event in store.events(run_id) if isinstance(event, CheckpointReady)]
    kept = saved[-1].file if saved else ""
    folder = store.run_folder(run_id)
    for path in [*folder.glob("checkpoint-*"), *folder.glob(f"{TEMPORARY}*")]:
        if path.name != kept:
            path.unlink(missing_ok=True)
