"""In which order a queue is served: a pure function, for who claims the next run and who says when.

Round-robin between owners: next is the oldest run of the owner who was served least recently, so
that an owner who queues a hundred runs holds nobody up by more than one.
"""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Waiting:
    """A queued run: since when (seconds since 1970), its id, and whose it is."""

    queued: float
    id: str
    owner: str


def serving_order(waiting: Iterable[Waiting], served: Mapping[str, float]) -> list[str]:
    """Return the ids in the order in which the runs of one device are served.

    Args:
        waiting: the queued runs, in any order.
        served: when an owner last had a turn; who is missing never had one.

    >>> ada = [Waiting(queued=n, id=f"ada-{n}", owner="ada") for n in range(3)]
    >>> bob = Waiting(queued=9, id="bob-9", owner="bob")
    >>> serving_order([*ada, bob], {"ada": 5.0})
    ['bob-9', 'ada-0', 'ada-1', 'ada-2']
    """
    queues: dict[str, list[Waiting]] = {}
    for run in waiting:
        queues.setdefault(run.owner, []).append(run)
    for queue in queues.values():
        queue.sort(reverse=True)  # the oldest at the end
    turn = max(served.values(), default=0.0)  # not the clock, which may have been set back
    heads = [(served.get(owner, 0.0), queue.pop()) for owner, queue in queues.items()]
    heapq.heapify(heads)
    order: list[str] = []
    while heads:
        run = heads[0][1]
        order.append(run.id)
        turn += 1.0
        if queues[run.owner]:
            heapq.heapreplace(heads, (turn, queues[run.owner].pop()))
        else:
            heapq.heappop(heads)
    return order
