"""Sensitivity from reviewers' labels, when all referred films are reviewed and few routine ones.

It is that of the films on the triage page: those that came over HTTP or in a terminal have no way
to a label, and no labelled film stands for them. A label counts if it was given before decision and
score were seen and the reviewer could tell: with an unclear one a film counts as not labelled.
Referred and refused films are reviewed as far as reviewers come, routine ones only if they were
drawn (a random tenth). A labelled film stands for all films of its decision: its weight is one over
its chance of having been reviewed, estimated as the labelled share of them (D. G. Horvitz, D. J.
Thompson, "A generalization of sampling without replacement from a finite universe", JASA 47 (1952),
663-685, post-stratified). Without routine films among the labelled, no sensitivity can be
estimated, and none is.

The interval is no bootstrap's. Where one film in ten is drawn, a missed one weighs ten times as
much as one that was referred, and often none is among those drawn: resampling then says that none
is missed (its 95 % intervals cover in 58 to 95 % of samples, these in 94 to 99 %:
`studies/review_sensitivity.py`).
Pure; for any thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.wording import counted
from cnn_core.results.chance import percent, span
from cnn_core.results.metrics import clopper_pearson, wilson_interval
from cnn_core.results.monitoring import LoggedCase, ReviewResult
from cnn_core.results.worklist_rows import UNCLEAR
from cnn_core.results.xray_evaluation import Interval, Measured
from cnn_core.xray.effective import effective_size
from cnn_core.xray.intervals import FEWEST_PATIENTS, no_figure, too_few

NO_LABELS = "Sensitivity cannot be estimated: no film has a label that counts, given blind."
ONLY_REFERRED = "Sensitivity cannot be estimated: only referred films were reviewed."
METHOD = "inverse-probability weighted; interval by MOVER over Wilson and Clopper-Pearson"

_LABELLED_ON = "page"
_REFERRED = ("refer", "refused")
_ROUTINE = "routine"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stratum:
    """Films of one decision: how many there are, and those with a label that counts."""

    decision: str
    films: int
    unclear: int
    labels: tuple[str, ...]
    patients: NDArray[np.str_]

    @property
    def weight(self) -> float:
        """How many films a labelled one stands for."""
        return self.films / len(self.labels)

    def share(self, diseases: Sequence[str]) -> float:
        """The diseased share of the labelled films."""
        return sum(label in diseases for label in self.labels) / len(self.labels)

    def effective(self, diseases: Sequence[str]) -> float:
        """How many independent films the labelled ones are worth."""
        if len(set(self.patients)) == len(self.labels):
            return float(len(self.labels))
        good = np.array([label in diseases for label in self.labels])
        return effective_size(good, self.patients)


def weighted_sensitivity(cases: Sequence[LoggedCase], diseases: Sequence[str]) -> ReviewResult:
    """Return the share of diseased films that was referred, by disease and of all (under "").

    Args:
        cases: of one model, with labels as far as there are any; only those of the page count.
        diseases: labels that count as diseased; every other label but `UNCLEAR` is one of no
            disease.
    """
    given = len(cases)
    cases = [case for case in cases if case.channel == _LABELLED_ON]
    seen = sum(bool(case.label) and not case.blind for case in cases)
    strata = {name: _stratum(cases, name) for name in (_ROUTINE, *_REFERRED)}
    routine = strata[_ROUTINE]
    labelled = sum(len(stratum.labels) for stratum in strata.values())
    told = [stratum for stratum in strata.values() if stratum.labels]
    groups = {"": tuple(diseases), **{name: (name,) for name in diseases}}
    refused = _why_not(routine, labelled)
    unclear = sum(stratum.unclear for stratum in strata.values())
    known = {} if refused else {name: _estimate(told, group) for name, group in groups.items()}
    return ReviewResult(
        labelled=labelled,
        routine_labelled=len(routine.labels),
        seen_before=seen,
        sensitivity=known,
        weighted_positive={name: _weighted(told, groups[name]) for name in known},
        effective={name: _kish(told, groups[name]) for name in known},
        sentence=" ".join(
            [
                *([refused] if refused else _sentence(cases, known[""], strata)),
                *_left_out(seen, unclear, given - len(cases)),
            ]
        ),
        unclear=unclear,
        elsewhere=given - len(cases),
    )


def _stratum(cases: Sequence[LoggedCase], decision: str) -> _Stratum:
    films = [case for case in cases if case.decision == decision]
    # a routine film that was not drawn is labelled for a reason: it stands for no other
    read = [c for c in films if c.label and c.blind and (decision != _ROUTINE or c.sampled)]
    told = [case for case in read if case.label != UNCLEAR]
    return _Stratum(
        decision=decision,
        films=len(films),
        unclear=len(read) - len(told),
        labels=tuple(case.label for case in told),
        patients=np.array([case.patient for case in told], dtype=np.str_),
    )


def _why_not(routine: _Stratum, labelled: int) -> str:
    """Return why nothing can be estimated, "" if something can."""
    if not labelled:
        return NO_LABELS
    if routine.films and not routine.labels:
        return ONLY_REFERRED
    if routine.films and len(routine.labels) < FEWEST_PATIENTS:
        return (
            "Sensitivity cannot be estimated yet: of routine films drawn for review "
            f"{len(routine.labels)} have a label that was given blind; {FEWEST_PATIENTS} are the "
            "fewest."
        )
    return ""


def _estimate(strata: Sequence[_Stratum], diseases: Sequence[str]) -> Measured:
    """Sensitivity and its interval.

    With a the share of all films that are diseased and referred, and b of those that are diseased
    and routine, sensitivity is 1 / (1 + b / a). Their variances are those of a two-phase sample
    (W. G. Cochran, "Sampling techniques" (3rd ed., 1977), equation 12.5); each has an interval at
    its effective sample size (E. L. Korn, B. I. Graubard, Survey Methodology 24 (1998), 193-201),
    and b / a gets its own from these (A. Donner, G. Y. Zou, "Closed-form confidence intervals for
    functions of the normal mean and standard deviation", Statistical Methods in Medical Research
    21 (2012), 347-359: MOVER).
    """
    films = sum(len(stratum.labels) for stratum in strata)
    ill = {
        patient
        for stratum in strata
        for patient, label in zip(stratum.patients, stratum.labels, strict=True)
        if label in diseases
    }
    if len(ill) < FEWEST_PATIENTS:
        return too_few(films, len(ill))
    referred = [stratum for stratum in strata if stratum.decision != _ROUTINE]
    routine = [stratum for stratum in strata if stratum.decision == _ROUTINE]
    total = sum(stratum.films for stratum in strata)
    a, a_size = _share(referred, diseases, total)
    b, b_size = _share(routine, diseases, total)
    if a == 0:
        return no_figure(films, len(ill), "no diseased film was referred")
    a_ends = wilson_interval(a * a_size, a_size)
    b_ends = clopper_pearson(b * b_size, b_size) if routine else (0.0, 0.0)
    low, high = _ratio(b, b_ends, a, a_ends)
    if not routine:  # everything was referred: a share of 1 like any other
        low, high = 0.0, 1 / wilson_interval(float(len(ill)), len(ill))[0] - 1
    return Measured(
        value=a / (a + b),
        interval=(1 / (1 + high), 1 / (1 + low)),
        films=films,
        patients=len(ill),
        method=METHOD,
    )


def _share(strata: Sequence[_Stratum], diseases: Sequence[str], total: int) -> tuple[float, float]:
    """Return the share of all films that are of these strata and diseased, and what it is worth."""
    if not strata:
        return 0.0, 1.0
    shares = [stratum.films / total * stratum.share(diseases) for stratum in strata]
    share = sum(shares)
    labelled = sum(len(stratum.labels) for stratum in strata)
    design = sum(stratum.effective(diseases) for stratum in strata) / labelled
    drawn = sum(len(stratum.labels) for stratum in strata) / sum(s.films for s in strata)
    if share == 0:  # the limit of what follows
        return share, total * drawn * design
    second = sum(
        (stratum.films / total) ** 2
        * (1 - len(stratum.labels) / stratum.films)
        * stratum.share(diseases)
        * (1 - stratum.share(diseases))
        / len(stratum.labels)
        for stratum in strata
    )
    variance = share * (1 - share) / total + second
    size = share * (1 - share) / variance if variance > 0 else total * drawn
    return share, max(1.0, size * design)


def _ratio(b: float, b_ends: Interval, a: float, a_ends: Interval) -> Interval:
    """MOVER for b / a, of independent shares with their intervals (Donner & Zou 2012, eq. 9)."""

    def spread(value: float, end: float) -> float:
        return end * (2 * value - end)

    product = a * b
    low_inside = product**2 - spread(b, b_ends[0]) * spread(a, a_ends[1])
    high_inside = product**2 - spread(b, b_ends[1]) * spread(a, a_ends[0])
    low_over, high_over = spread(a, a_ends[1]), spread(a, a_ends[0])
    low = (product - np.sqrt(max(0.0, low_inside))) / low_over if low_over > 0 else 0.0
    high = (product + np.sqrt(max(0.0, high_inside))) / high_over if high_over > 0 else np.inf
    return max(0.0, float(low)), float(high)


def _weights(strata: Sequence[_Stratum], diseases: Sequence[str]) -> NDArray[np.float64]:
    """The weight of each labelled diseased film."""
    return np.array(
        [stratum.weight for stratum in strata for label in stratum.labels if label in diseases]
    )


def _weighted(strata: Sequence[_Stratum], diseases: Sequence[str]) -> float:
    return float(_weights(strata, diseases).sum())


def _kish(strata: Sequence[_Stratum], diseases: Sequence[str]) -> float:
    """Effective sample size (L. Kish, "Survey sampling" (1965), section 11.7)."""
    weights = _weights(strata, diseases)
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def _sentence(
    cases: Sequence[LoggedCase],
    found: Measured,
    strata: dict[str, _Stratum],
) -> list[str]:
    routine = strata[_ROUTINE]
    if found.value is None or found.interval is None:
        said = [f"Sensitivity cannot be estimated yet ({found.note} with a disease)."]
    else:
        said = [
            "Of the films that reviewers call diseased, an estimated "
            f"{percent(found.value)} ({span(found.interval)}) were referred."
        ]
    if routine.labels:
        drawn = sum(case.sampled for case in cases if case.decision == _ROUTINE)
        said.append(
            f"Of {counted(routine.films, 'routine film')}, {drawn} entered review and "
            f"{len(routine.labels)} have a label: each stands for {routine.weight:.1f}."
        )
    for name in _REFERRED:
        if strata[name].films and not strata[name].labels:
            which = "referred" if name == "refer" else "refused"
            said.append(
                f"{counted(strata[name].films, f'{which} film')} without any label stay out of it."
            )
    return said


def _left_out(seen: int, unclear: int, elsewhere: int) -> list[str]:
    """Return what does not count, a sentence each."""
    said = []
    if seen:
        does = "does" if seen == 1 else "do"
        said.append(f"{counted(seen, 'label')} given after the decision was seen {does} not count.")
    if unclear:
        counts = "counts" if unclear == 1 else "count"
        said.append(
            f"{counted(unclear, 'film')} of which the reviewer could not tell {counts} as not "
            "labelled."
        )
    if elsewhere:
        stays = "stays" if elsewhere == 1 else "stay"
        said.append(
            f"{counted(elsewhere, 'film')} that came over HTTP or in a terminal, where nobody can "
            f"label, {stays} out of it."
        )
    return said
