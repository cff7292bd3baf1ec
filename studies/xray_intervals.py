"""Do the intervals and guarantees of the X-ray study hold? `python -m studies xray_intervals`.

Samples are drawn from populations whose truth is known, and it is counted how often an interval
covers it, a set keeps the true class, a guaranteed operating point catches too few.

* Shares: 40, 100 or 250 patients with one film each, or so many films, or patients, in clusters of
  four whose films go together with a correlation of 0.3 or 0.6 (beta-binomial).
* AUROC: binormal scores, half of 40, 100 or 250 patients positive; one film each, or four that
  share a normal part of 0.3 or 0.6 of their variance.
* Conformal sets and operating points: scores of one film, or of four such films, a patient.

`holds` allows twice the simulation error around 0.93 to 0.98.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from cnn_core.xray.auroc import auroc
from cnn_core.xray.conformal import conformal_sets, rank, sets_of
from cnn_core.xray.intervals import proportion
from cnn_core.xray.operating_point import TARGET, operating_point

SHARES = (0.8, 0.9, 0.95, 0.98)
SIZES = (40, 100, 250)
CORRELATIONS = (0.3, 0.6)
RANGE = (0.93, 0.98)
MOST_FAILURES = 0.025
SHIFTS = (1.0, 4.0)  # the second disease is so plain that the first alone sets the threshold
CLASSES = ("normal", "covid19", "pneumonia")

Drawn = tuple[NDArray[np.int64], NDArray[np.int64]]


def designs() -> Iterator[dict[str, Any]]:
    """Yield how films may belong to patients: cluster, correlation, what `n` counts."""
    yield {"cluster": 1, "correlation": 0.0, "n_counts": "films"}
    for correlation in CORRELATIONS:
        for counts in ("films", "patients"):
            yield {"cluster": 4, "correlation": correlation, "n_counts": counts}


def films_of(n: int, design: dict[str, Any]) -> NDArray[np.int64]:
    """Return the patient of each film."""
    films = n * design["cluster"] if design["n_counts"] == "patients" else n
    return np.arange(films, dtype=np.int64) // design["cluster"]


def share_covers(share: float, n: int, design: dict[str, Any], seed: int, draws: int) -> bool:
    """Draw films that succeed with `share`, and look whether their interval has it."""
    rng = np.random.default_rng([seed, n, round(1000 * share)])
    patients = films_of(n, design)
    chance: NDArray[np.float64] | float = share
    if design["correlation"]:
        strength = 1 / design["correlation"] - 1
        each = rng.beta(share * strength, (1 - share) * strength, patients[-1] + 1)
        chance = each[patients]
    measured = proportion(rng.random(len(patients)) < chance, patients, draws=draws, seed=seed)
    assert measured.interval is not None
    return measured.interval[0] <= share <= measured.interval[1]


def scores_of(
    shift: NDArray[np.float64], design: dict[str, Any], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return normal scores of the films of each patient `(P * cluster,)`, of variance 1."""
    common = np.repeat(rng.normal(size=len(shift)), design["cluster"])
    alone = rng.normal(size=len(common))
    part = design["correlation"]
    return (
        math.sqrt(part) * common + math.sqrt(1 - part) * alone + np.repeat(shift, design["cluster"])
    )


def auroc_covers(area: float, n: int, design: dict[str, Any], seed: int, draws: int) -> bool:
    """Draw the scores of `n` patients, half of them positive, and look for the area."""
    rng = np.random.default_rng([seed, n, round(1000 * area)])
    positive = np.arange(n) < n // 2
    scores = scores_of(positive * math.sqrt(2) * ndtri(area), design, rng)
    patients = np.repeat(np.arange(n), design["cluster"])
    measured = auroc(positive[patients], scores, patients, draws=draws, seed=seed)
    assert measured.interval is not None
    return measured.interval[0] <= area <= measured.interval[1]


