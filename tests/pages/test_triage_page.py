"""The page "X-ray triage" under AppTest: one decision a film, what stands with it, whose it is.

A small triage model is at hand; what it says of a film is given, so that no film is decoded.
"""

import base64
import io
import threading

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.films.synthetic_films import synthetic_films
from cnn_core.errors import WeightsError
from cnn_core.results.films import SIDE
from cnn_core.results.triage import HeatMap
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.triage_model import read_model
from cnn_core.runtime.triage_models import TriageChoice
from cnn_core.runtime.worklist_work import Worklists
from cnn_core.settings import Settings
from cnn_core.ui.owner import token_digest
from cnn_core.ui.triage import bring, model_choice
from cnn_core.ui.triage import preparing as making
from cnn_core.ui.triage.state import _worklists
from cnn_core.ui.triage.viewer import heat_data
from tests.pages.conftest import TOKEN, draw, labels, words
from tests.runtime.tried_film import tried_film
from tests.serving.small_model import write_small_model

WAIT_S = 20.0


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    return write_small_model(tmp_path_factory.mktemp("triage-page") / "model")


@pytest.fixture(scope="module")
def films():
    return synthetic_films(1_000_001)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", {"cnn_lab_owner": TOKEN}, raising=True
    )


@pytest.fixture
def judged(home, films, model_folder, monkeypatch):
    """Return what puts films on the worklist, judged as (decision, score), and gives their ids."""
    monkeypatch.setenv("CNN_LAB_TRIAGE_MODEL", str(model_folder))
    sha256 = read_model(model_folder).sha256
    kinds = {}

    def ask(self, choice, payload):
        decision, score, model = kinds.get(payload, ("routine", 0.01, sha256))
        return tried_film(decision, score, model=model)

    def draw_films(seed):
        put.seeds.append(seed)
        return films

    monkeypatch.setattr(Worklists, "_ask", ask)
    monkeypatch.setattr(bring, "synthetic_films", draw_films)

    def put(*films, token=TOKEN, model=sha256):
        worklist = _worklists(Settings.from_environment()).of(token_digest(token))
        kinds.update({f"{each}".encode(): (*each, model) for each in films})
        worklist.add([(f"film {each}.png", f"{each}".encode()) for each in films], "given")
        wait(worklist)
        return [case.id for case in worklist.cases()]

    put.seeds = []
    return put


def wait(worklist):
    with worklist._change:
        done = worklist._change.wait_for(
            lambda: worklist.progress().done == worklist.progress().total, WAIT_S
        )
    assert done


def test_a_film_that_is_referred_has_one_decision_its_reason_and_figures_at_prevalences(judged):
    (case,) = judged(("refer", 0.5))
    app = draw("triage", case=case)
    said = words(app)
    assert STATEMENT in said
    assert "A person should look at this film early." in said
    assert "The triage score is above the threshold." in said
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
    assert "The triage score is above the threshold." not in said


def test_a_link_to_somebody_elses_film_opens_nothing(judged):
    (case,) = judged(("refer", 0.5), token="o" * 43)
    app = draw("triage", case=case)
    assert "is not on your worklist" in words(app)
    assert "case" not in app.query_params
    assert "Synthetic films" in labels(app)


def test_without_the_model_that_judged_a_film_no_figure_is_shown(judged):
    (case,) = judged(("refer", 0.5), model="f" * 64)
    said = words(draw("triage", case=case))
    assert "no longer here" in said
    assert "at an assumed prevalence" not in said


def test_synthetic_films_go_on_the_worklist_and_prevalences_change_what_is_said(judged):
    app = draw("triage")
    labels(app)["Synthetic films"].click().run()
    worklist = _worklists(Settings.from_environment()).of(token_digest(TOKEN))
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
    assert "15 films wait for the model." in words(app)
    state = making.preparing(Settings.from_environment(), "given")
    assert "Writing it (step 2 of 4)" in making.preparing_words(state)
    go_on.set()
    settle("given")
    app.run()
    worklist = _worklists(Settings.from_environment()).of(token_digest(TOKEN))
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
