"""Does the interval of a reviewed sensitivity cover? `python -m studies review_sensitivity`.

Films are drawn of a hospital whose share of diseased films, sensitivity and referral rate are
known. All referred films are labelled, or a share of them; of routine ones a random tenth. It is
counted how often the interval of `xray.review` has the true sensitivity, and how often two others
have it: the percentile bootstrap of the labelled diseased films with their weights, and Wilson's
interval at Kish's effective sample size. Films of a patient: one, or two with the same disease.

`holds`: the interval covers in 0.93 to 1 of the samples but for twice the simulation error, and
the estimate is off by at most 0.02 on average. Samples without a figure (too few) are counted, too.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.metrics import wilson_interval
from cnn_core.results.monitoring import LoggedCase
from cnn_core.results.triage import Decision
from cnn_core.xray.review import weighted_sensitivity

REVIEWED = 0.1
LEAST, MOST_BIAS = 0.93, 0.02
DISEASE = "covid19"
DESIGNS = tuple(
    {
        "films": films,
        "prevalence": prevalence,
        "sensitivity": sensitivity,
        "referred_normal": 0.5,
        "labelled_referred": labelled,
        "films_a_patient": cluster,
    }
    for films, prevalence, sensitivity, labelled, cluster in (
        (600, 0.3, 0.9, 1.0, 1),
        (600, 0.3, 0.95, 1.0, 1),
        (2_000, 0.1, 0.9, 1.0, 1),
        (2_000, 0.1, 0.95, 0.5, 1),
        (5_000, 0.05, 0.8, 1.0, 1),
        (5_000, 0.2, 0.9, 1.0, 1),
        (10_000, 0.1, 0.6, 0.7, 1),
        (2_000, 0.2, 0.9, 1.0, 2),
        (5_000, 0.2, 0.8, 0.7, 2),
    )
)


def drawn(design: dict[str, Any], seed: int) -> list[LoggedCase]:
    """Return the log of such a hospital, with reviewers' labels."""
    rng = np.random.default_rng([seed, design["films"], round(100 * design["sensitivity"])])
    films, cluster = design["films"], design["films_a_patient"]
    patients = np.arange(films) // cluster
    ill = (rng.random(patients[-1] + 1) < design["prevalence"])[patients]
    # films of a patient are decided alike in half of all patients
    chance = rng.random(films)
    alike = (rng.random(patients[-1] + 1) < 0.5)[patients] if cluster > 1 else np.zeros(films, bool)
    chance = np.where(alike, chance[patients * cluster], chance)
    referred = chance < np.where(ill, design["sensitivity"], design["referred_normal"])
    reviewed = rng.random(films) < np.where(referred, design["labelled_referred"], REVIEWED)
    return [
        _case(number, str(patient), "refer" if yes else "routine", _label(sick) if seen else "")
        for number, (patient, sick, yes, seen) in enumerate(
            zip(patients, ill, referred, reviewed, strict=True)
        )
    ]


def _label(sick: bool) -> str:
    return DISEASE if sick else "normal"


def _case(number: int, patient: str, decision: Decision, label: str) -> LoggedCase:
    return LoggedCase(
        id=f"{number:032x}",
        at=float(number),
        channel="page",
        model="m",
        image=str(number),
        patient=patient,
        decision=decision,
        reason="score",
        score=0.5,
        probabilities=(),
        gate_distance=None,
        brightness=0.5,
        contrast=0.2,
        projection=(),
        seconds=0.2,
        sampled=decision == "routine" and bool(label),
        label=label,
        blind=bool(label),
    )


def others(cases: list[LoggedCase], value: float, seed: int) -> dict[str, tuple[float, float]]:
    """Return the two intervals that are not used."""
    counts = {
        (decision, told): sum(c.decision == decision and bool(c.label) is told for c in cases)
        for decision in ("refer", "routine")
        for told in (True, False)
    }
    ill = [case for case in cases if case.label == DISEASE]
    weight = {
        d: (counts[d, True] + counts[d, False]) / counts[d, True] for d in ("refer", "routine")
    }
    weights = np.array([weight[case.decision] for case in ill])
    caught = np.array([case.decision == "refer" for case in ill])
    size = float(weights.sum() ** 2 / (weights**2).sum())
    rng = np.random.default_rng(seed)
    _, member = np.unique([case.patient for case in ill], return_inverse=True)
    drawn_: NDArray[np.int64] = rng.multinomial(
        member.max() + 1, np.full(member.max() + 1, 1 / (member.max() + 1)), size=200
    )
    times = drawn_[:, member] * weights
    low, high = np.quantile((times * caught).sum(axis=1) / times.sum(axis=1), (0.025, 0.975))
    return {
        "bootstrap": (float(low), float(high)),
        "wilson_kish": wilson_interval(value * size, size),
    }


def judged(design: dict[str, Any], samples: int) -> dict[str, Any]:
    """Count over samples of one design."""
    true = design["sensitivity"]
    values: list[float] = []
    widths: list[float] = []
    covered: dict[str, list[bool]] = {"used": [], "bootstrap": [], "wilson_kish": []}
    for seed in range(samples):
        cases = drawn(design, seed)
        found = weighted_sensitivity(cases, (DISEASE,)).sensitivity.get(DISEASE)
        if found is None or found.value is None or found.interval is None:
            continue
        ends = {"used": found.interval, **others(cases, found.value, seed)}
        values.append(found.value)
        widths.append(found.interval[1] - found.interval[0])
        for name, (low, high) in ends.items():
            covered[name].append(low <= true <= high)
    shares = {name: round(float(np.mean(hits)), 4) for name, hits in covered.items()}
    slack = 2 * math.sqrt(0.95 * 0.05 / len(values))
    bias = float(np.mean(values)) - true
    return {
        **design,
        "samples": samples,
        "with_a_figure": len(values),
        "bias": round(bias, 4),
        "width": round(float(np.mean(widths)), 4),
        "covered": shares,
        "holds": shares["used"] >= LEAST - slack and abs(bias) <= MOST_BIAS,
    }


def measure(samples: int = 300) -> dict[str, Any]:
    """Count over all designs."""
    rows = [judged(design, samples) for design in DESIGNS]
    return {
        "holds": all(row["holds"] for row in rows),
        "settings": {"samples": samples, "reviewed": REVIEWED, "least": LEAST},
        "designs": rows,
    }
