"""The page "Runs" under AppTest: the table, the undo, and whose buttons they are."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.runtime import queue
from cnn_core.runtime.submit import build_request
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.lab import laboratory
from cnn_core.ui.owner import token_digest

APP = Path(__file__).resolve().parents[2] / "app.py"
TOKEN = "t" * 43


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", {"cnn_lab_owner": TOKEN}, raising=True
    )
    made = laboratory()
    yield made
    made.launcher.close()


@pytest.fixture
def make_run(lab):
    """Return a function that makes a run which has ended as `status`."""

    def one(name, *, status="stopped", owner=TOKEN, seed=0, group=""):
        request = build_request(
            lab.settings,
            recipe="lenet5-mnist",
            preset="fast",
            config=replace(find_recipe("lenet5-mnist").presets["fast"].config, seed=seed),
            owner=token_digest(owner),
            source="digits",
            name=name,
            group=group,
            launcher="self",
        )
        record, _ = lab.store.create(request)
        queue.record_process(lab.store, record.id, os.getpid())
        queue.claim(lab.store, run_id=record.id)
        queue.end(lab.store, record.id, status)
        return lab.store.get(record.id)

    return one


def draw():
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/runs.py").run()
    return checked(app)


def checked(app):
    assert not app.exception
    assert not app.error
    return app


def names(app):
    return list(app.dataframe[0].value["name"])


def test_newest_of_mine_come_first(lab, make_run):
    make_run("Old")
    make_run("Another's", owner="o" * 43)
    make_run("New", status="failed")
    app = draw()
    assert names(app) == ["New", "Old"]
    (whose,) = [group for group in app.button_group if group.key == "whose"]
    checked(whose.set_value("Everyone's").run())
    assert names(app) == ["New", "Another's", "Old"]
    assert app.query_params["whose"] == "Everyone's"


def test_filters_that_leave_nothing_say_so(lab, make_run):
    make_run("Old")
    app = draw()
    checked(app.text_input(key="runs-text").set_value("zzz").run())
    assert not app.dataframe
    assert any("No run fits" in text.value for text in app.markdown)
    checked(app.text_input(key="runs-text").set_value("OLD").run())
    assert names(app) == ["Old"]


def test_run_deleted_elsewhere_disappears_and_the_page_goes_on(lab, make_run):
    run = make_run("Old")
    make_run("Kept")
    app = draw()
    lab.store.delete(run.id)
    checked(app.run())
    assert names(app) == ["Kept"]


def test_page_without_runs_leads_to_training(lab):
    app = draw()
    assert [button.label for button in app.main.button] == ["Train LeNet-5"]


def test_group_is_one_row(lab, make_run):
    for seed in (0, 1, 2):
        make_run(f"Net, seed {seed}", seed=seed, group="lenet5-mnist-a-group")
    make_run("Alone", seed=7)
    app = draw()
    assert names(app) == ["Alone", "Net, seeds 0 to 2"]
    assert list(app.dataframe[0].value["seed"]) == ["7", "0 to 2"]
    checked(app.text_input(key="runs-text").set_value("seed 1").run())
    assert names(app) == ["Net, seeds 0 to 2"], "found by one of its seeds, shown whole"
