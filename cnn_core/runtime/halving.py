"""When memory runs out in a run's first epoch, its batch is halved, once.

A run begun anew with half the batch is a run of that batch size, so nothing about its curve has to
be explained; its row says what happened ("batch halved", beside the versions it was trained with).
Later than the first epoch nothing is thrown away: the run fails with its checkpoint and the advice.
"""

import dataclasses
import gc
import logging
import re

import torch
import torch.distributed

from cnn_core.results.runs import RunRecord
from cnn_core.runtime.checkpoints import sweep_checkpoints
from cnn_core.runtime.database import transaction
from cnn_core.runtime.rows import to_json
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.training.state import Progress

NOTE = "batch halved"
_NO_MEMORY = re.compile(r"can't allocate memory|not enough memory|out of memory")

_log = logging.getLogger(__name__)


def out_of_memory(exc: BaseException) -> bool:
    """Whether memory ran out: torch has a class for it on GPUs, and only words on the CPU.

    >>> out_of_memory(torch.OutOfMemoryError("CUDA out of memory")), out_of_memory(KeyError())
    (True, False)
    """
    if isinstance(exc, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(exc, RuntimeError) and _NO_MEMORY.search(str(exc)) is not None


def may_halve(store: RunStore, run_id: str) -> bool:
    """Whether this run can begin anew with half the batch: alone, in its first epoch, once."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return False
    run = store.get(run_id)
    return run.config.batch_size > 1 and not run.epochs_done and NOTE not in run.provenance


def halve_batch(store: RunStore, record: RunRecord) -> RunRecord:
    """Make the run one of half the batch that has not begun; return it.

    Call it when the exception is gone: its frames hold the tensors that did not fit.
    """
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    before = record.config.batch_size
    config = dataclasses.replace(record.config, batch_size=before // 2)
    asked = RunRequest(
        recipe=record.recipe,
        preset=record.preset,
        config=config,
        dataset=record.dataset,
        device=record.device,
        owner=record.owner,
        provenance=record.provenance,
    )
    note = f"from {before} to {config.batch_size}: memory ran out after {record.steps_done:,} steps"
    store.drop_events_after(record.id, 0)
    sweep_checkpoints(store.run_folder(record.id), Progress())
    with transaction(store.database) as db:
        db.execute(
            "UPDATE runs SET config = ?, same_key = ?, preset = 'custom' WHERE id = ?",
            (to_json(config), asked.same_key, record.id),
        )
    store.add_provenance(record.id, NOTE, note)
    _log.warning("%s: the batch is halved %s; the run begins anew", record.id, note)
    return store.get(record.id)
