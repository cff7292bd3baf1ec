"""How blocks are said."""

from cnn_core.concepts.stacked_kernels.shapes import FIELDS, stack_length

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


def fewer(few: int, many: int) -> str:
    """Return how many weights fewer, of the larger number.

    >>> fewer(4_608, 6_400)
    '28 % fewer'
    """
    return f"{100 * (1 - few / many):.0f} % fewer"
