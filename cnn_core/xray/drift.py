"""The watch over drift: do the cases that come in still look like those that the model knows?

Windows of consecutive cases, each patient once, are held against a reference in eight ways; one
level over all of them by Holm's correction; an alarm takes two changed windows in a row. Drift
shows change, not harm: what a change means, reviewers' labels say. Pure and seeded, for any thread.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.wording import counted, listed
from cnn_core.errors import DataError
from cnn_core.results.chance import percent
from cnn_core.results.monitoring import (
    WINDOW,
    DriftReport,
    DriftSample,
    DriftTest,
    DriftWindow,
    LoggedCase,
)
from cnn_core.results.triage import PROJECTION
from cnn_core.xray.drift_kernel import discrepancy_test
from cnn_core.xray.drift_null import holm, index_test, rate_test, two_sample, usual_index

LEVEL = 0.01
"""Of a window, over all its tests."""
FEWEST_REFERENCE = 200
"""Films below which nothing is compared."""
LOCAL_REFERENCE = 300
"""First cases of a machine that may take the place of the model's own reference."""
FEWEST = 20
"""Cases of a window below which a test is not judged."""

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


def first_cases(
    cases: Sequence[LoggedCase], films: int = LOCAL_REFERENCE
) -> tuple[DriftSample, Sequence[LoggedCase]] | None:
    """Return the first cases of a machine as a reference, and the cases after them.

    Args:
        cases: of one model, the oldest first.
        films: so many, each patient once.

    Returns:
        None where there are not so many patients yet.
    """
    places = first_of_each([case.patient for case in cases])[:films]
    if len(places) < films:
        return None
    return sample_of([cases[place] for place in places]), cases[int(places[-1]) + 1 :]


