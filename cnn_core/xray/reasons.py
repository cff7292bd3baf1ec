"""Why a film is decided so, in plain words, the weightiest reason first. Pure.

Scores and thresholds are named with the prior that they belong to; probabilities at an assumed
prevalence are `charts.triage_words`'.
"""

from collections.abc import Sequence

from cnn_core.results.triage import OWN_PRIOR, Check, Decision, Reason
from cnn_core.results.xray_decision import ConformalSets, OperatingPoint
from cnn_core.results.xray_plan import resembles
from cnn_core.xray.operating_point import NORMAL


def refusal_reasons(checks: Sequence[Check]) -> tuple[Reason, ...]:
    """Return the checks that failed as reasons; () where none did."""
    return tuple(
        Reason(code=check.code, sentence=check.sentence) for check in checks if not check.passed
    )


def decision_reasons(
    decision: Decision,
    *,
    score: float,
    point: OperatingPoint,
    conformal: Sequence[str],
    sets: ConformalSets,
) -> tuple[Reason, ...]:
    """Return why a film that nothing refused is routine, or referred.

    Args:
        decision: "routine" or "refer".
        score: its triage score.
        point: the operating point.
        conformal: classes in its set.
        sets: where that is from.
    """
    if decision == "routine":
        return (
            Reason(
                code="routine",
                sentence=f"Its triage score of {_apart(score, point.threshold)} lies below the "
                f"threshold of {_apart(point.threshold, score)} ({OWN_PRIOR}), its set "
                "holds normal-labelled films alone, and no check refused it.",
            ),
        )
    found = []
    if point.threshold is None:
        found.append(
            Reason(code="no-threshold", sentence=f"{point.sentence} Every film is referred.")
        )
    elif score >= point.threshold:
        found.append(
            Reason(
                code="score",
                sentence=f"Its triage score of {_apart(score, point.threshold)} is not below the "
                f"threshold of {_apart(point.threshold, score)} ({OWN_PRIOR}).",
            )
        )
    if tuple(conformal) != (NORMAL,):
        found.append(Reason(code="set", sentence=_set_sentence(conformal, sets)))
    return tuple(found)


def _apart(value: float | None, other: float | None) -> str:
    """Return a figure with as many decimals as tell it from another, from nought and from one.

    >>> _apart(0.2681, 0.5), _apart(0.26812, 0.26809), _apart(0.99999, 0.3), _apart(0.5, 0.5)
    ('0.268', '0.26812', '0.99999', '0.500')
    """
    mine, theirs = value or 0.0, other or 0.0
    for digits in (3, 4, 5, 6, 9):
        text = f"{mine:.{digits}f}"
        alike = mine != theirs and text == f"{theirs:.{digits}f}"
        if not alike and (float(text) not in (0, 1) or mine in (0, 1)):
            return text
    return f"{mine:.12g}"


def _set_sentence(conformal: Sequence[str], sets: ConformalSets) -> str:
    if not sets.on:
        return sets.sentence
    if not conformal:
        return "Its prediction set is empty: it is unlike the films of every class."
    names = [resembles(label).removeprefix("resembles: ") for label in conformal if label != NORMAL]
    return f"Its prediction set does not rule out {' or '.join(names)}."
