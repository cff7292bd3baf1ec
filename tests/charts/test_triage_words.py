"""What is said of one film, in words: re-weighted, counted, and never a bare percentage."""

import dataclasses

import numpy as np
import pytest

from cnn_core.charts.triage_words import (
    at_prevalences,
    headline,
    nearest_words,
    probability_rows,
    reason_list,
    set_words,
    sets_promise,
    spread_words,
)
from cnn_core.results.triage import NearCase, Prediction, Reason
from tests.charts.film_sample import CLASSES
from tests.charts.study_sample import study

SHARES = {"normal": 0.8, "covid19": 0.08, "pneumonia": 0.12}
SAID = Prediction(
    id="0" * 32,
    model="f" * 64,
    decision="refer",
    reasons=(Reason(code="score", sentence="Above."), Reason(code="set", sentence="Not alone.")),
    checks=(),
    score=0.6,
    threshold=0.5,
    classes=CLASSES,
    probabilities=(0.4, 0.25, 0.35),
    prior=(0.5, 0.2, 0.3),
    conformal=("normal", "covid19"),
    view_scores=(0.2, 0.55, 0.7, 0.45),
    nearest=(
        NearCase(label="covid19", source="A", distance=0.004),
        NearCase(label="normal", source="", distance=0.31),
    ),
    brightness=0.5,
    contrast=0.2,
    seconds=0.3,
)
REFUSED = dataclasses.replace(
    SAID, decision="refused", probabilities=(), score=None, conformal=(), view_scores=(), nearest=()
)


def test_probabilities_are_at_the_assumed_prevalences_which_stand_beside_them():
    target = np.array([SHARES[label] for label in CLASSES])
    expected = np.array(SAID.probabilities) * target / np.array(SAID.prior)
    found = at_prevalences(SAID, SHARES)
    assert list(found.values()) == pytest.approx(expected / expected.sum())
    label, text = probability_rows(SAID, SHARES)[CLASSES.index("covid19")]
    assert label == "resembles: COVID-19-labelled films"
    assert text == f"{found['covid19']:.2f} at an assumed prevalence of 8 %"


def test_views_that_cross_the_threshold_are_counted():
    assert "between 0.20 and 0.70, 0.60 as it is" in spread_words(SAID)
    assert spread_words(SAID).endswith("2 of them cross the threshold.")
    one = dataclasses.replace(SAID, view_scores=(0.2, 0.7))
    assert spread_words(one).endswith("1 of them crosses the threshold.")
    assert "none of them crosses" in spread_words(dataclasses.replace(SAID, threshold=0.1))
    assert "threshold" not in spread_words(dataclasses.replace(SAID, threshold=None))


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ((), "The set is empty: the film is unlike the films of every class."),
        (("normal",), "The set holds one class: normal-labelled films."),
        (
            ("normal", "covid19"),
            "The set holds 2 classes: normal-labelled films and COVID-19-labelled films.",
        ),
    ],
)
def test_a_set_is_said_in_words(classes, words):
    assert set_words(dataclasses.replace(SAID, conformal=classes)) == words


def test_nearest_films_are_named_by_label_and_source_and_a_copy_is_said_to_be_one():
    copy, other = nearest_words(SAID)
    assert copy == (
        "COVID-19-labelled film, A, at a cosine distance of 0.004 (this film, or a copy of it)"
    )
    assert other == "normal-labelled film, source not known, at a cosine distance of 0.310"


def test_what_few_calibration_patients_leave_open_is_part_of_the_promise():
    result = study()
    few = dataclasses.replace(
        result.conformal, calibration=(200, 79, 120), plausible=(None, (0.83, 0.96), None)
    )
    promise = sets_promise(dataclasses.replace(result, conformal=few))
    assert promise.startswith(result.conformal.sentence)
    assert promise.endswith("0.83 to 0.96 of COVID-19-labelled films (79 calibration patients).")


def test_of_a_refused_film_nothing_is_said_of_classes():
    assert headline(REFUSED).startswith("Refused: ")
    assert reason_list(REFUSED) == ("Above.", "Not alone.")
    assert at_prevalences(REFUSED, SHARES) is None
    assert probability_rows(REFUSED, SHARES) == ()
    assert (set_words(REFUSED), spread_words(REFUSED), nearest_words(REFUSED)) == ("", "", ())
