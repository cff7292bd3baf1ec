"""What the figures of a chest X-ray study say, as sentences computed from them.

Pure; names from outside are not escaped here.
"""

from collections.abc import Callable, Sequence

from cnn_core.charts.film_rows import MEASURES, Measure, level_name
from cnn_core.charts.film_words import (
    at_prevalence,
    between,
    folds_of,
    labelled,
    measured,
    short_class,
)
from cnn_core.charts.film_words import figure as said
from cnn_core.results.chance import percent
from cnn_core.results.xray_decision import ConformalSets, GateRow, PathResult
from cnn_core.results.xray_evaluation import (
    Calibration,
    ClassCalibration,
    ClassResult,
    Evaluation,
    Measured,
    SubgroupRow,
)
from cnn_core.results.xray_prevalence import DecisionCurve, PredictiveValues


def _extremes(
    evaluation: Evaluation, which: Callable[[ClassResult], Measured]
) -> tuple[ClassResult, ClassResult] | None:
    known = [each for each in evaluation.classes if which(each).value is not None]
    if not known:
        return None
    ordered = sorted(known, key=lambda each: which(each).value or 0.0)
    return ordered[0], ordered[-1]


def roc_title(evaluation: Evaluation) -> str:
    """Return the macro AUROC with its interval, and which class is told apart least."""
    found = _extremes(evaluation, lambda each: each.auroc)
    if evaluation.macro_auroc.value is None or found is None:
        return f"AUROC cannot be stated ({evaluation.macro_auroc.note or 'not defined'})"
    whole = f"Macro AUROC {measured(evaluation.macro_auroc)}, {evaluation.what}"
    least, most = found
    if least is most:
        return whole
    return f"{whole}; least told apart: {labelled(least.label)}, {said(least.auroc.value or 0.0)}"


def precision_recall_title(evaluation: Evaluation) -> str:
    """Return the lowest average precision and what chance would give that class."""
    found = _extremes(evaluation, lambda each: each.average_precision)
    if found is None:
        return "Average precision cannot be stated"
    least = found[0]
    return (
        f"Lowest average precision (AP): {labelled(least.label)}, "
        f"{measured(least.average_precision)}; {said(share_of(least, evaluation))} by chance"
    )


def share_of(row: ClassResult, evaluation: Evaluation) -> float:
    """Return the share of a class among the films, 0 to 1: the precision of chance."""
    return row.films / evaluation.films if evaluation.films else 0.0


def slope_words(row: ClassCalibration) -> str:
    """Return which way the probabilities of a class err, if its interval shows that.

    The slope is below 1 where they are too extreme, above 1 where too cautious (Cox 1958).
    """
    if row.slope.value is None or row.slope.interval is None:
        return "its slope cannot be stated"
    low, high = row.slope.interval
    words = f"slope {measured(row.slope)}"
    if high < 1:
        return f"{words}: too extreme"
    if low > 1:
        return f"{words}: too cautious"
    return f"{words}: 1 lies within"


def reliability_title(row: ClassCalibration) -> str:
    """Return whose probabilities they are and which way they err."""
    return f"Probabilities of {labelled(row.label)}: {slope_words(row)}"


def ece_sentence(calibration: Calibration, films: int) -> str:
    """Return the calibration error beside that of a perfect model, and the Brier score.

    Args:
        calibration: of all classes.
        films: that it was measured on.

    A perfectly calibrated model has a calibration error too, for it is estimated from few films.
    """
    low, high = calibration.ece_perfect_interval
    verdict = (
        "more than chance explains" if calibration.ece > high else "no more than chance explains"
    )
    brier, reference = calibration.brier, calibration.brier_reference
    better = "better than" if brier < reference else "no better than"
    if said(brier) == said(reference):
        better = "about"
    return (
        f"Calibration error (ECE) {said(calibration.ece)}; a perfectly calibrated model shows "
        f"{said(calibration.ece_perfect)} ({between((low, high))}) on {films:,} films: {verdict}. "
        f"Brier score {said(brier)}, {better} the {said(reference)} of always saying the "
        "classes' shares."
    )


def measures_title(evaluation: Evaluation) -> str:
    """Return macro F1 and accuracy, with their intervals."""
    return (
        f"Macro F1 {measured(evaluation.macro_f1)}, accuracy {measured(evaluation.accuracy)}, "
        f"{evaluation.what}"
    )


