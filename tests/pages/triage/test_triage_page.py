"""The page "X-ray triage" under AppTest: one decision a film, what stands with it, whose it is.

A small triage model is at hand; what it says of a film is given, so that no film is decoded.
"""

import base64
import io
import threading

import numpy as np
from PIL import Image

from cnn_core.errors import WeightsError
from cnn_core.results.films import SIDE
from cnn_core.results.triage import HeatMap
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.triage_models import TriageChoice
from cnn_core.settings import Settings
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.triage import model_choice
from cnn_core.ui.triage import preparing as making
from cnn_core.ui.triage.viewer import heat_data
from tests.pages.conftest import draw, labels, words
from tests.pages.triage.conftest import WAIT_S, mine, wait
from tests.runtime.tried_film import a_judge


def test_a_film_that_is_referred_has_one_decision_its_reason_and_figures_at_prevalences(judged):
    (case,) = judged(("refer", 0.5))
    app = draw("triage", case=case)
    said = words(app)
    assert STATEMENT in said
    assert "A person should look at this film early." in said
    assert "Its triage score of 0.5 is not below the threshold of 0.3." in said
    assert "audit" in said.lower()
    assert "at an assumed prevalence of 8 %" in said
    assert "The set holds one class: pneumonia-labelled films." in said
    assert "Over 2 slightly altered views" in said
    assert app.query_params["case"] == case


def test_of_a_refused_film_no_probability_is_shown(judged):
    (case,) = judged(("refused", None))
    said = words(draw("triage", case=case))
    assert "does not judge such a picture" in said
    assert "at an assumed prevalence" not in said
    assert "It is \\<grey\\>." in said


def test_blind_reading_shows_nothing_of_what_was_said_of_a_film(judged):
    (case,) = judged(("refer", 0.5))
    app = draw("triage", case=case)
    assert "at an assumed prevalence" in words(app)
    said = words(app.toggle(key="triage-blind").set_value(True).run())
    assert "blind reading" in said
    assert "at an assumed prevalence" not in said
    assert "Its triage score" not in said


def test_a_link_to_somebody_elses_film_opens_nothing(judged):
    (case,) = judged(("refer", 0.5), token="o" * 43)
    app = draw("triage", case=case)
    assert "is not on your worklist" in words(app)
    assert "case" not in app.query_params
    assert "Synthetic films" in labels(app)


def test_what_stands_under_a_figure_outlives_the_model_that_gave_it(judged):
    judged(("routine", 0.1))
    case = judged(("refer", 0.31), model="f" * 64)[0]
    app = draw("triage", case=case)
    said = words(app)
    assert "Its triage score of 0.31 is not below" in said
    assert f"audit: {plain_markdown(a_judge().result.red[0])}" in said
    for line in a_judge().under[2:]:
        assert plain_markdown(line.rstrip(".")) in said
    assert "at an assumed prevalence" in said
    assert list(app.dataframe[0].value["decision"]) == ["▲ refer †", "○ routine"]
    assert "† by another model than the one that is chosen now." in said
    assert set(app.dataframe[0].value["model"]) == {"", "another: The model that went (ffffffff)"}
    assert "**Small model 0**" in said  # its film is on the list, its audit not on top


def test_blind_nothing_is_listed_or_opened_in_the_order_of_risk(judged):
    app = draw("triage")
    app.toggle(key="triage-blind").set_value(True).run()
    judged(*(("refer", score) for score in (0.4, 0.5, 0.6, 0.7, 0.8)))
    app.run()
    by_id = sorted(mine().cases(), key=lambda each: each.id)
    assert app.query_params["case"] == by_id[0].id
    names = [each.name for each in by_id]
    assert list(app.dataframe[0].value["film"]) == names
    (beside,) = (each for each in app.selectbox if each.label == "Beside it")
    assert beside.options == names[1:]


def test_a_first_batch_is_read_blind_and_a_label_that_was_not_kept_is_saved_again(
    judged, monkeypatch
):
    app = draw("triage")
    app.toggle(key="triage-blind").set_value(True).run()
    (case,) = judged(("refer", 0.5))
    app.run()
    app.radio(key=f"triage-label-{case}").set_value("normal")
    labels(app)["Save, next film to read"].click().run()
    assert [(each.label, each.blind) for each in mine().cases()] == [("normal", True)]
    assert "Labelled normal; the prediction log did not keep it" in words(app)
    assert "it counts in the monitoring" not in words(app)
    told = []
    monkeypatch.setattr(mine()._queue, "labelled", lambda *label: told.append(label) or True)
    labels(app)["Save"].click().run()
    assert [label[1:] for label in told] == [("normal", True)]
    assert "Labelled normal, blind: it counts in the monitoring." in words(app)


