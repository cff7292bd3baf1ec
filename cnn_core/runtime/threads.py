"""How many threads a run trains with, and how they wait for each other.

torch's OpenMP threads by default spin while they wait for the next piece of work. On a machine that
does anything else besides, the spinning thread takes the core that its own team waits for: two
threads beside other load trained 490 images/s spinning and 4,500 to 7,500 sleeping; on a quiet
machine sleeping at once costs more than half of the pace, so they spin for some microseconds first
(docs/decisions/0003-training-threads-wait-passively.md). Whoever loads torch to train therefore
calls `wait_passively` before: OpenMP reads its settings once, as it is loaded.
"""

import os
from collections.abc import MutableMapping

from cnn_core.runtime.place import find_place

_WAITING = "OMP_WAIT_POLICY"
_SPINNING = "GOMP_SPINCOUNT"
_SPINS = "1000"  # some microseconds: the gap between two pieces of a step, no more
_MOST_THREADS = 16


def wait_passively(environment: MutableMapping[str, str]) -> None:
    """Let OpenMP's threads soon sleep while they wait, unless `environment` says how to wait.

    >>> environment: dict[str, str] = {}
    >>> wait_passively(environment)
    >>> environment
    {'OMP_WAIT_POLICY': 'PASSIVE', 'GOMP_SPINCOUNT': '1000'}
    """
    if _WAITING not in environment:
        environment[_WAITING] = "PASSIVE"
        environment.setdefault(_SPINNING, _SPINS)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def training_threads() -> int:
    """Return how many threads a run uses: all cores of a small machine, all but one of a larger.

    Two threads at low priority on two cores leave the page as quick as idle. At most sixteen.
    Processes that torchrun started share them.
    """
    cores = usable_cores()
    threads = cores if cores <= 2 else min(cores - 1, _MOST_THREADS)
    return max(1, threads // find_place().local_world_size)
