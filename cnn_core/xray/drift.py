"""The watch over drift: do the cases that come in still look like those that the model knows?

Windows of consecutive cases, each patient once, are held against a reference in eight ways; one
level over all of them by Holm's correction; an alarm takes two changed windows in a row. Drift
shows change, not harm: what a change means, reviewers' labels say. Pure and seeded, for any thread.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.wording import counted, listed
from cnn_core.errors import DataError
from cnn_core.results.monitoring import (
    WINDOW,
    DriftReport,
    DriftSample,
    DriftWindow,
    LoggedCase,
)
from cnn_core.results.triage import PROJECTION
from cnn_core.xray.drift_tests import FEWEST, window_tests

LEVEL = 0.01
"""Of a window, over all its tests."""
FEWEST_REFERENCE = 200
"""Films below which nothing is compared."""
LOCAL_REFERENCE = 300
"""Patients of a machine whose first cases may take the place of the model's own reference."""

_MODEL = "the model's own reference"


def sample_of(cases: Sequence[LoggedCase]) -> DriftSample:
    """Return logged cases as the watch sees them, in their order.

    >>> sample_of([]).projections.shape
    (0, 16)
    """

    def column(name: str) -> NDArray[np.float64]:
        values = [getattr(case, name) for case in cases]
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    nothing = (np.nan,) * PROJECTION
    return DriftSample(
        scores=column("score"),
        distances=column("gate_distance"),
        brightness=column("brightness"),
        contrast=column("contrast"),
        projections=np.array(
            [case.projection if len(case.projection) == PROJECTION else nothing for case in cases],
            dtype=np.float32,
        ).reshape(len(cases), PROJECTION),
        referred=np.array([case.decision != "routine" for case in cases], dtype=np.bool_),
        refused=np.array([case.decision == "refused" for case in cases], dtype=np.bool_),
    )


def taken(sample: DriftSample, places: NDArray[np.int64]) -> DriftSample:
    """Return the cases of a sample at these places."""
    return DriftSample(
        scores=sample.scores[places],
        distances=sample.distances[places],
        brightness=sample.brightness[places],
        contrast=sample.contrast[places],
        projections=sample.projections[places],
        referred=sample.referred[places],
        refused=sample.refused[places],
    )


def first_of_each(patients: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of the first case of each patient, ascending.

    >>> first_of_each(["a", "b", "a"]).tolist()
    [0, 1]
    """
    seen: dict[str, int] = {}
    for place, patient in enumerate(patients):
        seen.setdefault(patient, place)
    return np.array(list(seen.values()), dtype=np.int64)


def watch(
    reference: DriftSample,
    cases: Sequence[LoggedCase] | DriftSample,
    *,
    window: int = WINDOW,
    level: float = LEVEL,
    seed: int = 0,
    named: str = _MODEL,
    skip: int = 0,
) -> DriftReport:
    """Return what each whole window of consecutive cases says against the reference.

    Args:
        reference: films that the model was not trained on, or the first cases of the machine; each
            patient once. At least `FEWEST_REFERENCE`. Of films that the gate's limit was set on,
            fewer are refused than of others: with them, unchanged windows may count as changed.
        cases: of one model, the oldest first; of a sample each case counts as a patient.
        window: cases of a window.
        level: chance that an unchanged window counts as changed, over all its tests.
        seed: of what is drawn for null distributions: the same input gives the same report.
        named: what the reference is, for a person.
        skip: windows at the front that are not reported, and yet are numbered; the last of them is
            looked at, since an alarm takes two.

    Raises:
        DataError: the reference is too small.
        ValueError: a window below `FEWEST`, a level outside 0 to 1.
    """
    if window < FEWEST or not 0 < level < 1:
        raise ValueError(f"expected {FEWEST} cases or more and a level, got {window}, {level}.")
    known = len(reference.referred)
    if known < FEWEST_REFERENCE:
        raise DataError(
            f"The watch over drift needs a reference of at least {FEWEST_REFERENCE} films, but got "
            f"{known}.",
            hint="Wait for more cases, or take the model's own reference.",
        )
    total = len(cases.referred) if isinstance(cases, DriftSample) else len(cases)
    windows: list[DriftWindow] = []
    for first in range(max(0, skip - 1) * window, total - window + 1, window):
        seen, began, ended = _window(cases, first, window)
        tests = window_tests(reference, seen, seed=seed)
        changed = any(test.adjusted <= level for test in tests)
        windows.append(
            DriftWindow(
                number=first // window + 1,
                first=first,
                cases=len(seen.referred),
                began=began,
                ended=ended,
                tests=tests,
                changed=changed,
                alarm=changed and bool(windows) and windows[-1].changed,
            )
        )
    windows = windows[min(skip, 1) :]
    return DriftReport(
        reference=f"{named}, {counted(known, 'film')}",
        level=level,
        windows=tuple(windows),
        waiting=total % window,
        sentence=_headline(windows, total, window, level),
    )


def _window(
    cases: Sequence[LoggedCase] | DriftSample, first: int, window: int
) -> tuple[DriftSample, float, float]:
    """Return the cases of a window, each patient once, and when it began and ended."""
    if isinstance(cases, DriftSample):
        return taken(cases, np.arange(first, first + window)), 0.0, 0.0
    inside = cases[first : first + window]
    places = first_of_each([case.patient for case in inside])
    return sample_of([inside[place] for place in places]), inside[0].at, inside[-1].at


def _headline(windows: Sequence[DriftWindow], total: int, window: int, level: float) -> str:
    """Return what all windows say together."""
    if not windows:
        return f"No whole window yet: {counted(total, 'case')} of {window} have come."
    alarms = [each for each in windows if each.alarm]
    begins, ends = windows[0].number, windows[-1].number
    looked = f"{counted(len(windows), 'window')} of {window} cases"
    if begins > 1:
        which = f"windows {begins} to {ends}" if ends > begins else f"window {ends}"
        looked = f"{which}, {window} cases each"
    if not alarms:
        changed = sum(each.changed for each in windows)
        single = f" {counted(changed, 'window')} changed, no two in a row." if changed else ""
        return f"No alarm in {looked}.{single}"
    first, last = alarms[0], alarms[-1]
    names = [test.title.split(",")[0].lower() for test in first.tests if test.adjusted <= level]
    now = "" if last is windows[-1] else f" The last alarm was in window {last.number}."
    return (
        f"Alarm in window {first.number} of {looked}: it and the one before differ from the "
        f"reference ({listed(list(dict.fromkeys(names)), most=4)}).{now} Drift shows change, not "
        "harm."
    )
