"""Sensitivity from reviewers' labels: by hand, by simulation, and where there is none."""

import dataclasses

import numpy as np
import pytest

from cnn_core.results.monitoring import LoggedCase
from cnn_core.results.worklist_rows import UNCLEAR
from cnn_core.xray.review import NO_LABELS, ONLY_REFERRED, weighted_sensitivity

DISEASES = ("covid19", "pneumonia")


def case(number, decision, label="", *, blind=True, sampled=None, patient=None):
    return LoggedCase(
        id=f"{number:032x}",
        at=float(number),
        channel="page",
        model="m",
        image=str(number),
        patient=str(number) if patient is None else patient,
        decision=decision,
        reason="score",
        score=0.5,
        probabilities=(0.5, 0.25, 0.25),
        gate_distance=0.1,
        brightness=0.5,
        contrast=0.2,
        projection=(),
        seconds=0.3,
        sampled=decision == "routine" and bool(label) if sampled is None else sampled,
        label=label,
        blind=bool(label) and blind,
    )


def cases_of(counts):
    """Return cases by ((decision, label), how many)."""
    kinds = [kind for kind, count in counts for _ in range(count)]
    return [case(number, *kind) for number, kind in enumerate(kinds)]


BY_HAND = cases_of(
    [
        (("refer", "covid19"), 30),
        (("refer", "normal"), 20),
        (("refer", ""), 50),
        (("refused", "pneumonia"), 4),
        (("refused", "other"), 6),
        (("routine", "covid19"), 2),
        (("routine", "normal"), 38),
        (("routine", ""), 360),
    ]
)


def test_a_label_stands_for_the_films_of_its_decision():
    found = weighted_sensitivity(BY_HAND, DISEASES)
    # 30 of 50 labelled stand for 60 referred, 4 for themselves, 2 of 40 for 20 of 400 routine
    assert found.weighted_positive[""] == pytest.approx(60 + 4 + 20)
    assert found.sensitivity[""].value == pytest.approx(64 / 84)
    assert found.sensitivity["covid19"].value == pytest.approx(60 / 80)
    assert found.sensitivity["pneumonia"].note == "too few: 4 patients"
    assert found.effective[""] == pytest.approx(84**2 / (30 * 2**2 + 4 + 2 * 10**2))
    assert (found.labelled, found.routine_labelled, found.seen_before) == (100, 40, 0)
    assert "each stands for 10.0" in found.sentence


def test_labels_given_after_the_decision_was_seen_do_not_count():
    seen = [dataclasses.replace(one, blind=False) for one in BY_HAND if one.label][:30]
    found = weighted_sensitivity([*BY_HAND, *seen], DISEASES)
    assert found.seen_before == 30
    assert found.labelled == 100
    assert "30 labels given after the decision was seen do not count" in found.sentence


@pytest.mark.parametrize("channel", ["http", "terminal", "simulation"])
def test_films_that_nobody_can_label_change_no_figure(channel):
    found = weighted_sensitivity(BY_HAND, DISEASES)
    elsewhere = [
        dataclasses.replace(case(10_000 + number, decision), channel=channel)
        for number, decision in enumerate(["routine"] * 900 + ["refer"] * 90 + ["refused"] * 10)
    ]
    more = weighted_sensitivity([*elsewhere, *BY_HAND], DISEASES)
    assert (found.elsewhere, more.elsewhere) == (0, 1_000)
    assert more.sensitivity == found.sensitivity
    assert more.weighted_positive == found.weighted_positive
    assert more.sentence == (
        f"{found.sentence} 1,000 films that came over HTTP or in a terminal, where nobody can "
        "label, stay out of it."
    )
    alone = weighted_sensitivity(elsewhere, DISEASES).sentence
    assert alone == more.sentence.replace(found.sentence, NO_LABELS)


