"""What is decided by on calibration films, and what that decides of films it was not found on.

Where too few patients are there to decide on some and be judged on others, the films of each fold
are judged by what the other folds give. Judged on the very films that a threshold was found on, m
missed of n would be stated, where (m + 1) / (n + 1) is expected of new patients. Of n' patients of
the other folds as many may be missed as make that share, rounded up: what guarantees a sensitivity
with n' would be a stricter decision than the one that is served.

Source: M. Stone, "Cross-validatory choice and assessment of statistical predictions", Journal of
the Royal Statistical Society B 36 (1974), 111-147: assessment on what the choice has not seen.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.xray_decision import ConformalSets, OperatingPoint
from cnn_core.results.xray_plan import Scored
from cnn_core.xray.calibration import at_temperature, log_probabilities
from cnn_core.xray.conformal import conformal_sets, sets_of
from cnn_core.xray.decision import triage
from cnn_core.xray.intervals import one_each
from cnn_core.xray.operating_point import (
    NORMAL,
    disease_places,
    just_below,
    may_miss,
    operating_point,
    triage_score,
)
from cnn_core.xray.temperature import temperature_of

Chosen = NDArray[np.bool_]


class Found(NamedTuple):
    """What was found on calibration films; `note` is what has to be said of the temperature."""

    temperature: float
    note: str
    point: OperatingPoint
    sets: ConformalSets


def found_on(
    scored: Scored,
    first: Chosen,
    second: Chosen,
    classes: Sequence[str],
    *,
    approximate: bool = False,
) -> Found:
    """Return the temperature of the films `first`, and threshold and sets of the films `second`.

    Args:
        scored: before any temperature, N films.
        first: bool `(N,)`.
        second: bool `(N,)`, of other patients.
        classes: in the order of the columns.
        approximate: whether the scores are out-of-fold ones.
    """
    temperature, note = _temperature(scored, first)
    said = at_temperature(scored.probabilities, temperature)[second]
    given = (said, scored.labels[second], scored.patients[second])
    return Found(
        temperature,
        note,
        operating_point(*given, classes, approximate=approximate),
        conformal_sets(*given, classes=classes, approximate=approximate),
    )


def cross_fitted(scored: Scored, first: Chosen, second: Chosen, classes: Sequence[str]) -> Chosen:
    """Return which films are routine, bool `(N,)`, by what the films of the other folds give.

    Where all of them guarantee no threshold, every film is referred. No gate.

    Args:
        scored: before any temperature, N films.
        first: films to fit a temperature on, bool `(N,)`.
        second: films to find threshold and sets on, bool `(N,)`.
        classes: in the order of the columns, "normal" among them.
    """
    normal = list(classes).index(NORMAL)
    served = found_on(scored, first, second, classes, approximate=True)
    routine = np.zeros(len(scored.films), dtype=bool)
    if served.point.threshold is None:
        return routine
    for fold in np.unique(scored.folds):
        own = scored.folds == fold
        temperature, _ = _temperature(scored, first & ~own)
        said, others = at_temperature(scored.probabilities, temperature), second & ~own
        given = (said[others], scored.labels[others], scored.patients[others])
        sets = conformal_sets(*given, classes=classes, approximate=True, fewest=1)
        off = [limit is None for limit in served.sets.quantiles]
        limits = tuple(
            None if gone else limit for gone, limit in zip(off, sets.quantiles, strict=True)
        )
        routine[own] = triage(
            said[own],
            sets_of(said[own], dataclasses.replace(sets, quantiles=limits)),
            np.ones(int(own.sum()), dtype=bool),
            _threshold(*given, classes, served.point),
            normal=normal,
        )
    return routine


def _temperature(scored: Scored, keep: Chosen) -> tuple[float, str]:
    return temperature_of(
        log_probabilities(scored.probabilities[keep]), scored.labels[keep], scored.patients[keep]
    )


def _threshold(
    said: NDArray[np.float64],
    labels: NDArray[np.int64],
    patients: NDArray[np.int64],
    classes: Sequence[str],
    whole: OperatingPoint,
) -> float | None:
    """Return the threshold that stands to these films as that of `whole` to all of them."""
    scores, found = triage_score(said, classes), []
    for place, disease in zip(disease_places(classes), whole.diseases, strict=True):
        members = np.flatnonzero(labels == place)
        ranked = np.sort(scores[members[one_each(patients[members])]])
        may, n = may_miss(disease.patients, whole.target), len(ranked)
        if may is None or not n:
            return None
        missed = min(n, -(-(may + 1) * (n + 1) // (disease.patients + 1))) - 1
        found.append(just_below(ranked[missed]))
    return min(found)
