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
                sentence=f"Its triage score of {score:.3f} lies below the threshold of "
                f"{point.threshold or 0:.3f} ({OWN_PRIOR}), its set holds normal-labelled films "
                "alone, and no check refused it.",
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
                sentence=f"Its triage score of {score:.3f} is not below the threshold of "
                f"{point.threshold:.3f} ({OWN_PRIOR}).",
            )
        )
    if tuple(conformal) != (NORMAL,):
        found.append(Reason(code="set", sentence=_set_sentence(conformal, sets)))
    return tuple(found)


def _set_sentence(conformal: Sequence[str], sets: ConformalSets) -> str:
    if not sets.on:
        return sets.sentence
    if not conformal:
        return "Its prediction set is empty: it is unlike the films of every class."
    names = [resembles(label).removeprefix("resembles: ") for label in conformal if label != NORMAL]
    return f"Its prediction set does not rule out {' or '.join(names)}."
