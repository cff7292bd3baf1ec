"""What is kept of predictions, and what is read from it: plain values and arrays.

Nothing here says whose film it was: no picture, no name, no tag. A film and a patient are digests
under a salt that never leaves the machine, so that the same one is known again and nothing else.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.triage import Channel, Decision, Prediction
from cnn_core.results.xray_evaluation import Interval, Measured

WINDOW = 100
"""Consecutive cases of a window: cases, not days."""


@dataclass(frozen=True, kw_only=True)
class LoggedCase:
    """One row of the prediction log.

    Attributes:
        id: the prediction's.
        at: seconds since 1970.
        channel: who asked.
        model: SHA-256 of the triage model.
        image: salted digest of the file.
        patient: salted digest of the patient whom the header names, else that of the file.
        decision: what was decided.
        reason: code of the weightiest reason.
        score: None of a refused film.
        probabilities: () of a refused film.
        gate_distance: None if it was not come to.
        brightness: mean grey before anything was clipped.
        contrast: standard deviation of the same.
        projection: of the embedding, `PROJECTION` numbers, or ().
        seconds: how long the prediction took.
        sampled: whether the film is routine and was drawn for review.
        label: the reviewer's, "" while there is none.
        blind: whether the label was given before decision and score were seen.
        number: among the cases of its model on this machine, from 1, whatever was purged since; 0
            while it is not logged.
    """

    id: str
    at: float
    channel: Channel
    model: str
    image: str
    patient: str
    decision: Decision
    reason: str
    score: float | None
    probabilities: tuple[float, ...]
    gate_distance: float | None
    brightness: float
    contrast: float
    projection: tuple[float, ...]
    seconds: float
    sampled: bool = False
    label: str = ""
    blind: bool = False
    number: int = 0


def logged_case(
    said: Prediction, *, at: float, channel: Channel, image: str, patient: str
) -> LoggedCase:
    """Return what the log keeps of a prediction.

    Args:
        said: of a film.
        at: seconds since 1970.
        channel: who asked.
        image: digest of the file.
        patient: digest of the patient.
    """
    return LoggedCase(
        id=said.id,
        at=at,
        channel=channel,
        model=said.model,
        image=image,
        patient=patient,
        decision=said.decision,
        reason=said.reasons[0].code,
        score=said.score,
        probabilities=said.probabilities,
        gate_distance=said.gate_distance,
        brightness=said.brightness,
        contrast=said.contrast,
        projection=said.projection,
        seconds=said.seconds,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class DriftSample:
    """Cases as the watch over drift sees them: a reference, or a window.

    Attributes:
        scores: float64 `(N,)`, NaN of refused films.
        distances: gate distances, float64 `(N,)`, NaN where it was not come to.
        brightness: float64 `(N,)`.
        contrast: float64 `(N,)`.
        projections: float32 `(N, PROJECTION)`, NaN likewise.
        referred: bool `(N,)`: referred or refused.
        refused: bool `(N,)`.
    """

    scores: NDArray[np.float64]
    distances: NDArray[np.float64]
    brightness: NDArray[np.float64]
    contrast: NDArray[np.float64]
    projections: NDArray[np.float32]
    referred: NDArray[np.bool_]
    refused: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class DriftTest:
    """One look at one window.

    Attributes:
        code: "psi-score", "ks-score", "ks-distance", "ks-brightness", "ks-contrast", "mmd",
            "referral-rate", "gate-rate".
        title: for a person ("Triage score, population stability index").
        statistic: its value; NaN where it could not be judged.
        p: from its null distribution, 1 where it could not be judged.
        adjusted: by Holm over all tests of the window.
        sentence: what it says, with figures.
    """

    code: str
    title: str
    statistic: float
    p: float
    adjusted: float
    sentence: str


@dataclass(frozen=True, kw_only=True)
class DriftWindow:
    """One window of consecutive cases against the reference.

    Attributes:
        number: from 1.
        first: place of its first case among all that came, from 0.
        cases: how many, patients once each.
        began: seconds since 1970 of its first case.
        ended: of its last.
        tests: all of them.
        changed: whether any test's adjusted p is at most the level.
        alarm: whether this window and the one before it changed.
    """

    number: int
    first: int
    cases: int
    began: float
    ended: float
    tests: tuple[DriftTest, ...]
    changed: bool
    alarm: bool


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """Everything that the watch over drift says.

    Attributes:
        reference: what windows are compared with, for a person, with how many films.
        level: of a window over all its tests, 0.01.
        windows: in their order.
        waiting: cases since the last whole window.
        sentence: the headline ("No alarm in 12 windows of 100 cases." ...): drift shows change, not
            harm.
    """

    reference: str
    level: float
    windows: tuple[DriftWindow, ...]
    waiting: int
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ReviewResult:
    """Sensitivity from reviewers' labels, each film weighted by one over its chance of review.

    Attributes:
        labelled: films with a label that was given blind.
        routine_labelled: of these, routine ones that were drawn.
        seen_before: labels left out, since decision and score were seen before.
        unclear: labels left out, since the reviewer could not tell.
        elsewhere: films left out, since they came where nobody can label them.
        sensitivity: by disease, and of all diseased under "": share that was referred.
        weighted_positive: what the labels stand for, by the same names.
        effective: effective sample size, likewise.
        sentence: the headline, or why sensitivity cannot be estimated.
    """

    labelled: int
    routine_labelled: int
    seen_before: int
    sensitivity: dict[str, Measured]
    weighted_positive: dict[str, float]
    effective: dict[str, float]
    sentence: str
    unclear: int = 0
    elsewhere: int = 0


@dataclass(frozen=True, kw_only=True)
class Volume:
    """What came in a stretch of time, or in a window.

    Attributes:
        cases: predictions.
        referred: share referred or refused, with its interval.
        refused: share refused, likewise.
        seconds: latency at the 50th, 95th and 99th percentile, None without cases.
    """

    cases: int
    referred: tuple[float, Interval] | None
    refused: tuple[float, Interval] | None
    seconds: tuple[float, float, float] | None
