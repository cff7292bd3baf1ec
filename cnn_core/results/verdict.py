"""What curves say of a fit, and what to try: plain values for pages, terminals and files."""

from dataclasses import dataclass
from typing import Literal, get_args

from cnn_core.results.config import TrainConfig

VerdictKind = Literal[
    "underfitting", "overfitting", "well-fitted", "still-improving", "diverging", "cannot-tell"
]
VERDICTS: tuple[VerdictKind, ...] = get_args(VerdictKind)

ChangeKind = Literal[
    "more-data",
    "augmentation",
    "weight-decay",
    "dropout",
    "larger-net",
    "smaller-net",
    "longer",
    "lower-rate",
]
CHANGES: tuple[ChangeKind, ...] = get_args(ChangeKind)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One figure that a verdict rests on.

    Attributes:
        id: "gap", "valid-slope", ...; unique in a verdict.
        what: what was measured, for a person, with its unit.
        value: mean over the seeds; None where it could not be measured.
        low: lower end of its 95 % interval, None where there is none.
        high: upper end.
        threshold: what it is held against.
        holds: whether it speaks for the verdict that was given.
        sentence: figure, threshold and what follows, in words.
    """

    id: str
    what: str
    value: float | None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    holds: bool = False
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class FitVerdict:
    """What the curves of a run, or of a group of seeds, say.

    Attributes:
        kind: one of `VERDICTS`.
        sentence: the verdict with its figures, for a person.
        evidence: all that was looked at, that which decided it first.
        seeds: how many runs it rests on.
        epochs: how many epochs they have come to.
    """

    kind: VerdictKind
    sentence: str
    evidence: tuple[Evidence, ...]
    seeds: int
    epochs: int


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One change to try, and why.

    Attributes:
        kind: one of `CHANGES`.
        title: what is done, beginning with a verb ("Train with twice the data").
        why: one sentence that follows from the verdict.
        config: the configuration with the change, and nothing else changed but what the change
            needs.
        changed: names of the fields that differ.
    """

    kind: ChangeKind
    title: str
    why: str
    config: TrainConfig
    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a change did to one figure: after minus before, over equal seeds.

    Attributes:
        id: "test-accuracy", "valid-accuracy", "gap", "train-accuracy", "seconds".
        what: for a person, with the unit.
        before: mean without the change.
        after: mean with it.
        mean: of the differences seed by seed.
        low: lower end of its 95 % interval; None where it cannot be had (one seed, no test set).
        high: upper end.
        seeds: how many pairs.
        told_apart: whether the interval leaves out 0.
        sentence: in words; "cannot be told apart at n = 3" where that is so.
    """

    id: str
    what: str
    before: float
    after: float
    mean: float
    low: float | None
    high: float | None
    seeds: int
    told_apart: bool
    sentence: str
