"""What is said of one decoded film: checks, then the network, the gate, and only then classes.

Header and file are looked at first; what they refuse the network never sees. Of what the gate
refuses no probability is made. Free of torch; safe for many threads at once.
"""

import dataclasses
import hashlib
import secrets
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.films.decoding import DecodedFilm
from cnn_core.errors import WeightsError
from cnn_core.results.triage import Asked, Check, Decision, NearCase, Prediction
from cnn_core.runtime.heat import heat_map
from cnn_core.training.film_views import film_view
from cnn_core.xray.calibration import at_temperature
from cnn_core.xray.conformal import sets_of
from cnn_core.xray.decision import triage
from cnn_core.xray.film_checks import file_checks, gate_checks
from cnn_core.xray.gate import looks
from cnn_core.xray.nearest import nearest_known
from cnn_core.xray.operating_point import NORMAL, disease_places, triage_score
from cnn_core.xray.reasons import decision_reasons, refusal_reasons

if TYPE_CHECKING:
    from cnn_core.runtime.triage_model import Seen, TriageModel


def judged(model: "TriageModel", film: DecodedFilm, asked: Asked) -> Prediction:
    """Return what is said of a decoded film; `seconds` is left to the caller.

    Args:
        model: that is asked.
        film: as `data.films.decoding.decode_for_triage` gives it.
        asked: what is wanted beside the decision; nothing of it is made of a refused film.

    Raises:
        WeightsError: the network answers in values that are no numbers.
    """
    checks = file_checks(film)
    said = Prediction(
        id=secrets.token_hex(16),
        model=model.sha256,
        decision="refused",
        reasons=refusal_reasons(checks),
        checks=checks,
        score=None,
        threshold=model.result.operating_point.threshold,
        classes=model.classes,
        probabilities=(),
        prior=model.prior,
        conformal=(),
        brightness=film.brightness,
        contrast=film.contrast,
        seconds=0.0,
    )
    if said.reasons:
        return said
    sha256 = hashlib.sha256(film.pixels.tobytes()).hexdigest()
    view = film_view(film.pixels, model.row, sha256, 0)
    seen = model.ask(view[None])
    _validate_seen(seen)
    looked, distance = _gate_checks(model, seen)
    said = dataclasses.replace(
        said,
        checks=(*checks, *looked),
        reasons=refusal_reasons(looked),
        gate_distance=distance,
        gate_limit=model.gate.limit,
        projection=tuple(model.project(seen.embeddings)[0].tolist()),
    )
    if said.reasons:
        return said
    return _with_asked(_decided(said, model, seen), model, film, view, seen, sha256, asked)


def _gate_checks(model: "TriageModel", seen: "Seen") -> tuple[tuple[Check, ...], float]:
    """Return what the gate's looks say, and the distance to the nearest known films."""
    found = looks(model.gate, seen.embeddings)
    distance = float(found.distances[0])
    checks = gate_checks(
        altered=bool(found.altered[0]),
        far=bool(found.far[0]),
        distance=distance,
        limit=model.gate.limit,
    )
    return checks, distance


def _decided(said: Prediction, model: "TriageModel", seen: "Seen") -> Prediction:
    """Return what is said of a film that the gate passed: probabilities, set, decision."""
    result = model.result
    probabilities = _probabilities(model, seen.logits)
    sets = sets_of(probabilities, result.conformal)
    score = float(triage_score(probabilities, model.classes)[0])
    normal = model.classes.index(NORMAL) if NORMAL in model.classes else None
    threshold = None if normal is None else result.operating_point.threshold
    routine = triage(probabilities, sets, [True], threshold, normal=normal or 0)[0]
    decision: Decision = "routine" if routine else "refer"
    conformal = tuple(
        label for label, inside in zip(model.classes, sets[0].tolist(), strict=True) if inside
    )
    return dataclasses.replace(
        said,
        decision=decision,
        reasons=decision_reasons(
            decision,
            score=score,
            point=result.operating_point,
            conformal=conformal,
            sets=result.conformal,
        ),
        score=score,
        probabilities=tuple(probabilities[0].tolist()),
        conformal=conformal,
    )


def _with_asked(
    said: Prediction,
    model: "TriageModel",
    film: DecodedFilm,
    view: NDArray[np.float32],
    seen: "Seen",
    sha256: str,
    asked: Asked,
) -> Prediction:
    """Return the prediction with what was asked for beside the decision."""
    scores: tuple[float, ...] = ()
    if asked.views:
        views = [film_view(film.pixels, model.row, sha256, 1 + v) for v in range(asked.views)]
        others = model.ask(np.stack(views))
        _validate_seen(others)
        found = triage_score(_probabilities(model, others.logits), model.classes)
        scores = tuple(found.tolist())
    nearest = tuple(
        NearCase(label=model.known[place][0], source=model.known[place][1], distance=distance)
        for place, distance in nearest_known(model.gate, seen.embeddings[0], asked.nearest)
    )
    heat = heat_map(model, view, seen, _explained(said)) if asked.heat else None
    return dataclasses.replace(said, view_scores=scores, nearest=nearest, heat=heat)


def _explained(said: Prediction) -> str:
    """Return the class that a heat map is of: the disease that is most probable."""
    places = disease_places(said.classes) or tuple(range(len(said.classes)))
    return said.classes[max(places, key=lambda place: said.probabilities[place])]


def _probabilities(model: "TriageModel", logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return calibrated probabilities `(N, C)` at the model's prior."""
    from scipy.special import softmax

    return at_temperature(softmax(logits, axis=1), model.temperature)


def _validate_seen(seen: "Seen") -> None:
    if not (np.isfinite(seen.logits).all() and np.isfinite(seen.embeddings).all()):
        raise WeightsError(
            "The network of this triage model answers in values that are no numbers.",
            hint="Make the triage model ready again.",
        )
