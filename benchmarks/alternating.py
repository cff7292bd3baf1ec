"""Taking turns: A B A B ..., so that what else the machine does hits every side alike."""

import sys
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

Side = TypeVar("Side", bound=Hashable)


def take_turns(
    measure: Callable[[Side], float], sides: Sequence[Side], repeats: int
) -> dict[Side, list[float]]:
    """Measure every side once a round, for `repeats` rounds; return each side's samples.

    Every other round goes backwards, so that no side is always the first.

    >>> order = []
    >>> take_turns(lambda side: float(order.append(side) or len(order)), "ab", 2)
    {'a': [1.0, 4.0], 'b': [2.0, 3.0]}
    >>> order
    ['a', 'b', 'b', 'a']
    """
    samples: dict[Side, list[float]] = {side: [] for side in sides}
    for turn in range(repeats):
        for side in reversed(sides) if turn % 2 else sides:
            samples[side].append(measure(side))
        print(f"  round {turn + 1} of {repeats}", file=sys.stderr, flush=True)
    return samples
