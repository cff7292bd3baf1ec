"""The list of the triage page under AppTest: what a hand meets while films are read, and after."""

import csv
import threading

import pytest

from cnn_core.errors import WeightsError
from cnn_core.runtime.triage_model import read_model
from cnn_core.runtime.triage_models import TriageChoice
from cnn_core.ui.triage import export, model_choice
from cnn_core.ui.triage import preparing as making
from tests.pages.conftest import draw, labels, words
from tests.pages.triage.conftest import WAIT_S, mine, wait


def listed(app):
    """Return the films of the table in their order."""
    return list(app.dataframe[0].value["film"])


def released(judged, count):
    """Let so many films be judged, and wait for them."""
    worklist = mine()
    done = worklist.progress().done + count
    judged.held.release(count)
    with worklist._change:
        assert worklist._change.wait_for(lambda: worklist.progress().done == done, WAIT_S)


@pytest.fixture
def reading(judged):
    """Have three films on the list, of which none is judged yet."""
    judged.held = threading.Semaphore(0)
    judged(("routine", 0.1), ("routine", 0.2), ("refer", 0.9))
    yield judged
    judged.held.release(10)


def test_no_film_moves_while_others_are_read_and_a_click_on_an_older_list_opens_none(reading):
    as_they_came = [f"film {each}.png" for each in (("routine", 0.1), ("routine", 0.2))]
    as_they_came.append(f"film {('refer', 0.9)}.png")
    app = draw("triage")
    assert listed(app) == as_they_came
    table = app.dataframe[0].proto.id
    released(reading, 1)
    app.run()
    released(reading, 1)
    app.run()
    assert listed(app) == as_they_came
    assert app.dataframe[0].proto.id == table
    released(reading, 1)
    app.run()
    assert listed(app) == [as_they_came[2], as_they_came[1], as_they_came[0]]
    assert app.dataframe[0].proto.id != table


def test_the_list_is_walked_by_buttons_in_its_order_and_none_is_skipped(judged):
    judged(("broken", 0), ("routine", 0.1), ("refer", 0.9))
    ids = [case.id for case in mine().cases()]
    app = draw("triage", case=ids[0])
    assert labels(app)["Previous film"].disabled
    for expected in ids[1:]:
        labels(app)["Next film"].click().run()
        assert app.query_params["case"] == expected
    assert labels(app)["Next film"].disabled
    labels(app)["Previous film"].click().run()
    assert app.query_params["case"] == ids[1]


def test_the_list_that_is_taken_away_is_the_one_of_that_moment(reading, monkeypatch):
    given = {}
    monkeypatch.setattr(
        export.st, "download_button", lambda label, data, **_: given.update({label: data})
    )
    app = draw("triage")
    released(reading, 1)
    app.run()
    released(reading, 2)
    rows = list(csv.DictReader(given["Worklist (CSV)"]().splitlines()))
    assert [row["decision"] for row in rows] == ["refer", "routine", "routine"]


def test_a_list_that_was_cleared_leaves_no_link_to_its_films(judged):
    judged(("refer", 0.5))
    app = draw("triage")
    labels(app)["Clear it"].click().run()
    assert "Bring your own films" in [each.value for each in app.subheader]
    assert "is not on your worklist" not in words(app)
    assert "case" not in app.query_params


def test_it_is_said_before_a_label_that_it_will_not_count(judged):
    judged(("refer", 0.5), ("refer", 0.6))
    app = draw("triage")
    judged(("refer", 0.7))
    app.toggle(key="triage-blind").set_value(True).run()
    assert "2 of the 3 films to read were shown before and will not count" in words(app)
    told = []
    for case in mine().cases():
        app.query_params["case"] = case.id
        app.run()
        told.append((case.seen, "a label will not count in the monitoring" in words(app)))
    assert sorted(told) == [(False, False), (True, True), (True, True)]


@pytest.fixture
def two_models(judged, model_folder, monkeypatch):
    """Have a model for radiographs, and one for synthetic films: ready as `ready` says."""
    ready = ["films"]

    def choices(settings, owner):
        return [
            TriageChoice(id=name, title=f"Model of {name}", synthetic=drawn, ready=name in ready)
            for name, drawn in (("films", False), ("phantoms", True))
        ]

    monkeypatch.setattr(model_choice, "triage_choices", choices)
    monkeypatch.setattr(model_choice, "model_for", lambda *_: read_model(model_folder))
    return ready


def test_synthetic_films_alone_are_shown_to_their_model_and_are_in_no_log(judged, two_models):
    two_models.append("phantoms")
    app = draw("triage")
    labels(app)["Synthetic films"].click().run()
    wait(mine())
    assert judged.logged == [("phantoms", False)] * 15
    app.run()
    assert app.session_state["tr-model"] == "films"
    assert "Asked: Model of films." in words(app)
    assert "The app drew this film" in words(app)
    case = app.query_params["case"]
    app.radio(key=f"triage-label-{case}").set_value("normal")
    labels(app)["Save"].click().run()
    assert "neither it nor the label is in a log" in words(app)


def test_films_that_wait_for_another_model_are_told_of_and_can_be_let_go(
    judged, two_models, monkeypatch
):
    def make_ready(settings, choice_id, progress):
        raise WeightsError("It cannot be written.")

    monkeypatch.setattr(making, "make_ready", make_ready)
    app = draw("triage")
    labels(app)["Synthetic films"].click().run()
    for thread in threading.enumerate():
        if thread.name == "cnn-lab-triage-model-phantoms":
            thread.join(WAIT_S)
    app.run()
    assert [error.value for error in app.error] == ["It cannot be written."]
    assert "15 films wait for the model “Model of phantoms”." in words(app)
    labels(app)["Let 15 films go"].click().run()
    assert not mine().parked()
    assert "films wait" not in words(app)