def test_one_film_that_failed_is_tried_again_where_it_is_open(judged):
    _, case = judged(("broken", 0), ("broken", 1))
    app = draw("triage", case=case)
    assert "The file is empty." in words(app)
    labels(app)["Try it again"].click().run()
    wait(mine())
    assert sorted(judged.asked) == sorted(
        [*judged.asked[:2], mine().case(case).name[5:-4].encode()]
    )


def test_synthetic_films_go_on_the_worklist_and_prevalences_change_what_is_said(judged):
    app = draw("triage")
    labels(app)["Synthetic films"].click().run()
    worklist = mine()
    wait(worklist)
    names = [case.name for case in worklist.cases()]
    assert len(names) == 15
    assert {"photograph.png", "noise.png", "inverted phantom.png"} < set(names)
    labels(app)["Synthetic films"].click().run()
    assert len(worklist.cases()) == 30
    assert len(set(judged.seeds)) == 2
    before = words(app)
    app.slider(key="xr-share-0").set_value(10.0).run()
    assert "at an assumed prevalence of 10 %" in words(app)
    assert "at an assumed prevalence of 10 %" not in before


def test_a_model_is_made_ready_once_beside_the_page_and_films_wait_for_it(judged, monkeypatch):
    go_on, ready = threading.Event(), []

    def make_ready(settings, choice_id, progress):
        progress(1, 4, "Writing it")
        assert go_on.wait(WAIT_S)
        if choice_id == "broken":
            raise WeightsError("It cannot be written.")
        ready.append(choice_id)

    def choices(settings, owner):
        return [
            TriageChoice(id=name, title=name, synthetic=True, ready=name in ready)
            for name in ("given", "broken")
        ]

    monkeypatch.setattr(making, "make_ready", make_ready)
    monkeypatch.setattr(model_choice, "triage_choices", choices)
    app = draw("triage")
    labels(app)["Synthetic films"].click().run()
    assert "15 films wait for the model “given”." in words(app)
    state = making.preparing(Settings.from_environment(), "given")
    assert "Writing it (step 2 of 4)" in making.preparing_words(state)
    go_on.set()
    settle("given")
    app.run()
    worklist = mine()
    wait(worklist)
    assert len(worklist.cases()) == 15
    making.start_preparing(Settings.from_environment(), "broken")
    settle("broken")
    failed = draw("triage", **{"tr-model": "broken"})
    assert [error.value for error in failed.error] == ["It cannot be written."]
    assert "Try to make it ready again" in labels(failed)


def settle(choice_id):
    for thread in threading.enumerate():
        if thread.name == f"cnn-lab-triage-model-{choice_id}":
            thread.join(WAIT_S)
    assert not making.preparing(Settings.from_environment(), choice_id).running


def test_synthetic_films_differ_and_their_names_tell_no_class(films):
    films = dict(films)
    assert len(set(films.values())) == 15
    modes = {name: Image.open(io.BytesIO(payload)).mode for name, payload in films.items()}
    assert modes.pop("photograph.png") == "RGB"
    assert set(modes.values()) == {"L"}
    assert not any(label in name for name in films for label in ("normal", "covid", "pneumonia"))


def test_the_viewer_gets_a_heat_map_in_256_steps_with_the_place_of_the_film():
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[7, 9] = 1.0
    given = HeatMap(
        label="normal", heat=heat, outside=0.0, outside_even=0.5, randomised=0.0, sentence=""
    )
    data = heat_data(given, (500, 1000))
    values = np.frombuffer(base64.b64decode(data["values"]), np.uint8).reshape(SIDE, SIDE)
    colours = np.frombuffer(base64.b64decode(data["colours"]), np.uint8).reshape(256, 3)
    assert values[7, 9] == 255
    assert values.sum() == 255
    assert tuple(colours[255]) == (253, 231, 37)
    assert data["box"] == (0, 80, 320, 240)
