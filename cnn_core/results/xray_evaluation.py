"""How good a chest X-ray model is, with the interval of every figure: plain values."""

from dataclasses import dataclass
from typing import Literal

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A figure with its interval and how that was found.

    Attributes:
        value: None where it is not defined, or there are too few patients (`note` says).
        interval: 95 %; None likewise.
        films: that went in.
        patients: that went in.
        method: "Wilson on patients", "patient bootstrap, 2,000 draws", ...
        note: "too few" and how many, or "".
    """

    value: float | None
    interval: Interval | None
    films: int
    patients: int
    method: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class CurveLine:
    """A curve of at most 400 points: ROC (1 - specificity, sensitivity) or precision-recall."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ClassResult:
    """One class against the rest, at the decision "most probable class" (AUROC at all)."""

    label: str
    films: int
    patients: int
    sensitivity: Measured
    specificity: Measured
    precision: Measured
    npv: Measured
    f1: Measured
    auroc: Measured
    average_precision: Measured
    roc: CurveLine
    precision_recall: CurveLine


@dataclass(frozen=True, kw_only=True)
class ReliabilityPoint:
    """Of the smoothed reliability curve: at `predicted`, `observed` with its band."""

    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class ClassCalibration:
    """How far a class's probabilities can be believed.

    Attributes:
        slope: 1 is perfect, below 1 overconfident (logistic recalibration, Cox 1958).
        intercept: 0 is perfect, below 0 too high (with the slope at 1).
        curve: smoothed.
        counts: films by predicted probability, in ten equal bins of [0, 1].
    """

    label: str
    slope: Measured
    intercept: Measured
    curve: tuple[ReliabilityPoint, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Calibration of all classes.

    Attributes:
        brier: mean squared error of the probabilities, summed over the classes, 0 to 2.
        brier_reference: of always saying the shares of the classes.
        ece: expected calibration error of the most probable class, ten equal-count bins.
        ece_perfect: what a perfectly calibrated model with these probabilities shows at this number
            of films: mean over simulations.
        ece_perfect_interval: 95 % of the simulations.
    """

    brier: float
    brier_reference: float
    ece: float
    ece_perfect: float
    ece_perfect_interval: Interval
    classes: tuple[ClassCalibration, ...]


@dataclass(frozen=True, kw_only=True)
class SubgroupRow:
    """One level of a column: "not estimable" (`auroc.value` None) below 20 patients."""

    column: str
    level: str
    films: int
    patients: int
    auroc: Measured
    sensitivity: Measured
    specificity: Measured


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A model, or the mean of the folds' models, on films it was not trained on.

    Attributes:
        what: "cross-validation" or "locked test".
        macro_auroc: over folds it is the mean of the folds', never of pooled scores.
        folds: macro AUROC of each fold that has one, () where there are none.
        confusion: counts, rows true, columns predicted.
        covers: what the intervals cover, a sentence.
        fold_numbers: which fold each of `folds` is of; () where that was not kept.
    """

    what: Literal["cross-validation", "locked test"]
    films: int
    patients: int
    classes: tuple[ClassResult, ...]
    macro_auroc: Measured
    macro_f1: Measured
    accuracy: Measured
    folds: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration: Calibration
    subgroups: tuple[SubgroupRow, ...]
    covers: str
    fold_numbers: tuple[int, ...] = ()
