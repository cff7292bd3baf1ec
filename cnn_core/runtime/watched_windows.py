"""Windows of logged cases under numbers that stay, and the watch over drift over them.

A window is a hundred cases by their own numbers, not by how many are read: it is the same window
whatever comes after it and whatever is purged before it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from cnn_core.data.pictures.wording import counted
from cnn_core.results.monitoring import WINDOW, DriftReport, DriftSample, LoggedCase
from cnn_core.xray.drift import watch

MOST_WINDOWS = 50
"""That the watch over drift looks at: the last ones."""


class NumberedWindow(NamedTuple):
    """A hundred cases of a model whose numbers follow each other, the same hundred for good.

    Attributes:
        number: from 1: window k has the cases 100 k - 99 to 100 k.
        cases: in the order of their numbers.
    """

    number: int
    cases: Sequence[LoggedCase]


def windows_of(cases: Sequence[LoggedCase]) -> tuple[NumberedWindow, ...]:
    """Return each window of which all cases are there, by case number.

    Args:
        cases: of one model, in the order of their numbers.
    """
    windows: dict[int, list[LoggedCase]] = {}
    for case in cases:
        windows.setdefault((case.number - 1) // WINDOW + 1, []).append(case)
    return tuple(
        NumberedWindow(number, inside)
        for number, inside in windows.items()
        if number > 0 and len(inside) == WINDOW
    )


def to_watch(cases: Sequence[LoggedCase], after: int = 0) -> tuple[NumberedWindow, ...]:
    """Return the last whole windows in a row: those reported, and one before them.

    An alarm takes two windows, so one whose predecessor is no longer in the log is not reported: an
    alarm that was seen does not go away for that.

    Args:
        cases: of one model, in the order of their numbers.
        after: number of the last case of a reference that is of these cases; 0: it is not.
    """
    there = windows_of(cases)
    gaps = [
        place
        for place, (before, each) in enumerate(pairwise(there), start=1)
        if each.number != before.number + 1
    ]
    begins = -(-after // WINDOW)  # the window that the reference ends in
    row = [each for each in there[max(gaps, default=0) :] if each.number >= begins]
    return tuple(row[-MOST_WINDOWS - 1 :])


def watched(
    reference: DriftSample, windows: Sequence[NumberedWindow], *, named: str
) -> DriftReport:
    """Return what the watch over drift says of windows, under their own numbers.

    Args:
        reference: what they are held against.
        windows: of `to_watch`.
        named: what the reference is, for a person.

    Raises:
        DataError: the reference is too small.
    """
    if not windows:
        return watch(reference, [], named=named)
    first, last = windows[0], windows[-1]
    gone = [first.cases[0]] * ((first.number - 1) * WINDOW)  # hold the places, are not looked at
    cases = gone + [case for window in windows for case in window.cases]
    skipped = max(first.number if first.number > 1 else 0, last.number - MOST_WINDOWS)
    return watch(reference, cases, named=named, skip=skipped)


def with_waiting(
    report: DriftReport, windows: Sequence[NumberedWindow], last: int, *, here: bool = False
) -> DriftReport:
    """Return a report that knows how many cases have come since its last window.

    Args:
        report: of `watched`.
        windows: that it is about.
        last: number of the last case.
        here: whether the reference is of these cases.
    """
    report = replace(report, waiting=last % WINDOW)
    if report.windows:
        return report
    if here:
        said = "No whole window has come after the reference yet."
    elif last >= WINDOW:
        said = "No window to compare: fewer than two whole ones in a row are in the log."
    else:
        said = f"No whole window yet: {counted(last, 'case')} of {WINDOW} have come."
    return replace(report, sentence=said)
