"""A worklist as rows: blind reading gives nothing away, on the page or in a file."""

import csv
import io
from dataclasses import replace

from cnn_core.results.triage import Decision
from cnn_core.results.worklist import Case
from cnn_core.results.worklist_rows import (
    FILTERS,
    HIDDEN,
    decision_words,
    filtered,
    hidden,
    kind_of,
    model_words,
    ordered,
    other_models,
    reason_words,
    score_words,
    worklist_csv,
)
from tests.runtime.tried_film import a_judge, tried_film


def case(number: int, decision: Decision, *, review: bool | None = None, label: str = "") -> Case:
    """Return a case that is done; refer and refused are in review."""
    score = None if decision == "refused" else {"refer": 0.9, "routine": 0.05}[decision]
    return Case(
        id=f"{9 - number:032x}",
        name=f"film-{number}.png",
        status="done",
        tried=tried_film(decision, score),
        in_review=decision != "routine" if review is None else review,
        sampled=bool(review) and decision == "routine",
        label=label,
    )


CASES = (
    case(0, "refused"),
    case(1, "refer"),
    case(2, "refer", label="pneumonia"),
    case(3, "routine", review=True),
    case(4, "routine"),
)


def test_what_is_read_blind_cannot_be_told_apart() -> None:
    covered = [each for each in CASES if hidden(each, blind=True)]
    assert [each.name for each in covered] == ["film-0.png", "film-1.png", "film-3.png"]
    told = {
        (
            decision_words(each, blind=True),
            reason_words(each, blind=True),
            score_words(each, blind=True),
            kind_of(each, blind=True),
        )
        for each in covered
    }
    assert told == {("to read", HIDDEN, "", "to-read")}
    in_order = [each.name for each in ordered(CASES, blind=True)]
    assert in_order == [  # by random id, not by risk
        "film-3.png",
        "film-1.png",
        "film-0.png",
        "film-2.png",
        "film-4.png",
    ]
    rows = list(
        csv.DictReader(io.StringIO(worklist_csv(CASES, blind=True, names=True, statement="S")))
    )
    leaked = [row for row in rows if row["decision"] in ("refer", "refused") and not row["label"]]
    assert len(rows) == 5
    assert not leaked


def test_filters_do_not_tell_hidden_films_apart() -> None:
    for wanted in ("refused", "refer", "routine"):
        for each in filtered(CASES, wanted, blind=True):
            assert not hidden(each, blind=True)
    assert len(filtered(CASES, "to-read", blind=True)) == 3
    assert len(filtered(CASES, "refer", blind=False)) == 2
    assert len(filtered(CASES, "all", blind=False)) == 5
    assert [each.label for each in filtered(CASES, "labelled", blind=True)] == ["pneumonia"]
    assert filtered(CASES, "all", "FILM-4", blind=False) == (CASES[4],)
    assert not filtered(CASES, "all", "nothing like it", blind=False)
    assert {kind_of(each, blind=True) for each in CASES} <= set(FILTERS)


def test_a_score_in_review_waits_for_the_label() -> None:
    assert score_words(CASES[1], blind=False) == ""
    assert score_words(CASES[2], blind=False) == "0.9000"
    assert score_words(CASES[4], blind=False) == "0.0500"


def test_a_routine_film_that_was_drawn_is_marked_by_nothing_unless_reading_is_blind() -> None:
    drawn, other = (
        replace(CASES[place], id="0" * 32, name="a.png", tried=CASES[4].tried) for place in (3, 4)
    )
    assert drawn.in_review
    assert not other.in_review
    assert score_words(drawn, blind=False) == score_words(other, blind=False) == "0.0500"
    assert not filtered([drawn, other], "to-read", blind=False)
    tables = [
        worklist_csv([each], blind=False, names=True, statement="S") for each in (drawn, other)
    ]
    assert tables[0] == tables[1]


def test_what_stands_under_every_result_and_the_assumed_prior_stand_beside_every_score() -> None:
    judged = replace(CASES[4], judge=a_judge())
    (row,) = csv.DictReader(
        io.StringIO(worklist_csv([judged], blind=False, names=False, statement="S"))
    )
    assert row["score_at_model_prior"] == "0.0500"
    assert row["model_prior"] == "normal 40 %, covid19 20 %, pneumonia 40 %"
    for line in a_judge().under:
        assert line in row["stands_under_every_result"]
    assert "red audit: " in row["stands_under_every_result"]
    assert "synthetic" not in row["stands_under_every_result"]
    drawn = replace(judged, judge=replace(a_judge(), synthetic=True))
    assert "synthetic" in worklist_csv([drawn], blind=False, names=False, statement="S")


def test_films_of_another_model_than_the_chosen_one_are_named() -> None:
    mine, other = (replace(CASES[4], judge=a_judge(each * 64, title=each)) for each in "ab")
    assert [model_words(each, "a" * 64) for each in (mine, other)] == ["", "another: b (bbbbbbbb)"]
    assert list(other_models([mine, other, other], "a" * 64)) == ["b" * 64]
    assert list(other_models([mine, CASES[0]], None)) == ["a" * 64]


def test_the_table_for_a_spreadsheet_is_harmless_and_names_nobody_unasked() -> None:
    planted = replace(CASES[4], name="=HYPERLINK(1).png", note="Jane Doe")
    bare = worklist_csv([planted], blind=False, names=False, statement="S")
    assert "Jane" not in bare
    assert "HYPERLINK" not in bare
    named = list(
        csv.reader(io.StringIO(worklist_csv([planted], blind=False, names=True, statement="S")))
    )
    assert named[1][1] == "'=HYPERLINK(1).png"
    assert named[1][2] == "Jane Doe"


def test_a_failed_film_says_why() -> None:
    failed = Case(id="0" * 32, name="a.png", status="failed", sentence="It is empty.")
    waiting = replace(failed, status="waiting", sentence="")
    assert reason_words(failed, blind=True) == "It is empty."
    assert (kind_of(failed, blind=True), kind_of(waiting, blind=True)) == ("failed", "waiting")
    assert decision_words(waiting, blind=False) == "waiting"
