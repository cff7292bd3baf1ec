"""What is decided of a film, and how far that is guaranteed: plain values and arrays."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.xray_evaluation import Interval, Measured


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
        weights: of the heads that tell altered films from good ones, float64 `(H, D)`; one head
            alone in gates of an earlier version.
        bias: of the same `(H,)`; a film is refused where any weights . z + bias > 0, z the
            embedding less `mean` by `scale`.
        mean: float64 `(H, D)`.
        scale: float64 `(H, D)`.
        known: embeddings of length 1 of training films, float32 `(M, D)`.
        neighbours: k.
        limit: greatest mean cosine distance to the k nearest that passes: the 99th percentile of
            good films.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    known: NDArray[np.float32]
    neighbours: int
    limit: float


@dataclass(frozen=True, kw_only=True, eq=False)
class GateLooks:
    """What each look of the gate says of films: any of the two refuses.

    Attributes:
        altered: looks like an inverted, turned or flipped film, bool `(N,)`.
        far: lies farther from the known films than `Gate.limit`, bool `(N,)`.
        distances: mean cosine distance to the nearest known films, float64 `(N,)`.
    """

    altered: NDArray[np.bool_]
    far: NDArray[np.bool_]
    distances: NDArray[np.float64]


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
