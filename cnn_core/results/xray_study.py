"""A chest X-ray study: who sees which patient, and what came of it. Plain values and arrays.

A study is a group of runs of the recipe xray-triage: `fold` 1 to k are trained on all other folds,
`fold` 0 is the model that is served. Its evaluation follows from what these runs said.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
Role = Literal["fit", "temperature", "decide", "locked"]
"""What a patient is for: 60 % fit the served model; 20 % calibrate it, half of them its
temperature, half its operating point, conformal sets and gate; 20 % are locked away."""

PREVALENCES = {"normal": 0.80, "pneumonia": 0.12, "covid19": 0.08}
"""What the page assumes before anybody says otherwise (a clinic's, not the data set's)."""


@dataclass(frozen=True, kw_only=True)
class FilmSelection:
    """What a study is about: a film set, and what a person has acknowledged.

    Attributes:
        film_set: its id.
        folds: of the cross-validation, 0 (the served model alone) or 2 to 10.
        acknowledged: whether the red flags of its audit were read and accepted.
    """

    film_set: str
    folds: int = 5
    acknowledged: bool = False


@dataclass(frozen=True, kw_only=True)
class StudyPlan:
    """Who sees which patient. A group (a patient, with near-duplicates) is never divided.

    Attributes:
        id: SHA-256 of everything below, hexadecimal.
        film_set: its id.
        title: the film set's.
        classes: in the set's order: the outputs of the network.
        films: places in `FilmSet.films` of the films that take part, ascending `(N,)`.
        labels: index into `classes` of each `(N,)`.
        groups: number of each film's group `(N,)`.
        patients: number of each film's patient `(N,)` (intervals are over patients).
        roles: of each `(N,)`.
        folds: 1 to k of each film that is not locked, 0 of those that are `(N,)`.
        fold_count: k; fewer than asked for where a fold would lack two patients of a class.
        approximate: too few patients to calibrate on some of their own: out-of-fold scores take the
            place of "temperature" and "decide", and every guarantee is approximate (cross-fitted).
        seed: of the split.
        notes: what had to be done, a sentence each.
    """

    id: str
    film_set: str
    title: str
    classes: tuple[str, ...]
    films: tuple[int, ...]
    labels: tuple[int, ...]
    groups: tuple[int, ...]
    patients: tuple[int, ...]
    roles: tuple[Role, ...]
    folds: tuple[int, ...]
    fold_count: int
    approximate: bool
    seed: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """What models said of films that they were not trained on.

    Attributes:
        films: places in `FilmSet.films`, int64 `(N,)`.
        labels: true classes, int64 `(N,)`.
        patients: number of each film's patient, int64 `(N,)`.
        folds: which fold's model said it, int64 `(N,)`; 0: the served model.
        probabilities: float64 `(N, C)`, each row adds up to 1; they belong to `prior`.
        prior: share of each class that the probabilities assume, float64 `(C,)`.
        embeddings: float32 `(N, D)`, or `(N, 0)`.
    """

    films: NDArray[np.int64]
    labels: NDArray[np.int64]
    patients: NDArray[np.int64]
    folds: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    prior: NDArray[np.float64]
    embeddings: NDArray[np.float32]


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
        folds: each fold's macro AUROC, () where there are none.
        confusion: counts, rows true, columns predicted.
        covers: what the intervals cover, a sentence.
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


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """The highest threshold that is guaranteed to keep enough of the diseased.

    Attributes:
        threshold: on the triage score, P(pneumonia) + P(COVID-19), at the prior of the scores: the
            lower of the two diseases' counts; None where it cannot be guaranteed.
        diseases: by disease.
        target: sensitivity that the lower end of the interval has to reach, 0.90.
        sentence: what is guaranteed of what, or why nothing is.
    """

    threshold: float | None
    diseases: tuple["DiseasePoint", ...]
    target: float
    sentence: str


@dataclass(frozen=True, kw_only=True)
class DiseasePoint:
    """One disease: patients (one film each) and how many stand at or above the threshold."""

    label: str
    threshold: float | None
    patients: int
    caught: int
    interval: Interval | None
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ConformalSets:
    """Class-conditional split conformal sets (Vovk 2012), at miscoverage `alpha`.

    Attributes:
        quantiles: by class: a class is in the set while 1 - P(class) is at most its quantile; None
            where there are fewer than 30 calibration patients: the class is then always in.
        calibration: patients by class.
        plausible: by class, the range of realised coverage that 95 % of such calibration sets give
            (beta distribution), shown from 30 to 99 patients; None above, and below.
        on: whether every class has a quantile.
        sentence: what the sets promise, or why they are off.
    """

    alpha: float
    quantiles: tuple[float | None, ...]
    calibration: tuple[int, ...]
    plausible: tuple[Interval | None, ...]
    on: bool
    sentence: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Gate:
    """What keeps films out that the model does not know.

    Attributes:
        weights: of the head that tells altered films from good ones, float64 `(D,)`.
        bias: of the same; a film is refused where weights . z + bias > 0, z the embedding less
            `mean` by `scale`.
        mean: float64 `(D,)`.
        scale: float64 `(D,)`.
        known: embeddings of length 1 of training films, float32 `(M, D)`.
        neighbours: k.
        limit: greatest mean cosine distance to the k nearest that passes: the 99th percentile of
            good films.
    """

    weights: NDArray[np.float64]
    bias: float
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    known: NDArray[np.float32]
    neighbours: int
    limit: float


@dataclass(frozen=True, kw_only=True)
class GateRow:
    """How the gate fares on one kind: "inverted", "turned", "flipped", "held-out films", ...

    Attributes:
        wanted: whether the gate should refuse this kind.
        refused: share, None with `refused.note` "not tested".
    """

    kind: str
    wanted: Literal["refuse", "pass"]
    refused: Measured


@dataclass(frozen=True, kw_only=True)
class PathResult:
    """The whole path: gate, conformal set, operating point, on the locked test (or out of fold).

    Attributes:
        missed: P(routine | disease) of each class but "normal": {label: Measured}.
        referral: share that is referred.
        decided: share that is not.
        wrong: share of those decided that are no "normal".
        on: "locked test" or "out-of-fold scores (cross-fitted)".
        sentence: the headline.
    """

    missed: dict[str, Measured]
    referral: Measured
    decided: Measured
    wrong: Measured
    on: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One look at the locked test: when (seconds since 1970), with which weights (SHA-256)."""

    at: float
    weights: str