def watch(
    reference: DriftSample,
    cases: Sequence[LoggedCase] | DriftSample,
    *,
    window: int = WINDOW,
    level: float = LEVEL,
    seed: int = 0,
    named: str = _MODEL,
) -> DriftReport:
    """Return what each whole window of consecutive cases says against the reference.

    Args:
        reference: films that nothing was fitted on, or the first cases of the machine; each patient
            once. At least `FEWEST_REFERENCE`.
        cases: of one model, the oldest first; of a sample each case counts as a patient.
        window: cases of a window.
        level: chance that an unchanged window counts as changed, over all its tests.
        seed: of what is drawn for null distributions: the same input gives the same report.
        named: what the reference is, for a person.

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
    sample = cases if isinstance(cases, DriftSample) else sample_of(cases)
    logged = () if isinstance(cases, DriftSample) else cases
    total = len(sample.referred)
    windows: list[DriftWindow] = []
    for number, first in enumerate(range(0, total - window + 1, window), start=1):
        inside = logged[first : first + window]
        places = np.arange(first, first + window)
        if inside:
            places = first + first_of_each([case.patient for case in inside])
        tests = _tests(reference, taken(sample, places), seed)
        changed = any(test.adjusted <= level for test in tests)
        windows.append(
            DriftWindow(
                number=number,
                first=first,
                cases=len(places),
                began=inside[0].at if inside else 0.0,
                ended=inside[-1].at if inside else 0.0,
                tests=tests,
                changed=changed,
                alarm=changed and bool(windows) and windows[-1].changed,
            )
        )
    return DriftReport(
        reference=f"{named}, {counted(known, 'film')}",
        level=level,
        windows=tuple(windows),
        waiting=total % window,
        sentence=_headline(windows, total, window, level),
    )


def _tests(reference: DriftSample, seen: DriftSample, seed: int) -> tuple[DriftTest, ...]:
    """Return all looks at one window, corrected together."""
    found = [
        _index(reference.scores, seen.scores, seed),
        _two_sample("score", "Triage score", reference.scores, seen.scores),
        _two_sample("distance", "Distance to known films", reference.distances, seen.distances),
        _two_sample("brightness", "Raw brightness", reference.brightness, seen.brightness),
        _two_sample("contrast", "Raw contrast", reference.contrast, seen.contrast),
        _discrepancy(reference.projections, seen.projections, seed),
        _rate("referral-rate", "Referral rate", reference.referred, seen.referred),
        _rate("gate-rate", "Refusal rate", reference.refused, seen.refused),
    ]
    adjusted = holm([test.p for test in found])
    return tuple(
        replace(test, adjusted=float(each)) for test, each in zip(found, adjusted, strict=True)
    )


def _test(code: str, title: str, statistic: float, p: float, sentence: str) -> DriftTest:
    return DriftTest(
        code=code, title=title, statistic=statistic, p=p, adjusted=1.0, sentence=sentence
    )


def _unjudged(code: str, title: str, known: int, seen: int) -> DriftTest:
    return _test(
        code,
        title,
        float("nan"),
        1.0,
        f"Not judged: {counted(seen, 'case')} of the window and {known:,} of the reference have "
        f"this figure, and {FEWEST} of each are needed.",
    )


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.isfinite(values)]


def _index(reference: NDArray[np.float64], window: NDArray[np.float64], seed: int) -> DriftTest:
    code, title = "psi-score", "Triage score, population stability index"
    known, seen = _finite(reference), _finite(window)
    if min(len(known), len(seen)) < FEWEST:
        return _unjudged(code, title, len(known), len(seen))
    index, p = index_test(known, seen, seed=seed)
    usual = usual_index(known, len(seen), seed=seed)
    return _test(
        code,
        title,
        index,
        p,
        f"The index is {index:.2f}; 99 of 100 unchanged windows of {counted(len(seen), 'case')} "
        f"stay at or below {usual:.2f}.",
    )


def _two_sample(
    what: str, title: str, reference: NDArray[np.float64], window: NDArray[np.float64]
) -> DriftTest:
    code, whole = f"ks-{what}", f"{title}, Kolmogorov-Smirnov"
    known, seen = _finite(reference), _finite(window)
    if min(len(known), len(seen)) < FEWEST:
        return _unjudged(code, whole, len(known), len(seen))
    statistic, p = two_sample(known, seen)
    return _test(
        code,
        whole,
        statistic,
        p,
        f"The shares below a value differ by up to {statistic:.2f}; the median is "
        f"{np.median(seen):.3g}, that of the reference {np.median(known):.3g}.",
    )


def _discrepancy(
    reference: NDArray[np.float32], window: NDArray[np.float32], seed: int
) -> DriftTest:
    code, title = "mmd", "Embeddings, maximum mean discrepancy"
    known, seen = (each[np.isfinite(each).all(axis=1)] for each in (reference, window))
    if min(len(known), len(seen)) < FEWEST:
        return _unjudged(code, title, len(known), len(seen))
    value, p = discrepancy_test(known, seen, seed=seed)
    return _test(
        code,
        title,
        value,
        p,
        f"The squared discrepancy is {value:.4f}; of unchanged windows it is 0 on average.",
    )


def _rate(
    code: str, title: str, reference: NDArray[np.bool_], window: NDArray[np.bool_]
) -> DriftTest:
    known, m, seen, n = int(reference.sum()), len(reference), int(window.sum()), len(window)
    return _test(
        code,
        title,
        seen / n,
        rate_test(known, m, seen, n),
        f"{seen} of {n} cases ({percent(seen / n)}); of the reference {known:,} of {m:,} "
        f"({percent(known / m)}).",
    )


def _headline(windows: Sequence[DriftWindow], total: int, window: int, level: float) -> str:
    """Return what all windows say together."""
    if not windows:
        return f"No whole window yet: {counted(total, 'case')} of {window} have come."
    alarms = [each for each in windows if each.alarm]
    looked = f"{counted(len(windows), 'window')} of {window} cases"
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
