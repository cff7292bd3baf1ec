"""Figures of a chest X-ray study in words: never a bare percentage, never without an interval.

Pure; what comes from outside (names of classes and levels) is not escaped here.
"""

from collections.abc import Mapping, Sequence

from cnn_core.results.xray_evaluation import Interval, Measured
from cnn_core.results.xray_plan import resembles
from cnn_core.results.xray_study import StudyResult

_UNSEEN = "unseen hospital"


def figure(value: float) -> str:
    """Return a figure with two decimals; only all is called 1, only nothing 0.

    >>> figure(0.9182), figure(0.9996), figure(1.0), figure(-0.304), figure(0.0004)
    ('0.92', '0.999', '1.00', '-0.30', '0.0004')
    """
    if value in (0, 1) or 0.005 <= abs(value) < 0.995 or abs(value) > 1:
        return f"{value:.2f}"
    if abs(value) < 0.005:
        return f"{value:.1g}"
    return f"{min(value, 0.999):.3f}" if value > 0 else f"{max(value, -0.999):.3f}"


def between(interval: Interval) -> str:
    """Return an interval.

    >>> between((0.88, 0.941))
    '0.88 to 0.94'
    """
    return f"{figure(interval[0])} to {figure(interval[1])}"


def measured(found: Measured) -> str:
    """Return a figure with its 95 % interval, or why there is none.

    >>> measured(Measured(value=0.91, interval=(0.88, 0.94), films=90, patients=80, method=""))
    '0.91 (0.88 to 0.94)'
    >>> none = {"value": None, "interval": None, "films": 9, "patients": 7, "method": ""}
    >>> measured(Measured(**none, note="too few: 7 patients"))
    'too few: 7 patients'
    """
    if found.value is None:
        return found.note or "not defined"
    if found.interval is None:
        return figure(found.value) + (f" ({found.note})" if found.note else "")
    return f"{figure(found.value)} ({between(found.interval)})"


def labelled(label: str) -> str:
    """Return which films a class stands for, as an axis or a legend names them.

    >>> labelled("covid19"), labelled("normal")
    ('COVID-19-labelled films', 'normal-labelled films')
    """
    return resembles(label).removeprefix("resembles: ")


def short_class(label: str) -> str:
    """Return a class where there is little room.

    >>> short_class("covid19"), short_class("normal")
    ('COVID-19', 'normal')
    """
    return labelled(label).removesuffix("-labelled films")


def at_prevalence(value: float, prevalence: float) -> str:
    """Return a predictive value with the prevalence that it assumes.

    >>> at_prevalence(0.6203, 0.08)
    '0.62 at an assumed prevalence of 8 %'
    """
    return f"{figure(value)} at an assumed prevalence of {100 * prevalence:.3g} %"


def trained_on(patients: Mapping[str, int]) -> str:
    """Return what a model was fitted on, by source.

    >>> trained_on({"A": 20, "B": 1_000})
    'trained on 1,020 patients of 2 sources (A 20, B 1,000)'
    >>> trained_on({})
    'no model is served'
    """
    if not patients:
        return "no model is served"
    total = sum(patients.values())
    names = ", ".join(f"{name or 'source missing'} {count:,}" for name, count in patients.items())
    sources = f"{len(patients)} source{'' if len(patients) == 1 else 's'}"
    return f"trained on {total:,} patient{'' if total == 1 else 's'} of {sources} ({names})"


def under_every_result(result: StudyResult) -> tuple[str, ...]:
    """Return what stands under every result of a study, a line each.

    What it was trained on; the red flags of the audit; what is known of an unseen hospital; whom it
    is for. `STATEMENT` stands beside it, and is not repeated here.
    """
    unaudited = "these films were not audited" if result.audit_level == "not judged" else "none"
    unseen = result.unseen or "not measured"
    if not unseen.lower().startswith(_UNSEEN):
        unseen = f"{_UNSEEN}: {unseen}"
    return (
        trained_on(result.trained_on),
        f"red audit: {' '.join(result.red) or unaudited}",
        f"{unseen[:1].lower()}{unseen[1:]}",
        "adults, frontal films only",
        "heat maps show where the network looked, not disease",
    )


def folds_of(values: Sequence[float]) -> str:
    """Return how far folds lie apart.

    >>> folds_of([0.81, 0.9, 0.86])
    'folds from 0.81 to 0.90'
    """
    return f"folds from {figure(min(values))} to {figure(max(values))}" if values else ""
