"""Fixtures of the triage page under AppTest: what is said of a film is given, none is decoded.

films     synthetic films, drawn once
judged    puts films on the worklist, judged as (decision, score), and gives their ids; with a
          semaphore as `judged.held` they are judged one by one as it is released
"""

import pytest

from cnn_core.data.films.synthetic_films import synthetic_films
from cnn_core.errors import PictureError
from cnn_core.runtime.triage_model import read_model
from cnn_core.runtime.worklist_work import Worklists
from cnn_core.settings import Settings
from cnn_core.ui.owner import token_digest
from cnn_core.ui.triage import bring
from cnn_core.ui.triage.state import _worklists
from tests.pages.conftest import TOKEN
from tests.runtime.tried_film import a_judge, tried_film
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

    def ask(self, choice, payload, logged):
        decision, score, model = kinds.get(payload, ("routine", 0.01, sha256))
        put.asked.append(payload)
        put.logged.append((choice, logged))
        if put.held is not None:
            assert put.held.acquire(timeout=WAIT_S)
        if decision == "broken":
            raise PictureError("The file is empty.")
        reason = f"Its triage score of {score} is not below the threshold of 0.3."
        title = "Small model 0" if model == sha256 else "The model that went"
        return tried_film(decision, score, model=model, reason=reason), a_judge(model, title=title)

    def draw_films(seed):
        put.seeds.append(seed)
        return films

    monkeypatch.setattr(Worklists, "_ask", ask)
    monkeypatch.setattr(bring, "synthetic_films", draw_films)

    def put(*films, token=TOKEN, model=sha256):
        worklist = _worklists(Settings.from_environment()).of(token_digest(token))
        kinds.update({f"{each}".encode(): (*each, model) for each in films})
        worklist.add([(f"film {each}.png", f"{each}".encode()) for each in films], "given")
        if put.held is None:
            wait(worklist)
        return [case.id for case in worklist.cases()]

    put.seeds, put.asked, put.logged, put.held = [], [], [], None
    return put


def mine():
    return _worklists(Settings.from_environment()).of(token_digest(TOKEN))


def wait(worklist):
    with worklist._change:
        done = worklist._change.wait_for(
            lambda: worklist.progress().done == worklist.progress().total, WAIT_S
        )
    assert done
