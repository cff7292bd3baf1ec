"""What an audit of a film set, and the comparison of protocols, found: plain values."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["red", "amber", "green", "not judged"]
Interval = tuple[float, float]
Zone = Literal["full", "border", "no-centre", "centre"]
"""What of a film a model sees: all of it; the outer tenth alone; all but the central zone, which is
black; the central zone alone."""

PARTS = {
    1: "Duplicates",
    2: "Patients",
    3: "Associations",
    4: "Without the picture",
    5: "Shortcut",
    6: "Sources",
}
"""The parts of an audit, by number."""


@dataclass(frozen=True, kw_only=True)
class AuditFlag:
    """One thing that was looked at.

    Attributes:
        part: of the dataset audit (`PARTS`).
        name: stable, for programs ("label-by-source", "shortcut-border-covid19").
        level: how bad it is.
        value: the figure that was judged, None where there is none.
        sentence: plain, computed from the figures.
    """

    part: int
    name: str
    level: Level
    value: float | None
    sentence: str


@dataclass(frozen=True, kw_only=True)
class DuplicatePair:
    """Two films (places in `FilmSet.films`) that are nearly one.

    Attributes:
        kind: "exact", "near", "inverted", "mirrored", "crop" (embedding alone), "review" (41-56
            bits: a person has to look).
        distance: bits of 256, or the cosine distance of "crop".
    """

    first: int
    second: int
    kind: Literal["exact", "near", "inverted", "mirrored", "crop", "review"]
    distance: float


@dataclass(frozen=True, kw_only=True)
class Association:
    """How far a column tells the label.

    Attributes:
        column: its name.
        cramers_v: bias-corrected, 0 to 1 (Bergsma 2013).
        levels: of the column, "missing" among them; numbers in bins.
        table: films by class (rows, in the set's order) and level (columns).
        level: red from 0.3, amber from 0.1.
    """

    column: str
    cramers_v: float
    levels: tuple[str, ...]
    table: tuple[tuple[int, ...], ...]
    level: Level


@dataclass(frozen=True, kw_only=True)
class BlindScore:
    """How well something that never sees the lungs tells the classes, patient-grouped.

    Attributes:
        what: "table", "file", or a `Zone`.
        auroc: macro-average over the classes (one against the rest), mean over the folds.
        interval: 95 %, patient bootstrap.
        by_class: AUROC of each class, in the set's order; NaN never: None where it is not defined.
        columns: which columns it used.
    """

    what: str
    auroc: float
    interval: Interval
    by_class: tuple[float | None, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SkillLeft:
    """Share of the skill above chance that is left without the lungs, for a class and a zone.

    Attributes:
        share: (masked - 0.5) / (full - 0.5).
        interval: 95 %, paired bootstrap on patients.
        level: red if the lower end is 0.5 or more, amber from 0.25; "not judged" where full cannot
            be told from 0.6.
    """

    label: str
    zone: Zone
    full: float
    full_interval: Interval
    masked: float
    share: float | None
    interval: Interval | None
    level: Level


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """One source: films and patients by class, in the set's order.

    Attributes:
        carries: the classes of which it has 30 patients or more.
        within: AUROC inside this source of each pair of classes that it carries, with its interval.
    """

    source: str
    films: tuple[int, ...]
    patients: tuple[int, ...]
    carries: tuple[str, ...]
    within: tuple["WithinSource", ...] = ()


@dataclass(frozen=True, kw_only=True)
class WithinSource:
    """Discrimination of two classes inside one source, patient-grouped."""

    first: str
    second: str
    auroc: float
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A score on one source of a model that never saw it (leave one source out)."""

    source: str
    auroc: float
    interval: Interval
    films: int


@dataclass(frozen=True, kw_only=True)
class XrayAudit:
    """The audit of a film set.

    Attributes:
        film_set: its id.
        flags: all of them, the gravest first.
        pairs: duplicates and what a person has to look at, at most 2,000 of a kind, the nearest.
        groups: number of each film's group `(N,)`: its patient and near-duplicates together; what
            is never divided by a split.
        cross_label_patients: patients whose films carry different labels, as the table names them
            (or "film NAME" where it does not).
        images_a_patient: how many patients have so many films, {films: patients}.
        associations: label by source, view, age, sex, licence and every other column.
        blind: the table and the file as classifiers, and the small model by zone.
        skill: the shortcut test.
        sources: a row for each.
        left_out: leave one source out, where every class is carried by two sources; else ().
        unseen: the sentence on what can be said of an unseen hospital.
        model: what the small model is, in words.
        seconds: that the audit took.
        pair_counts: how many pairs of each kind there are, kept in `pairs` or not; {} in an audit
            that kept all of them (`counted_pairs` counts those).
    """

    film_set: str
    flags: tuple[AuditFlag, ...]
    pairs: tuple[DuplicatePair, ...]
    groups: tuple[int, ...]
    cross_label_patients: tuple[str, ...]
    images_a_patient: dict[str, int]
    associations: tuple[Association, ...]
    blind: tuple[BlindScore, ...]
    skill: tuple[SkillLeft, ...]
    sources: tuple[SourceRow, ...]
    left_out: tuple[LeftOut, ...]
    unseen: str
    model: str
    seconds: float
    pair_counts: dict[str, int] = field(default_factory=dict)

    @property
    def counted_pairs(self) -> dict[str, int]:
        """How many pairs of each kind there are; of an audit that kept all of them, by counting."""
        return self.pair_counts or dict(Counter(pair.kind for pair in self.pairs))

    @property
    def level(self) -> Level:
        """The gravest level of all flags."""
        order: tuple[Level, ...] = ("red", "amber", "green", "not judged")
        found = {flag.level for flag in self.flags}
        return next((level for level in order if level in found), "not judged")

    def reasons(self, level: Level = "red") -> tuple[str, ...]:
        """Return the sentences of the flags of one level."""
        return tuple(flag.sentence for flag in self.flags if flag.level == level)


@dataclass(frozen=True, kw_only=True)
class ProtocolScore:
    """One way of asking "how good is it?", and its answer.

    Attributes:
        grouped: whether a patient's films stay on one side.
        zone: what of the film the model sees.
        unseen: whether the test films are from a source that training never saw.
        auroc: macro-average, None where the protocol cannot be carried out with these data.
        interval: 95 %, patient bootstrap; None likewise.
        films: that were scored.
        sentence: what it is, or why it cannot be measured.
    """

    grouped: bool
    zone: Zone
    unseen: bool
    auroc: float | None
    interval: Interval | None
    films: int
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Protocols:
    """The naive score beside the honest one, and what lies between them.

    Attributes:
        film_set: its id.
        scores: every combination of grouping, zone and source.
        naive: place in `scores` of films split at random, full picture, seen source.
        honest: place in `scores` of patients kept together, central zone alone, unseen source where
            it can be measured (seen where it cannot).
        sentence: what the two say, computed.
        model: what the small model is, in words.
        seconds: that it took.
    """

    film_set: str
    scores: tuple[ProtocolScore, ...]
    naive: int
    honest: int
    sentence: str
    model: str
    seconds: float
