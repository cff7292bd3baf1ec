"""Cases of a person's worklist: plain values, kept in the app's memory alone."""

from dataclasses import dataclass, field
from typing import Literal

from cnn_core.results.triage import TriedFilm
from cnn_core.results.xray_study import StudyResult

CaseStatus = Literal["waiting", "reading", "done", "failed"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Judge:
    """What has to be known of the triage model that judged a film, though the model may be gone.

    Attributes:
        sha256: of the model, hexadecimal.
        title: for a person.
        synthetic: whether it was trained on films that a program drew.
        classes: of its probabilities.
        prior: share of each class that they assume.
        parity: largest difference from torch where it was exported.
        result: of its study: the audit, and what the figures promise.
        under: what stands under everything that it says, a line each; the red audit is among them.
    """

    sha256: str
    title: str
    synthetic: bool
    classes: tuple[str, ...]
    prior: tuple[float, ...]
    parity: float
    result: StudyResult
    under: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One film of a worklist.

    Attributes:
        id: random, 32 hexadecimal digits: its place in the address bar, and nothing else.
        name: of the file, for this person's eyes alone.
        status: where its work stands.
        sentence: of a failed one: what was wrong, and what to do.
        tried: what was said of it, None until it is done.
        judge: who said it, None until it is done.
        retriable: whether its bytes are still at hand.
        in_review: whether it enters review: all that are referred, and the routine ones drawn.
        sampled: whether it is routine and was drawn.
        label: the reviewer's, "" while there is none.
        note: the reviewer's; it stays in memory and in the person's own exports.
        blind: whether the label was given before decision and score were seen.
        logged: whether the prediction log has the label.
        seen: whether decision or score, of this film or of one of the same bytes, were shown to
            this person.
        drawn: whether the app drew it to try triage with: neither it nor its label is in a log.
    """

    id: str
    name: str
    status: CaseStatus
    sentence: str = ""
    tried: TriedFilm | None = None
    judge: Judge | None = None
    retriable: bool = False
    in_review: bool = False
    sampled: bool = False
    label: str = ""
    note: str = ""
    blind: bool = False
    logged: bool = False
    seen: bool = False
    drawn: bool = False


@dataclass(frozen=True, kw_only=True)
class WorklistProgress:
    """How far a worklist's work has come.

    Attributes:
        done: films that are done or failed.
        total: all.
        ahead: films of other people that come first.
        seconds_left: about how long the rest takes, None while that is not known.
    """

    done: int
    total: int
    ahead: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of files that were brought to a worklist.

    Attributes:
        taken: how many are on it now.
        refused: why others are not, a sentence each; () if all are.
    """

    taken: int
    refused: tuple[str, ...] = field(default=())
