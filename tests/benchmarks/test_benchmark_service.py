"""What benchmarks/service.py makes of a rush: figures as they were measured."""

import pytest

from benchmarks.service import _rates


def test_a_rush_is_measured_in_parts_one_after_the_other():
    """100 films: the first half at 10 a second, the other at 5; nothing is counted twice."""
    first = [0.1 * n for n in range(51)]
    answered = first + [first[-1] + 0.2 * n for n in range(1, 51)]
    rates = _rates(answered)
    assert rates == pytest.approx([10] * 10 + [5] * 10)


def test_a_short_rush_has_a_part_for_each_film():
    assert _rates([0.0, 0.5, 1.5]) == pytest.approx([2.0, 1.0])