def test_a_film_of_which_the_reviewer_could_not_tell_counts_as_not_labelled():
    unread = [place for place, one in enumerate(BY_HAND) if not one.label]
    unclear = list(BY_HAND)
    for place in unread[:20] + unread[-40:]:  # referred, routine
        unclear[place] = dataclasses.replace(
            BY_HAND[place], label=UNCLEAR, blind=True, sampled=True
        )
    found, more = (weighted_sensitivity(cases, DISEASES) for cases in (BY_HAND, unclear))
    assert (found.unclear, more.unclear) == (0, 60)
    assert (more.labelled, more.routine_labelled) == (found.labelled, found.routine_labelled)
    assert more.sensitivity == found.sensitivity
    assert "60 films of which the reviewer could not tell count as not labelled" in more.sentence
    only = weighted_sensitivity(cases_of([(("refer", UNCLEAR), 1)]), DISEASES)
    assert only.sentence.startswith(f"{NO_LABELS} 1 film of which the reviewer could not tell coun")
    assert only.sensitivity == {}


def test_a_routine_film_that_was_not_drawn_stands_for_no_other():
    chosen = [case(9_000 + i, "routine", "covid19", sampled=False) for i in range(50)]
    found = weighted_sensitivity([*BY_HAND, *chosen], DISEASES)
    assert found.routine_labelled == 40
    assert found.sensitivity["covid19"].value == pytest.approx(60 / (60 + 450 * 2 / 40))


def test_without_routine_films_nothing_is_estimated():
    only = cases_of([(("refer", "covid19"), 40), (("routine", ""), 100)])
    found = weighted_sensitivity(only, DISEASES)
    assert found.sentence == ONLY_REFERRED
    assert found.sensitivity == {}
    assert weighted_sensitivity(cases_of([(("refer", ""), 4)]), DISEASES).sentence == NO_LABELS
    assert weighted_sensitivity([], DISEASES).sentence == NO_LABELS
    few = cases_of([(("refer", "covid19"), 40), (("routine", "normal"), 9)])
    assert "9 have a label" in weighted_sensitivity(few, DISEASES).sentence


def test_where_all_were_referred_sensitivity_is_that_of_all_referred():
    found = weighted_sensitivity(cases_of([(("refer", "covid19"), 36)]), DISEASES)
    assert found.sensitivity[""].value == 1
    assert found.sensitivity[""].interval == pytest.approx((0.9036, 1), abs=1e-3)


def test_none_missed_among_few_drawn_says_little():
    found = weighted_sensitivity(
        cases_of([(("refer", "covid19"), 60), (("routine", "normal"), 12), (("routine", ""), 108)]),
        DISEASES,
    ).sensitivity["covid19"]
    assert found.value == 1
    assert found.interval[0] < 0.75  # up to 22 % of 120 routine films may be missed ones


def test_films_of_one_patient_tell_less_than_those_of_as_many():
    once = cases_of([(("refer", "covid19"), 60), (("routine", "covid19"), 10)])
    once += [case(500 + i, "routine", "normal") for i in range(90)]
    often = [dataclasses.replace(one, patient=str(i // 2)) for i, one in enumerate(once)]
    alone = weighted_sensitivity(once, DISEASES).sensitivity[""]
    shared = weighted_sensitivity(often, DISEASES).sensitivity[""]
    assert alone.value == pytest.approx(shared.value)
    width = [found.interval[1] - found.interval[0] for found in (alone, shared)]
    assert width[1] > 1.2 * width[0]


@pytest.mark.parametrize(("prevalence", "sensitivity"), [(0.3, 0.9), (0.15, 0.7)])
def test_simulated_review_is_unbiased_and_its_interval_covers(prevalence, sensitivity):
    rng = np.random.default_rng(11)
    values, covered = [], []
    for _ in range(100):
        ill = rng.random(500) < prevalence
        referred = rng.random(500) < np.where(ill, sensitivity, 0.5)
        reviewed = rng.random(500) < np.where(referred, 0.8, 0.2)
        kinds, counts = np.unique(np.stack([ill, referred, reviewed]), axis=1, return_counts=True)
        said = [
            (("refer" if r else "routine", ("covid19" if i else "normal") if v else ""), count)
            for (i, r, v), count in zip(kinds.T, counts, strict=True)
        ]
        found = weighted_sensitivity(cases_of(said), DISEASES).sensitivity["covid19"]
        if found.value is not None:
            values.append(found.value)
            covered.append(found.interval[0] <= sensitivity <= found.interval[1])
    assert len(values) > 90
    assert np.mean(values) == pytest.approx(sensitivity, abs=0.02)
    assert np.mean(covered) > 0.92
