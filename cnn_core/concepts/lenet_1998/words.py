"""What the parts of the experiment are called, and differences in words."""

from collections.abc import Mapping
from types import MappingProxyType

from cnn_core.results.trials import Spread

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "1998": "LeNet-5 of 1998",
        "relu": "ReLU for tanh",
        "max-pool": "max pooling for trained averages",
        "softmax": "softmax for RBF outputs",
        "full-c3": "full C3 for table I",
        "today": "all four of today's",
    }
)
"""Of the networks, by arm."""


def points(difference: Spread) -> str:
    """Return a difference of errors in words, with its interval where there is one.

    >>> points(Spread(mean=-1.25, interval=(-2.0, -0.5), values={0: -1.0, 1: -1.5}))
    '-1.2 percentage points (95 % interval -2.0 to -0.5)'
    """
    return f"{signed(difference.mean, 1)} percentage points{_interval(difference, 1)}"


def steps(difference: Spread) -> str:
    """Return a difference of steps in words, with its interval where there is one.

    >>> steps(Spread(mean=20.0, interval=None, values={0: 20.0}))
    '+20 steps (one seed: no interval)'
    """
    return f"{signed(difference.mean, 0)} steps{_interval(difference, 0)}"


def signed(value: float, digits: int) -> str:
    """Return a number with its sign; nought has none.

    >>> signed(-0.04, 1), signed(0.06, 1)
    ('0.0', '+0.1')
    """
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text


def _interval(difference: Spread, digits: int) -> str:
    if difference.interval is None:
        return " (one seed: no interval)"
    low, high = (signed(end, digits) for end in difference.interval)
    return f" (95 % interval {low} to {high})"


def listed(names: list[str]) -> str:
    """Return names joined for a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def capital(sentence: str) -> str:
    """Return a sentence with a capital first letter, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]
