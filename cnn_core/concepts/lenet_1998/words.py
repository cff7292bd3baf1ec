"""What the parts of the experiment are called, and differences in words."""

from collections.abc import Mapping
from types import MappingProxyType

from cnn_core.results.trial_words import difference
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


def points(found: Spread) -> str:
    """Return a difference of errors in words, with its interval where there is one.

    >>> points(Spread(mean=-1.25, interval=(-2.0, -0.5), values={0: -1.0, 1: -1.5, 2: -1.25}))
    '-1.2 percentage points (95 %: -2.0 to -0.5)'
    """
    return difference(found, "percentage points", scale=1)


def steps(found: Spread) -> str:
    """Return a difference of steps in words, with its interval where there is one.

    >>> steps(Spread(mean=20.0, interval=None, values={0: 20.0}))
    '+20 steps (one seed, no interval)'
    """
    return difference(found, "steps", scale=1, digits=0)


def capital(sentence: str) -> str:
    """Return a sentence with a capital first letter, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]
