"""How blocks and differences are said."""

from cnn_core.concepts.stacked_kernels.shapes import FIELDS, stack_length
from cnn_core.results.trials import Spread

_NUMBERS = {2: "two", 3: "three"}


def stack_name(field: str) -> str:
    """Return what a stack is called.

    >>> stack_name("7x7")
    'three 3x3'
    """
    return f"{_NUMBERS[stack_length(FIELDS[field])]} 3x3"


def large_name(field: str) -> str:
    """Return what the large convolution is called.

    >>> large_name("5x5")
    'one 5x5'
    """
    return f"one {field}"


def percent(share: float) -> str:
    """Return a share of 0 to 1.

    >>> percent(0.4625)
    '46.2 %'
    """
    return f"{100 * share:.1f} %"


def points(difference: float) -> str:
    """Return a difference of shares in points.

    >>> points(-0.0213)
    '-2.1 points'
    """
    return f"{_signed(100 * difference, 1)} points"


def interval(found: Spread, digits: int = 1) -> str:
    """Return the interval of a difference: of shares in points, of a loss (2 digits) as it is.

    >>> interval(Spread(mean=0.01, interval=(-0.002, 0.022), values={0: 0.0, 1: 0.02}))
    ' (95 %: -0.2 to +2.2)'
    >>> interval(Spread(mean=0.01, interval=None, values={0: 0.01}))
    ''
    """
    if found.interval is None:
        return ""
    scale = 100 if digits == 1 else 1
    low, high = (_signed(scale * end, digits) for end in found.interval)
    return f" (95 %: {low} to {high})"


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text


def fewer(few: int, many: int) -> str:
    """Return how many weights fewer, of the larger number.

    >>> fewer(4_608, 6_400)
    '28 % fewer'
    """
    return f"{100 * (1 - few / many):.0f} % fewer"
