"""The watch over drift: quiet when nothing changes, two windows for an alarm, odd columns."""

from dataclasses import replace

import numpy as np
import pytest

from cnn_core.errors import DataError
from cnn_core.results.monitoring import DriftSample, LoggedCase
from cnn_core.results.triage import PROJECTION
from cnn_core.xray.drift import FEWEST_REFERENCE, sample_of, taken, watch

FIELDS = tuple(DriftSample.__dataclass_fields__)


def drawn(seed: int, n: int) -> DriftSample:
    """Draw cases of which everything belongs together, one in fifty refused."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, PROJECTION)).astype(np.float32)
    refused = rng.random(n) < 0.02
    scores = np.where(refused, np.nan, 1 / (1 + np.exp(-rows[:, 0].astype(np.float64))))
    return DriftSample(
        scores=scores,
        distances=np.abs(rng.normal(0.1, 0.02, n)),
        brightness=rng.normal(0.5, 0.05, n),
        contrast=rng.normal(0.2, 0.02, n),
        projections=rows,
        referred=refused | (np.nan_to_num(scores) > 0.4),
        refused=refused,
    )


def joined(*samples: DriftSample) -> DriftSample:
    """Put samples one after the other."""
    return DriftSample(
        **{name: np.concatenate([getattr(each, name) for each in samples]) for name in FIELDS}
    )


def logged(sample: DriftSample, patients: list[str]) -> list[LoggedCase]:
    """Return a sample as rows of the log."""
    return [
        LoggedCase(
            id=f"{place:032x}",
            at=1000.0 + place,
            channel="http",
            model="m",
            image=f"i{place}",
            patient=patient,
            decision="refused"
            if sample.refused[place]
            else "refer"
            if sample.referred[place]
            else "routine",
            reason="score",
            score=None if np.isnan(sample.scores[place]) else float(sample.scores[place]),
            probabilities=(),
            gate_distance=float(sample.distances[place]),
            brightness=float(sample.brightness[place]),
            contrast=float(sample.contrast[place]),
            projection=tuple(sample.projections[place].tolist()),
            seconds=0.1,
        )
        for place, patient in enumerate(patients)
    ]


REFERENCE = drawn(0, 300)


def test_unchanged_cases_set_no_alarm_off_and_changed_ones_after_two_windows():
    brighter = drawn(2, 300)
    brighter = replace(brighter, brightness=brighter.brightness + 0.06)
    report = watch(REFERENCE, joined(drawn(1, 1_000), brighter))
    assert len(report.windows) == 13
    assert not any(window.alarm for window in report.windows[:10])
    assert [window.changed for window in report.windows[10:]] == [True] * 3
    assert [window.alarm for window in report.windows[10:]] == [False, True, True]
    assert report.sentence.startswith("Alarm in window 12 of 13 windows of 100 cases")
    assert "raw brightness" in report.sentence
    assert report.sentence.endswith("Drift shows change, not harm.")
    assert "The last alarm" not in report.sentence
    assert report.reference == "the model's own reference, 300 films"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("psi-score", {"scores": lambda s: s.scores**2.5}),
        ("ks-score", {"scores": lambda s: s.scores**2.5}),
        ("ks-distance", {"distances": lambda s: s.distances + 0.03}),
        ("ks-contrast", {"contrast": lambda s: s.contrast * 0.8}),
        ("mmd", {"projections": lambda s: s.projections + np.float32(0.5)}),
        ("referral-rate", {"referred": lambda s: ~s.refused & (s.scores > 2)}),
        ("gate-rate", {"refused": lambda s: s.scores > 0.6}),
    ],
)
def test_each_change_is_seen_by_its_own_test_and_by_no_unrelated_one(code, changes):
    sample = drawn(3, 100)
    given = replace(sample, **{name: change(sample) for name, change in changes.items()})
    (window,) = watch(REFERENCE, given).windows
    hit = {test.code for test in window.tests if test.adjusted <= 0.01}
    related = {"psi-score", "ks-score"} if "score" in code else {code}
    assert code in hit <= related
    assert window.changed
    assert not window.alarm


def test_one_patient_counts_once_in_a_window():
    sample = drawn(4, 250)
    patients = ["one"] * 40 + [f"p{place}" for place in range(210)]
    first, second = watch(REFERENCE, logged(sample, patients)).windows
    assert (first.cases, first.first, first.began, first.ended) == (61, 0, 1000.0, 1099.0)
    assert (second.cases, second.first) == (100, 100)
    assert watch(REFERENCE, logged(sample, patients)).waiting == 50


def test_logged_cases_and_the_same_cases_as_a_sample_give_the_same_report():
    sample = drawn(5, 200)
    cases = logged(sample, [str(place) for place in range(200)])
    from_log = watch(REFERENCE, cases)
    again = watch(REFERENCE, sample)
    assert [window.tests for window in from_log.windows] == [w.tests for w in again.windows]
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(sample_of(cases), name), getattr(sample, name))


def test_a_case_without_embedding_and_score_leaves_the_other_figures_alone():
    sample = drawn(6, 100)
    cases = logged(sample, [str(place) for place in range(100)])
    refused = [replace(c, decision="refused", score=None, projection=(), gate_distance=None)
               for c in cases[:85]]  # fmt: skip
    (window,) = watch(REFERENCE, refused + cases[85:]).windows
    tests = {test.code: test for test in window.tests}
    for code in ("psi-score", "ks-score", "ks-distance", "mmd"):
        assert tests[code].p == 1
        assert np.isnan(tests[code].statistic)
        assert "Not judged: 1" in tests[code].sentence
    assert tests["gate-rate"].adjusted < 1e-6
    assert tests["ks-brightness"].adjusted == 1


def test_constant_figures_are_no_change_and_another_constant_is_one():
    flat = dict.fromkeys(("scores", "distances", "brightness", "contrast"))
    known = replace(drawn(7, 300), **{name: np.full(300, 0.5) for name in flat})
    known = replace(known, projections=np.zeros((300, PROJECTION), np.float32))
    same = taken(known, np.arange(100))
    same = replace(same, referred=known.referred[100:200], refused=known.refused[100:200])
    (window,) = watch(known, same).windows
    assert not window.changed
    other = replace(same, **{name: np.full(100, 0.4) for name in flat})
    (window,) = watch(known, other).windows
    hit = {test.code for test in window.tests if test.adjusted <= 0.01}
    assert hit == {"psi-score", "ks-score", "ks-distance", "ks-brightness", "ks-contrast"}


def test_the_watch_is_the_same_every_time_and_changes_nothing():
    sample = drawn(8, 200)
    before = {name: getattr(sample, name).copy() for name in FIELDS}
    assert watch(REFERENCE, sample, seed=3) == watch(REFERENCE, sample, seed=3)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(sample, name), before[name])


def test_too_little_is_said_in_a_sentence():
    assert watch(REFERENCE, drawn(0, 99)).sentence == (
        "No whole window yet: 99 cases of 100 have come."
    )
    assert watch(REFERENCE, []).windows == ()
    with pytest.raises(DataError, match=f"at least {FEWEST_REFERENCE} films, but got 150"):
        watch(drawn(0, 150), drawn(0, 100))
    with pytest.raises(ValueError, match="20 cases or more"):
        watch(REFERENCE, drawn(0, 100), window=10)


@pytest.mark.parametrize("skip", [0, 1, 2, 3, 4, 9])
def test_windows_that_are_skipped_are_numbered_and_the_others_say_the_same(skip):
    sample = drawn(10, 450)
    moved = (np.arange(450) // 100 == 1) | (np.arange(450) // 100 == 2)
    sample = replace(sample, brightness=sample.brightness + np.where(moved, 0.06, 0))
    whole = watch(REFERENCE, sample)
    assert [(window.changed, window.alarm) for window in whole.windows] == [
        (False, False),
        (True, False),
        (True, True),  # also where the one before it is skipped
        (False, False),
    ]
    rest = watch(REFERENCE, logged(sample, [str(place) for place in range(450)]), skip=skip)
    assert [window.tests for window in rest.windows] == [w.tests for w in whole.windows[skip:]]
    assert [(w.number, w.first, w.alarm) for w in rest.windows] == [
        (w.number, w.first, w.alarm) for w in whole.windows[skip:]
    ]
    assert rest.sentence.startswith("Alarm in window 3 of") == (skip < 3)
    assert rest.waiting == 50
