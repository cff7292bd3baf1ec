"""What an experiment found, in sentences computed from its trials: for page and JSON alike."""

from dataclasses import dataclass
from typing import Literal

from cnn_core.results.trials import Share, Spread

Verdict = Literal["holds", "does not hold", "cannot be told", "not measured"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement that the experiment was made to look at.

    Attributes:
        id: what tests, JSON and docs/results.md call it.
        sentence: the statement with what was found, ending in a full stop.
        verdict: what these trials say of it. "cannot be told": too few seeds, or an interval that
            reaches over nought; that is a result. "not measured": these trials do not look at it.
        share: in how many seeds it was so, where it is counted.
        difference: the paired difference behind it, where it is one.
    """

    id: str
    sentence: str
    verdict: Verdict
    share: Share | None = None
    difference: Spread | None = None


@dataclass(frozen=True, kw_only=True)
class ExperimentReading:
    """What the trials say.

    Attributes:
        answer: id of the answer to the experiment's question that they speak for; "" for none.
        headline: one sentence with the figures that decide, ending in a full stop.
        meaning: what it means, one to four sentences.
        claims: the statements that were looked at.
    """

    answer: str
    headline: str
    meaning: tuple[str, ...]
    claims: tuple[Claim, ...] = ()
