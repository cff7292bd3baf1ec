"""A film that was asked about, as tests of what comes after need one."""

import secrets

import numpy as np

from cnn_core.charts.film_words import under_every_result
from cnn_core.results.triage import (
    Check,
    Decision,
    HeatMap,
    NearCase,
    Prediction,
    Reason,
    TriedFilm,
)
from cnn_core.results.worklist import Judge
from tests.charts.study_sample import study

CLASSES = ("normal", "covid19", "pneumonia")


def tried_film(
    decision: Decision = "refer",
    score: float | None = 0.5,
    *,
    model: str = "0" * 64,
    reason: str = "The triage score is above the threshold.",
    unlogged: str = "",
) -> TriedFilm:
    """Return what would be said of a film, with a heat map unless it is refused."""
    asked = decision != "refused" and score is not None
    share = (1 - score, score / 4, 3 * score / 4) if asked and score is not None else ()
    heat = HeatMap(
        label="pneumonia",
        heat=np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8),
        outside=0.4,
        outside_even=0.5,
        randomised=0.1,
        sentence="Most of the heat lies inside the central zone.",
    )
    prediction = Prediction(
        id=secrets.token_hex(16),
        model=model,
        decision=decision,
        reasons=(Reason(code="score", sentence=reason),),
        checks=(Check(code="colour", title="Grey", passed=asked, sentence="It is <grey>."),),
        score=score if asked else None,
        threshold=0.3,
        classes=CLASSES,
        probabilities=share,
        prior=(0.4, 0.2, 0.4),
        conformal=("pneumonia",) if asked else (),
        view_scores=(0.4, 0.6) if asked else (),
        heat=heat if asked else None,
        nearest=(NearCase(label="normal", source="<b>site</b>", distance=0.1),) if asked else (),
        brightness=0.5,
        contrast=0.2,
        seconds=0.1,
    )
    plain = np.arange(64, dtype=np.uint8).reshape(8, 8)
    return TriedFilm(prediction=prediction, picture=plain, display=plain, unlogged=unlogged)


def a_judge(model: str = "0" * 64, *, title: str = "Small model 0") -> Judge:
    """Return the model that would have judged a film, with the red audit of a study made up."""
    result = study()
    return Judge(
        sha256=model,
        title=title,
        synthetic=False,
        classes=CLASSES,
        prior=(0.4, 0.2, 0.4),
        parity=1e-6,
        result=result,
        under=under_every_result(result),
    )
