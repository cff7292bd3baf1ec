"""The shortcut test: how much skill is left where the lungs cannot be seen (part 5).

The same small model on the whole film, on its border alone, and with the centre blacked out. Judged
is the share of the skill above chance that is left, by class, with a paired bootstrap on patients.
It says that a score does not need the lungs, not which cue is used in their place.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.xray_audit import AuditFlag, Interval, Level, SkillLeft, Zone
from cnn_core.xray.audit.blind import FoldScores, Material
from cnn_core.xray.audit.flags import figure, with_interval
from cnn_core.xray.auroc import auroc_statistic, mean_statistic, within
from cnn_core.xray.auroc_interval import logit_interval
from cnn_core.xray.intervals import FEWEST_PATIENTS, Statistic, bootstrap

MASKED: tuple[Zone, ...] = ("border", "no-centre")
RED, AMBER = 0.50, 0.25
NEEDED = 0.60
"""Nothing is judged where the whole film's AUROC cannot be told from this."""

_PLACES: dict[Zone, str] = {
    "border": "in the outer tenth of the film alone",
    "no-centre": "with the centre of the film blacked out",
}

Floats = NDArray[np.float64]


def skill_left(scores: Mapping[Zone, FoldScores], material: Material) -> tuple[SkillLeft, ...]:
    """Return the share of skill left of each class in each masked zone.

    Args:
        scores: of "full" and of each zone of `MASKED`, with the same folds.
        material: labels and groups.

    The share is (masked - 0.5) / (full - 0.5), both AUROC against the rest, means over the folds;
    its interval has the percentiles of the paired draws. After G. Maguolo, L. Nanni, "A critic
    evaluation of methods for COVID-19 automatic detection from X-ray images", Information Fusion 76
    (2021), 1-7, who black the centre out.
    """
    found = []
    folds = scores["full"].folds
    strata = material.labels + folds * len(material.classes)
    for number, label in enumerate(material.classes):
        positive = material.labels == number
        statistics = [
            _over_folds(positive, scores[zone].probabilities[:, number], folds)
            for zone in ("full", *MASKED)
        ]
        ones = np.ones((1, len(positive)), dtype=np.float32)
        values = [float(statistic(ones)[0]) for statistic in statistics]
        draws = bootstrap(
            statistics,
            material.groups,
            strata=strata,
            draws=material.draws,
            seed=material.seed,
        )
        patients = len(np.unique(material.groups[positive]))
        fewest = min(patients, len(np.unique(material.groups[~positive])))
        if fewest < FEWEST_PATIENTS or not np.isfinite(values).all():
            continue
        others = len(np.unique(material.groups)) - fewest
        interval = logit_interval(values[0], draws[0], fewest, max(1, others))
        for place, zone in enumerate(MASKED, start=1):
            found.append(_judged(label, zone, values[0], interval, values[place], draws, place))
    return tuple(found)


def _over_folds(positive: NDArray[np.bool_], scores: Floats, folds: NDArray[np.int64]) -> Statistic:
    parts = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    return mean_statistic(
        [within(auroc_statistic(positive[part], scores[part]), part) for part in parts]
    )


def _judged(
    label: str,
    zone: Zone,
    full: float,
    full_interval: Interval,
    masked: float,
    draws: Floats,
    place: int,
) -> SkillLeft:
    level: Level = "not judged"
    share: float | None = None
    interval: Interval | None = None
    if full_interval[0] > NEEDED:
        share = (masked - 0.5) / (full - 0.5)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = (draws[place] - 0.5) / (draws[0] - 0.5)
        low, high = np.quantile(ratios[np.isfinite(ratios)], (0.025, 0.975))
        interval = float(low), float(high)
        level = "red" if low >= RED else "amber" if low >= AMBER else "green"
    return SkillLeft(
        label=label,
        zone=zone,
        full=full,
        full_interval=full_interval,
        masked=masked,
        share=share,
        interval=interval,
        level=level,
    )


def nothing_to_judge() -> AuditFlag:
    """Return the flag of a set that is too small for the test."""
    return AuditFlag(
        part=5,
        name="shortcut",
        level="not judged",
        value=None,
        sentence=f"Too few patients for the shortcut test: it needs {FEWEST_PATIENTS} of every "
        "class, and two folds with all classes in each.",
    )


def skill_flag(found: SkillLeft) -> AuditFlag:
    """Return the flag of one class and zone, its sentence computed."""
    name = f"shortcut-{found.zone}-{found.label}"
    where = _PLACES[found.zone]
    if found.share is None or found.interval is None:
        return AuditFlag(
            part=5,
            name=name,
            level=found.level,
            value=None,
            sentence=f"{found.label}: not judged {where}, for the small model's AUROC on the whole "
            f"film, {with_interval(found.full, found.full_interval)}, cannot be told from "
            f"{NEEDED:.2f}.",
        )
    above, left = found.full - 0.5, found.masked - 0.5
    sentence = (
        f"{found.label}: of the {above:.2f} above chance, {max(left, 0.0):.2f} "
        f"{'remains' if left > 0 else 'remain'} {where}: a share of "
        f"{figure(found.share)} ({figure(found.interval[0])} to {figure(found.interval[1])})."
    )
    if found.level == "red":
        sentence += " The score does not need the lungs; this does not show which cue is used."
    return AuditFlag(part=5, name=name, level=found.level, value=found.share, sentence=sentence)
