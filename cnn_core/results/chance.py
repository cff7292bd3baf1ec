"""What chance explains: intervals and tests of counts, and how shares are said.

Pure functions over numbers. Refused (`ValueError`: a bug in the caller): counts that cannot be.
"""

import math

from cnn_core.results.judgement import Interval
from cnn_core.results.metrics import wilson_interval


def difference_interval(
    first: tuple[float, float], second: tuple[float, float], confidence: float = 0.95
) -> Interval:
    """Return the interval of the difference of two independent shares, first minus second.

    Args:
        first: how many of how many.
        second: likewise, of other pictures.
        confidence: 0 to 1, both excluded.

    Raises:
        ValueError: counts that cannot be, `confidence` outside 0 to 1.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent
    proportions", Statistics in Medicine 17 (1998), 873-890, method 10.

    >>> low, high = difference_interval((56, 70), (48, 80))
    >>> round(low, 4), round(high, 4)  # Newcombe's table II, contrast (a)
    (0.0524, 0.3339)
    """
    low_1, high_1 = wilson_interval(*first, confidence)
    low_2, high_2 = wilson_interval(*second, confidence)
    share_1, share_2 = first[0] / first[1], second[0] / second[1]
    below = math.hypot(share_1 - low_1, high_2 - share_2)
    above = math.hypot(high_1 - share_1, share_2 - low_2)
    return share_1 - share_2 - below, share_1 - share_2 + above


def paired_interval(
    both: int, first: int, second: int, neither: int, confidence: float = 0.95
) -> Interval:
    """Return the interval of the difference of two shares of the same trials, first minus second.

    Args:
        both: how many trials succeeded on both sides.
        first: on the first side alone.
        second: on the second side alone.
        neither: on none.
        confidence: 0 to 1, both excluded.

    Raises:
        ValueError: no trials or counts below 0, `confidence` outside 0 to 1.

    Source: R. G. Newcombe, "Improved confidence intervals for the difference between binomial
    proportions based on paired data", Statistics in Medicine 17 (1998), 2635-2650, method 10.

    >>> low, high = paired_interval(36, 12, 2, 0)
    >>> round(low, 4), round(high, 4)  # Newcombe's table III
    (0.0569, 0.3404)
    """
    n = both + first + second + neither
    if min(both, first, second, neither) < 0:
        raise ValueError(f"expected counts, but got {(both, first, second, neither)}.")
    low_1, high_1 = wilson_interval(both + first, n, confidence)
    low_2, high_2 = wilson_interval(both + second, n, confidence)
    share_1, share_2 = (both + first) / n, (both + second) / n
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    product = float(both * neither - first * second)
    if product > 0:
        product = max(product - n / 2, 0.0)  # the continuity correction of method 10
    phi = product / math.sqrt(margins) if margins else 0.0

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one**2 - 2 * phi * one * other + other**2))

    below = reach(share_1 - low_1, high_2 - share_2)
    above = reach(high_1 - share_1, share_2 - low_2)
    return share_1 - share_2 - below, share_1 - share_2 + above


def sign_test(won: int, lost: int) -> float:
    """Return how likely so uneven a score is where both sides are equally good (two-sided), 0 to 1.

    Of two classifiers on the same pictures: McNemar's test in its exact form (Q. McNemar, "Note on
    the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12 (1947), 153-157), over the pictures that one of them alone gets right.

    >>> round(sign_test(9, 1), 4), sign_test(3, 3), sign_test(0, 0)
    (0.0215, 1.0, 1.0)
    """
    if won < 0 or lost < 0:
        raise ValueError(f"expected counts of at least 0, but got {won} and {lost}.")
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(won, lost), won + lost, 0.5))) if won + lost else 1.0


def at_least(successes: int, n: int, share: float) -> float:
    """Return how likely at least so many of `n` are where each succeeds with `share`, 0 to 1.

    >>> round(at_least(9, 10, 0.5), 4), at_least(0, 10, 0.5)
    (0.0107, 1.0)
    """
    if not 0 <= successes <= n or not 0 <= share <= 1:
        raise ValueError(f"expected 0 <= successes <= n, but got {successes} of {n} at {share}.")
    from scipy.special import bdtrc

    return float(bdtrc(successes - 1, n, share)) if successes else 1.0


def percent(share: float) -> str:
    """Return a share (0 to 1) in whole percent; near the ends with a decimal.

    Only all of it is called 100 %, only none 0 %.

    >>> percent(0.891), percent(0.9951), percent(0.9999), percent(1.0), percent(0.0004)
    ('89 %', '99.5 %', '99.9 %', '100 %', '0.1 %')
    """
    hundredths = 100 * share
    if share in (0, 1) or 1 <= hundredths <= 99:
        return f"{hundredths:.0f} %"
    return f"{min(max(hundredths, 0.1), 99.9):.1f} %"


def span(interval: Interval) -> str:
    """Return an interval of shares.

    >>> span((0.819, 0.936))
    '82 to 94 %'
    """
    return f"{percent(interval[0]).removesuffix(' %')} to {percent(interval[1])}"


def points(interval: Interval) -> str:
    """Return an interval of differences of shares in percentage points, at most one decimal.

    >>> points((0.0524, 0.3339)), points((-0.004, 0.02))
    ('5.2 to 33.4 points', '-0.4 to 2 points')
    """
    low, high = (f"{100 * end:.1f}".removesuffix(".0") for end in interval)
    return f"{'0' if low == '-0' else low} to {'0' if high == '-0' else high} points"
