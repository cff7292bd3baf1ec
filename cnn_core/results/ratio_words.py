"""A ratio of two sizes as a person reads it before a noun, from a trillionth to a thousand."""

import math

_FRACTION, _POWER = 1e-2, 1e-7
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Of `str.translate`: the digits of a power."""


def times(ratio: float) -> str:
    """Return a ratio, to two digits.

    >>> times(23.2), times(0.0305), times(2.58e-7), times(2.46e-12)
    ('23 times', '0.03 times', '1/3,900,000 of', '2.5 × 10⁻¹² times')
    """
    if 0 < ratio < _POWER:
        power = math.floor(math.log10(ratio))
        return f"{ratio / 10.0**power:.2g} × 10{str(power).translate(RAISED)} times"
    if 0 < ratio < _FRACTION:
        parts = 1 / ratio
        return f"1/{round(parts, 1 - math.floor(math.log10(parts))):,.0f} of"
    return f"{ratio:,.0f} times" if ratio >= 100 else f"{ratio:.2g} times"
