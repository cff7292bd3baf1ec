"""A case as a row of the prediction log, and back.

Each case has a number among those of its model, from 1, given when it is written and never given
again, whatever is purged: by it windows stay what they were, and the first cases can be told from
the oldest that are left.
"""

import sqlite3
from array import array
from dataclasses import dataclass

from cnn_core.results.monitoring import LoggedCase

COLUMNS = (
    "number, id, at, channel, model, image, patient, decision, reason, score, probabilities, "
    "gate_distance, brightness, contrast, projection, seconds, sampled, label, blind"
)

_COUNT = """
INSERT INTO counters (model, last) VALUES (?, 1) ON CONFLICT (model) DO UPDATE SET last = last + 1
"""
_ADD = f"""
INSERT INTO cases ({COLUMNS})
SELECT last, {", ".join("?" * 18)} FROM counters WHERE model = ?
"""


@dataclass(frozen=True, kw_only=True)
class LoggedModel:
    """A triage model that the log has cases of.

    Attributes:
        sha256: of the model.
        cases: how many.
        first: seconds since 1970 of the first that is kept.
        last: of the last.
    """

    sha256: str
    cases: int
    first: float
    last: float


def insert(connection: sqlite3.Connection, case: LoggedCase, *, sampled: bool) -> None:
    """Write a case under the next number of its model, inside a transaction.

    Args:
        connection: that is writing.
        case: whose own `number` and `sampled` are not looked at.
        sampled: whether it was drawn for review.
    """
    connection.execute(_COUNT, (case.model,))
    connection.execute(_ADD, (*_values(case, sampled=sampled), case.model))


def case_of(row: sqlite3.Row) -> LoggedCase:
    """Return what a row of `COLUMNS` says."""
    return LoggedCase(
        **{
            **dict(row),
            "probabilities": _numbers(row["probabilities"]),
            "projection": _numbers(row["projection"]),
            "sampled": bool(row["sampled"]),
            "blind": bool(row["blind"]),
        }
    )


def _values(case: LoggedCase, *, sampled: bool) -> tuple[object, ...]:
    """Return a case under `COLUMNS`, but its number."""
    return (
        case.id,
        case.at,
        case.channel,
        case.model,
        case.image,
        case.patient,
        case.decision,
        case.reason,
        case.score,
        array("d", case.probabilities).tobytes(),
        case.gate_distance,
        case.brightness,
        case.contrast,
        array("d", case.projection).tobytes(),
        case.seconds,
        int(sampled),
        case.label,
        int(case.blind),
    )


def _numbers(packed: bytes) -> tuple[float, ...]:
    return tuple(array("d", packed))