def fold_title(evaluation: Evaluation) -> str:
    """Return the mean of the folds and how far they lie apart."""
    mean = f"Macro AUROC {measured(evaluation.macro_auroc)}"
    if not evaluation.folds:
        return f"{mean}, without folds"
    return f"{mean}: the mean of {len(evaluation.folds)} {folds_of(evaluation.folds)}"


def conformal_title(conformal: ConformalSets) -> str:
    """Return whether the sets are on, and of which classes not."""
    if conformal.on:
        return (
            f"Prediction sets aim to keep the true class in {percent(1 - conformal.alpha)} of films"
        )
    off = sum(quantile is None for quantile in conformal.quantiles)
    return (
        f"Prediction sets are off for {off} of {len(conformal.quantiles)} classes: fewer than 30 "
        "calibration patients"
    )


def gate_title(rows: Sequence[GateRow]) -> str:
    """Return which tested kind the gate treats worst, and how many were not tested."""
    tested = [row for row in rows if row.refused.value is not None]
    untested = len(rows) - len(tested)
    rest = f"; {untested} of {len(rows)} kinds not tested" if untested else ""
    if not tested:
        return f"The gate was not tested{rest}"
    worst = max(tested, key=_error)
    what = "refused" if worst.wanted == "pass" else "caught"
    return f"Gate at its worst: {worst.kind}, {measured(worst.refused)} {what}{rest}"


def _error(row: GateRow) -> float:
    share = row.refused.value or 0.0
    return share if row.wanted == "pass" else 1 - share


def path_title(path: PathResult) -> str:
    """Return the miss rate of the whole path, by class, and the referral rate."""
    missed = "; ".join(
        f"{labelled(label)} called routine: {measured(found)}"
        for label, found in path.missed.items()
    )
    return f"{missed or 'No disease to miss'}; referred: {measured(path.referral)}"


def predictive_title(values: PredictiveValues) -> str:
    """Return the positive predictive value at the assumed prevalence.

    >>> found = {"sensitivity": 0.9, "specificity": 0.95, "ppv": 0.6203, "npv": 0.99}
    >>> predictive_title(PredictiveValues(label="covid19", prevalence=0.08, **found))
    'Of 100 films called COVID-19, 62 are so labelled: PPV 0.62 at an assumed prevalence of 8 %'
    """
    name = short_class(values.label)
    if values.ppv is None:
        return f"No film is called {name}: it has no PPV"
    return (
        f"Of 100 films called {name}, {100 * values.ppv:.0f} are so labelled: "
        f"PPV {at_prevalence(values.ppv, values.prevalence)}"
    )


def decision_title(curve: DecisionCurve) -> str:
    """Return from which threshold to which the model beats both calling all and calling none."""
    where = [
        threshold
        for threshold, own, all_called in zip(
            curve.thresholds, curve.model, curve.everyone, strict=True
        )
        if own > max(all_called, 0.0) + 1e-9
    ]
    name = labelled(curve.label)
    at = f"at an assumed prevalence of {100 * curve.prevalence:.3g} %"
    if not where:
        return f"No net benefit for {name} at any threshold drawn, {at}"
    gaps = len(where) < sum(where[0] <= each <= where[-1] for each in curve.thresholds)
    parts = " in parts" if gaps else ""
    return (
        f"Net benefit for {name} at thresholds of {100 * where[0]:.3g} to {100 * where[-1]:.3g} %"
        f"{parts}, {at}"
    )


def benefit_range(curve: DecisionCurve) -> tuple[float, float]:
    """Return the range of net benefit that shows what is to be gained; losses leave it below."""
    top = max([*curve.model, *curve.everyone, 0.01])
    return -0.35 * top, 1.1 * top


def subgroup_title(evaluation: Evaluation, which: Measure = "auroc") -> str:
    """Return the lowest and highest subgroup, and how many have too few patients."""
    subgroups = evaluation.subgroups
    known = [
        (getattr(row, which).value, row)
        for row in subgroups
        if getattr(row, which).value is not None
    ]
    unknown = len(subgroups) - len(known)
    few = f"; {unknown} of {len(subgroups)} not estimable" if unknown else ""
    if not known:
        return f"No subgroup has enough patients for its {MEASURES[which]}{few}"
    (low, least), (high, most) = min(known, key=_value), max(known, key=_value)
    if least is most:
        return f"{level_name(least)}: {MEASURES[which]} {said(low)}{few}"
    return (
        f"{MEASURES[which]}: {said(low)} ({level_name(least)}) to {said(high)} "
        f"({level_name(most)}){few}"
    )


def _value(pair: tuple[float, SubgroupRow]) -> float:
    return pair[0]
