"""Flags of an audit: how figures are said in their sentences, and in which order flags stand."""

from collections.abc import Sequence

from cnn_core.results.xray_audit import AuditFlag, Interval, Level

ORDER: tuple[Level, ...] = ("red", "amber", "green", "not judged")


def ordered(flags: Sequence[AuditFlag]) -> tuple[AuditFlag, ...]:
    """Return flags, the gravest first, those of one level by their part."""
    return tuple(sorted(flags, key=lambda flag: (ORDER.index(flag.level), flag.part)))


def figure(value: float) -> str:
    """Return a figure with two decimals; only all is called 1.00.

    >>> figure(0.856), figure(0.9996), figure(1.0)
    ('0.86', '0.99', '1.00')
    """
    return "0.99" if 0.99 < value < 1 else f"{value:.2f}"


def with_interval(value: float, interval: Interval) -> str:
    """Return a figure with its 95 % interval.

    >>> with_interval(0.856, (0.841, 0.87))
    '0.86 (0.84 to 0.87)'
    """
    return f"{figure(value)} ({figure(interval[0])} to {figure(interval[1])})"
