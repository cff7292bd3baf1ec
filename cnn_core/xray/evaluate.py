"""How good a model is on films that it was not trained on: every figure with its interval.

Of out-of-fold scores, which are of several models, areas are means over the folds and curves are
averaged; raw scores are never pooled. Decisions ("the most probable class") are counted over all.
Pure functions, without state.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.auroc import macro_auroc
from cnn_core.results.metrics import confusion_matrix
from cnn_core.results.xray_evaluation import ClassResult, CurveLine, Evaluation, Measured
from cnn_core.results.xray_plan import Scored
from cnn_core.xray.auroc import (
    auroc,
    auroc_over_folds,
    average_precision,
    macro_auroc_measured,
    mean_statistic,
    precision_recall_line,
    precision_statistic,
    roc_line,
    within,
)
from cnn_core.xray.calibration import calibration
from cnn_core.xray.intervals import COVERS, DRAWS, Statistic, bounded, proportion, too_few
from cnn_core.xray.subgroups import subgroups

_GRID = 201  # points of a curve that is averaged over folds
_FEWEST = 10  # patients on each side, for an average precision

Line = Callable[[NDArray[np.bool_], NDArray[np.float64]], CurveLine]


def evaluation(
    scored: Scored,
    classes: Sequence[str],
    what: Literal["cross-validation", "locked test"],
    *,
    columns: Mapping[str, Sequence[str]],
    draws: int = DRAWS,
    seed: int = 0,
) -> Evaluation:
    """Return everything that is said of a model on these films.

    Args:
        scored: films that the model, or each fold's model, was not trained on; at least one.
        classes: names of the C outputs.
        what: "cross-validation" where `scored.folds` tell several models apart.
        columns: for the subgroups: what each of the films has in a column, `(N,)`.
        draws: of each bootstrap.
        seed: of the draws.
    """
    labels, said = scored.labels, scored.probabilities
    predicted = said.argmax(axis=1)
    places = _places(scored) if what == "cross-validation" else []
    options = {"draws": draws, "seed": seed}
    if places:
        overall = auroc_over_folds(labels, said, scored.patients, scored.folds, **options)
    else:
        overall = macro_auroc_measured(labels, said, scored.patients, **options)
    by_fold = {
        int(scored.folds[each[0]]): area
        for each in places
        if (area := macro_auroc(labels[each], said[each])) is not None
    }
    size = len(classes)
    return Evaluation(
        what=what,
        films=len(labels),
        patients=len(np.unique(scored.patients)),
        classes=tuple(
            _class_result(scored, label, name, places, draws, seed)
            for label, name in enumerate(classes)
        ),
        macro_auroc=overall,
        macro_f1=bounded(
            mean_statistic([f1_statistic(labels, predicted, label) for label in range(size)]),
            scored.patients,
            strata=labels,
            **options,
        ),
        accuracy=proportion(predicted == labels, scored.patients, **options),
        folds=tuple(by_fold.values()),
        fold_numbers=tuple(by_fold),
        confusion=tuple(
            tuple(int(count) for count in row)
            for row in confusion_matrix(labels, predicted, size).tolist()
        ),
        calibration=calibration(labels, said, scored.patients, classes, **options),
        subgroups=subgroups(scored, classes, columns, **options),
        covers=COVERS,
    )


def _places(scored: Scored) -> list[NDArray[np.int64]]:
    return [np.flatnonzero(scored.folds == fold) for fold in np.unique(scored.folds)]


def f1_statistic(labels: NDArray[np.int64], predicted: NDArray[np.int64], label: int) -> Statistic:
    """Return the F1 score of a class as a function of film weights; NaN where it never occurs."""
    true, named = labels == label, predicted == label
    hits = (true & named).astype(np.float32)
    either = true.astype(np.float32) + named.astype(np.float32)

    def statistic(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(2 * (weights @ hits) / (weights @ either), dtype=np.float64)

    return statistic


def _class_result(
    scored: Scored,
    label: int,
    name: str,
    places: Sequence[NDArray[np.int64]],
    draws: int,
    seed: int,
) -> ClassResult:
    true, score = scored.labels == label, scored.probabilities[:, label]
    predicted = scored.probabilities.argmax(axis=1)
    named, patients = predicted == label, scored.patients
    options = {"draws": draws, "seed": seed}

    def share(of: NDArray[np.bool_], good: NDArray[np.bool_]) -> Measured:
        return proportion(good[of], patients[of], **options)

    if places:
        area = auroc_over_folds(true, score, patients, scored.folds, **options)
        precise = _average_precision_over_folds(true, score, patients, places, draws, seed)
    else:
        area = auroc(true, score, patients, **options)
        precise = average_precision(true, score, patients, **options)
    return ClassResult(
        label=name,
        films=int(true.sum()),
        patients=len(np.unique(patients[true])),
        sensitivity=share(true, named),
        specificity=share(~true, ~named),
        precision=share(named, true),
        npv=share(~named, ~true),
        f1=bounded(
            f1_statistic(scored.labels, predicted, label), patients, strata=scored.labels, **options
        ),
        auroc=area,
        average_precision=precise,
        roc=_curve(roc_line, true, score, places, descending=False),
        precision_recall=_curve(precision_recall_line, true, score, places, descending=True),
    )


def _average_precision_over_folds(
    true: NDArray[np.bool_],
    score: NDArray[np.float64],
    patients: NDArray[np.int64],
    places: Sequence[NDArray[np.int64]],
    draws: int,
    seed: int,
) -> Measured:
    fewest = min(len(np.unique(patients[true])), len(np.unique(patients[~true])))
    if fewest < _FEWEST:
        return too_few(len(true), fewest)
    mean = mean_statistic(
        [within(precision_statistic(true[each], score[each]), each) for each in places]
    )
    return bounded(mean, patients, strata=true, draws=draws, seed=seed)


def _curve(
    line: Line,
    true: NDArray[np.bool_],
    score: NDArray[np.float64],
    places: Sequence[NDArray[np.int64]],
    *,
    descending: bool,
) -> CurveLine:
    """Return a curve; of several models the mean of theirs at the same x (Fawcett 2006, sec. 8.1).

    Empty where no model has films on both sides.
    """
    whole = [np.arange(len(true))]
    able = [each for each in places or whole if true[each].any() and not true[each].all()]
    curves = [line(true[each], score[each]) for each in able]
    if len(curves) < 2:
        return curves[0] if curves else CurveLine(x=(), y=())
    grid = np.linspace(0.0, 1.0, _GRID)
    rows = [_at(grid, np.array(each.x), np.array(each.y), least=descending) for each in curves]
    mean = np.mean(rows, axis=0)
    if not descending:
        grid, mean = np.r_[0.0, grid], np.r_[0.0, mean]
    return CurveLine(x=tuple(grid.tolist()), y=tuple(mean.tolist()))


def _at(
    grid: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    least: bool,
) -> NDArray[np.float64]:
    """Return a stepped curve at `grid`: of several y at one x the greatest, or the last."""
    values, first = np.unique(x, return_index=True)
    last = np.r_[first[1:], len(x)] - 1
    tops = y[first] if least else y[last]
    return np.asarray(np.interp(grid, values, tops))