def films(
    per_class: int, design: dict[str, Any], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return probabilities, classes and patients of so many patients of each class."""
    labels = np.repeat(np.arange(3), per_class)
    logits = np.stack([scores_of(1.5 * (labels == c), design, rng) for c in range(3)], axis=1)
    raised = np.exp(logits)
    patients = np.repeat(np.arange(len(labels)), design["cluster"])
    return raised / raised.sum(axis=1, keepdims=True), labels[patients], patients


def conformal_coverage(n: int, design: dict[str, Any], seed: int) -> float:
    """Calibrate on `n` patients a class; return the share of new films that keep their class."""
    rng = np.random.default_rng([seed, n, 7])
    sets = conformal_sets(*films(n, design, rng), seed=seed)
    given, labels, _ = films(300, {**design, "cluster": 1, "correlation": 0.0}, rng)
    return float(sets_of(given, sets)[np.arange(len(labels)), labels].mean())


def point_fails(n: int, design: dict[str, Any], seed: int) -> tuple[bool, bool]:
    """Guarantee a threshold on `n` patients of each disease; look at their true sensitivity.

    The triage score is a normal one, so that the true sensitivity of each disease is known without
    an error. The lower of the two thresholds is always that of the first disease: the hardest case.
    """
    rng = np.random.default_rng([seed, n, 11])
    shifts = np.repeat(SHIFTS, n)
    score = ndtr(scores_of(shifts, design, rng))
    labels = np.repeat([1, 2], n * design["cluster"])
    patients = np.repeat(np.arange(2 * n), design["cluster"])
    given = np.stack([1 - score, score / 2, score / 2], axis=1)
    point = operating_point(given, labels, patients, CLASSES, seed=seed)
    if point.threshold is None:
        return False, False
    limit = ndtri(point.threshold)
    caught = [float(ndtr(shift - limit)) for shift in SHIFTS]
    return caught[0] < TARGET, caught[1] < TARGET


def _row(share: float, n: int, design: dict[str, Any], hits: list[bool]) -> dict[str, Any]:
    covered = float(np.mean(hits))
    slack = 2 * math.sqrt(0.95 * 0.05 / len(hits))
    return {
        "share": share,
        "n": n,
        **design,
        "samples": len(hits),
        "covered": round(covered, 4),
        "holds": RANGE[0] - slack <= covered <= RANGE[1] + slack,
    }


def _coverage(
    covers: Callable[[float, int, dict[str, Any], int, int], bool],
    among: list[dict[str, Any]],
    samples: int,
    draws: int,
) -> list[dict[str, Any]]:
    return [
        _row(share, n, design, [covers(share, n, design, seed, draws) for seed in range(samples)])
        for design in among
        for share in SHARES
        for n in SIZES
    ]


def measure(samples: int = 2_000, draws: int = 500) -> dict[str, Any]:
    """Count over all designs.

    Args:
        samples: of each design of the intervals; the guarantees take ten times as many.
        draws: of each bootstrap (the app draws 2,000; how many hardly moves the coverage).
    """
    every = list(designs())
    by_patients = [one for one in every if one["cluster"] == 1 or one["n_counts"] == "patients"]
    shares = _coverage(share_covers, every, samples, draws)
    areas = _coverage(auroc_covers, by_patients, max(1, samples // 2), draws)
    conformal = []
    for design in (by_patients[0], by_patients[-1]):
        for n in (39, 100):
            found = [conformal_coverage(n, design, seed) for seed in range(samples)]
            error = float(np.std(found)) / math.sqrt(samples)
            promised = rank(n, 0.1) / (n + 1)
            conformal.append(
                {
                    "patients_a_class": n,
                    **design,
                    "calibrations": samples,
                    "covered": round(float(np.mean(found)), 4),
                    "promised": round(promised, 4),
                    "error": round(error, 4),
                    "holds": abs(float(np.mean(found)) - promised) <= 3 * error,
                }
            )
    points = []
    for design in by_patients:
        for n in (36, 100, 160):
            found_ = np.array([point_fails(n, design, seed) for seed in range(10 * samples)])
            rates = found_.mean(axis=0)
            slack = 2 * math.sqrt(MOST_FAILURES * (1 - MOST_FAILURES) / len(found_))
            points.append(
                {
                    "patients_a_disease": n,
                    **design,
                    "calibrations": len(found_),
                    "failed": {
                        label: round(float(rate), 4)
                        for label, rate in zip(CLASSES[1:], rates, strict=True)
                    },
                    "holds": bool(rates.max() <= MOST_FAILURES + slack),
                }
            )
    parts = {"proportions": shares, "auroc": areas, "conformal": conformal, "points": points}
    return {
        "holds": all(row["holds"] for rows in parts.values() for row in rows),
        "settings": {"samples": samples, "draws": draws, "range": list(RANGE)},
        **parts,
    }