@dataclass(frozen=True, kw_only=True)
class StudyResult:
    """Everything that is said of a study, as kept beside its served run.

    Attributes:
        plan: id of its plan.
        film_set: id.
        run: id of the served run; "" where only folds were trained.
        fold_runs: ids, by fold.
        model: the network, for a person ("EfficientNet-Lite0").
        classes: of the outputs.
        prior: that the probabilities belong to.
        temperature: that the logits are divided by.
        cross_validation: None without folds.
        locked: None until the locked test is opened.
        openings: of the locked test, all that were ever made of this plan.
        operating_point: on patients of the role "decide" (or out of fold).
        conformal: likewise.
        gate: by kind; () where there is no served model.
        path: None until there is something to run it on.
        audit_level: of the film set's audit, "not judged" where there is none.
        red: sentences of its red flags: shown beside every score.
        unseen: the audit's sentence on an unseen hospital.
        warnings: what a reader has to know, a sentence each.
        trained_on: patients by source that the served model was fitted on.
        patients: by role and class: {role: counts in the order of `classes`}.
        excluded: films that were found and are in no role, by reason.
        versions: of packages and of the code.
    """

    plan: str
    film_set: str
    run: str
    fold_runs: tuple[str, ...]
    model: str
    classes: tuple[str, ...]
    prior: tuple[float, ...]
    temperature: float
    cross_validation: Evaluation | None
    locked: Evaluation | None
    openings: tuple[Opening, ...]
    operating_point: OperatingPoint
    conformal: ConformalSets
    gate: tuple[GateRow, ...]
    path: PathResult | None
    audit_level: Literal["red", "amber", "green", "not judged"]
    red: tuple[str, ...]
    unseen: str
    warnings: tuple[str, ...]
    trained_on: dict[str, int]
    patients: dict[str, tuple[int, ...]]
    excluded: dict[str, int]
    versions: dict[str, str]


STATEMENT = (
    "Research prototype. Not a medical device. Do not use for diagnosis. "
    "COVID-19 cannot be confirmed or excluded from an X-ray."
)
"""Stands on every page, report and reply."""


def resembles(label: str) -> str:
    """Return what a class is called towards a person.

    >>> resembles("covid19"), resembles("normal")
    ('resembles: COVID-19-labelled films', 'resembles: normal-labelled films')
    """
    return f"resembles: {'COVID-19' if label == 'covid19' else label}-labelled films"
