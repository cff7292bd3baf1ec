"""Taking turns: A B A B ..., so that what else the machine does hits every side alike."""

from collections.abc import Callable, Mapping


def take_turns(sides: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Call every side once a round, for `repeats` rounds; return each side's samples.

    Every other round goes backwards, so that no side is always the one after a pause.

    >>> order = []
    >>> sides = {name: lambda name=name: float(order.append(name) or 1) for name in "ab"}
    >>> take_turns(sides, 2)
    {'a': [1.0, 1.0], 'b': [1.0, 1.0]}
    >>> order
    ['a', 'b', 'b', 'a']
    """
    samples: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(repeats):
        for name in reversed(sides) if turn % 2 else sides:
            samples[name].append(sides[name]())
    return samples
