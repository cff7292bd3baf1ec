"""What is said of one film at triage, in words: the same on page, in a terminal and over HTTP.

Probabilities are re-weighted to the assumed prevalences and never stand alone. `plain` is the JSON
of terminal and service alike. Nothing here says whose film it was, nor what its file was called;
names of classes and sources are not escaped here.
"""

import math
from collections.abc import Mapping

from cnn_core.charts.film_words import (
    at_prevalence,
    between,
    figure,
    labelled,
    under_every_result,
)
from cnn_core.results.prevalences import reweighted
from cnn_core.results.triage import OWN_PRIOR, HeatMap, NearCase, Prediction
from cnn_core.results.xray_plan import STATEMENT, resembles
from cnn_core.results.xray_prevalence import ASSUMES
from cnn_core.results.xray_study import StudyResult

_HEADLINES = {
    "routine": "Routine: no reason was found to put this film first.",
    "refer": "Refer: a person should look at this film early.",
    "refused": "Refused: this model does not judge such a picture; a person should look at it.",
}
_A_COPY = 0.02  # cosine distance; a film's own re-compressed copy lies at about 0.01
ROUTINE_IS = "Routine is a place in the queue, not a finding: every film is still read by a person."
"""Stands beside a film that is routine."""


def headline(prediction: Prediction) -> str:
    """Return the decision in a sentence."""
    return _HEADLINES[prediction.decision]


def reason_list(prediction: Prediction) -> tuple[str, ...]:
    """Return why, a sentence each, the weightiest first."""
    return tuple(reason.sentence for reason in prediction.reasons)


def at_prevalences(
    prediction: Prediction, prevalences: Mapping[str, float]
) -> dict[str, float] | None:
    """Return the probability of each class at assumed prevalences; None of a refused film.

    Args:
        prediction: what is said of a film.
        prevalences: share of each of its classes, adding up to 1.

    Raises:
        ValueError: shares that cannot be.
        KeyError: a class without a share.
    """
    if not prediction.probabilities:
        return None
    target = [prevalences[label] for label in prediction.classes]
    said = reweighted([prediction.probabilities], prediction.prior, target)[0].tolist()
    return dict(zip(prediction.classes, said, strict=True))


def probability_rows(
    prediction: Prediction, prevalences: Mapping[str, float]
) -> tuple[tuple[str, str], ...]:
    """Return each class with its probability at its assumed prevalence; () of a refused film.

    Returns:
        Pairs ("resembles: COVID-19-labelled films", "0.62 at an assumed prevalence of 8 %").
    """
    said = at_prevalences(prediction, prevalences) or {}
    return tuple(
        (resembles(label), at_prevalence(value, prevalences[label]))
        for label, value in said.items()
    )


def set_words(prediction: Prediction) -> str:
    """Return which classes the film's conformal set holds; "" of a refused film.

    What such sets promise is the study's to say (`sets_promise`).
    """
    if prediction.decision == "refused":
        return ""
    if not prediction.conformal:
        return "The set is empty: the film is unlike the films of every class."
    names = [labelled(label) for label in prediction.conformal]
    if len(names) == 1:
        return f"The set holds one class: {names[0]}."
    return f"The set holds {len(names)} classes: {', '.join(names[:-1])} and {names[-1]}."


def sets_promise(result: StudyResult) -> str:
    """Return what the sets of a study promise, and the range that few calibration patients leave.

    With 30 to 99 of them, the range in which the realised share plausibly lies is part of it.
    """
    sets = result.conformal
    ranges = [
        f"{between(plausible)} of {labelled(label)} ({patients} calibration patients)"
        for label, patients, plausible in zip(
            result.classes, sets.calibration, sets.plausible, strict=True
        )
        if plausible is not None
    ]
    if not ranges:
        return sets.sentence
    return f"{sets.sentence} The share that keeps it plausibly lies at {', and '.join(ranges)}."


def spread_words(prediction: Prediction) -> str:
    """Return how far the triage score moves over altered views; "" where none were asked for."""
    views, score = prediction.view_scores, prediction.score
    if not views or score is None:
        return ""
    text = (
        f"Over {len(views)} slightly altered views of the film the triage score lies between "
        f"{figure(min(views))} and {figure(max(views))}, {figure(score)} as it is ({OWN_PRIOR})"
    )
    threshold = prediction.threshold
    if threshold is None:
        return f"{text}."
    across = sum((view < threshold) != (score < threshold) for view in views)
    if not across:
        return f"{text}; none of them crosses the threshold."
    return f"{text}; {across} of them cross{'es' if across == 1 else ''} the threshold."


def nearest_words(prediction: Prediction) -> tuple[str, ...]:
    """Return the nearest training films, a line each; () where none were asked for."""
    return tuple(_near(case) for case in prediction.nearest)


def _near(case: NearCase) -> str:
    label = labelled(case.label).removesuffix("s") if case.label else "label not known"
    source = case.source or "source not known"
    same = " (this film, or a copy of it)" if case.distance < _A_COPY else ""
    return f"{label}, {source}, at a cosine distance of {case.distance:.3f}{same}"


def plain(
    prediction: Prediction, result: StudyResult, prevalences: Mapping[str, float]
) -> dict[str, object]:
    """Return everything that is said of a film as JSON values: what terminal and service reply.

    Args:
        prediction: what is said of it.
        result: of the study that the model is of.
        prevalences: share of each of its classes, adding up to 1.

    Returns:
        Without NaN, without a file name, without pixels but those of a heat map that was asked for.
    """
    said = at_prevalences(prediction, prevalences)
    return {
        "id": prediction.id,
        "model": prediction.model,
        "decision": prediction.decision,
        "headline": headline(prediction),
        "reasons": [{"code": each.code, "sentence": each.sentence} for each in prediction.reasons],
        "checks": [
            {
                "code": each.code,
                "title": each.title,
                "passed": each.passed,
                "sentence": each.sentence,
            }
            for each in prediction.checks
        ],
        "score": _finite(prediction.score),
        "threshold": _finite(prediction.threshold),
        "score_assumes": dict(zip(prediction.classes, prediction.prior, strict=True)),
        "probabilities": None
        if said is None
        else [
            {
                "class": label,
                "resembles": resembles(label),
                "probability": value,
                "assumed_prevalence": prevalences[label],
                "sentence": at_prevalence(value, prevalences[label]),
            }
            for label, value in said.items()
        ],
        "set": list(prediction.conformal) if said is not None else None,
        "set_sentence": set_words(prediction),
        "sets_promise": sets_promise(result),
        "view_scores": list(prediction.view_scores),
        "spread_sentence": spread_words(prediction),
        "nearest": [
            {"label": each.label, "source": each.source, "distance": _finite(each.distance)}
            for each in prediction.nearest
        ],
        "gate_distance": _finite(prediction.gate_distance),
        "gate_limit": _finite(prediction.gate_limit),
        "brightness": _finite(prediction.brightness),
        "contrast": _finite(prediction.contrast),
        "heat": None if prediction.heat is None else _heat(prediction.heat),
        "seconds": _finite(prediction.seconds),
        "assumes": ASSUMES,
        "statement": STATEMENT,
        "under_every_result": list(under_every_result(result)),
    }


def _heat(heat: HeatMap) -> dict[str, object]:
    return {
        "label": heat.label,
        "outside": _finite(heat.outside),
        "outside_even": _finite(heat.outside_even),
        "randomised": _finite(heat.randomised),
        "sentence": heat.sentence,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
