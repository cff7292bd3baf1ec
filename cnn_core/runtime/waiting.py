"""What everybody who waits is told: how many runs come before, and for how long.

One look at the store answers for the whole queue, in the order in which `queue.claim` serves it.
"""

from dataclasses import dataclass

from cnn_core.results.runs import ACTIVE
from cnn_core.runtime import queue
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import seconds_left


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What comes before a queued run.

    Attributes:
        ahead: how many runs, the running one counted.
        seconds: how long they will take together; None if one of them cannot be estimated.
    """

    ahead: int
    seconds: float | None


def waits(store: RunStore) -> dict[str, Wait]:
    """Return what each queued run waits for, by id."""
    active = store.list(statuses=ACTIVE, limit=-1)
    left = seconds_left(store, active)
    found: dict[str, Wait] = {}
    for device in {run.device for run in active if run.status == "queued"}:
        running = [run.id for run in active if run.status == "running" and run.device == device]
        seconds: float | None = 0.0
        served = [*running, *queue.waiting_order(store, device)]
        for ahead, run_id in enumerate(served):
            if run_id not in running:
                found[run_id] = Wait(ahead=ahead, seconds=seconds)
            own = left.get(run_id, 0.0)
            seconds = None if seconds is None or own is None else seconds + own
    return found
