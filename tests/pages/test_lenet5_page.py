"""The page "LeNet-5 · MNIST" under AppTest: presets, Start, and what each status looks like."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.runtime import queue
from cnn_core.runtime.submit import build_request
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.lab import laboratory
from cnn_core.ui.lenet5.controls import FIELDS, describe
from cnn_core.ui.owner import token_digest

APP = Path(__file__).resolve().parents[2] / "app.py"
RECIPE = find_recipe("lenet5-mnist")
TOKEN = "t" * 43
OWNER = token_digest(TOKEN)
DIGITS = {"data": "digits"}


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A laboratory with homes of its own and no data but the bundled digits."""
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", {"cnn_lab_owner": TOKEN}, raising=True
    )
    made = laboratory()
    yield made
    made.launcher.close()


@pytest.fixture
def make_run(lab):
    """Return a function that makes a claimed run; it is this process's, so nothing trains it."""

    def one(*, owner=OWNER, seed=9, **more):
        request = build_request(
            lab.settings,
            recipe=RECIPE.id,
            preset="fast",
            config=replace(RECIPE.presets["fast"].config, seed=seed),
            owner=owner,
            source="digits",
            launcher="self",
            **more,
        )
        record, _ = lab.store.create(request)
        queue.record_process(lab.store, record.id, os.getpid())
        assert queue.claim(lab.store, run_id=record.id) == record.id
        queue.record_process(lab.store, record.id, os.getpid())
        return record

    return one


def draw(**query):
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/lenet5.py")
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def words(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def labels(app):
    return {button.label: button for button in app.button}


def values(app):
    widgets = (*app.number_input, *app.selectbox)
    return {widget.key: widget.value for widget in widgets if widget.key in FIELDS}


@pytest.mark.parametrize("preset", RECIPE.presets)
def test_preset_fills_every_setting_but_the_seed_and_reset_brings_it_back(lab, preset):
    app = draw(seed="5", **DIGITS)
    (chooser,) = [group for group in app.button_group if group.key == "preset"]
    chooser.set_value(preset).run()
    config = replace(RECIPE.presets[preset].config, seed=5)
    expected = {field: getattr(config, field) for field in FIELDS}
    assert values(app) == expected
    assert describe(config) in words(app)
    app.number_input(key="epochs").set_value(3)
    app.selectbox(key="optimizer").set_value("sgd").run()
    assert "3 epochs" in words(app)
    assert "SGD" in words(app)
    labels(app)["Reset to preset"].click().run()
    assert values(app) == expected


def test_empty_state_is_a_recorded_run_and_one_button(lab):
    app = draw(**DIGITS)
    assert "A recorded run" in words(app)
    assert not labels(app)["Train LeNet-5"].disabled
    assert not app.error
    assert not lab.store.list()


def test_without_mnist_start_waits_for_data(lab):
    app = draw()
    assert labels(app)["Train LeNet-5"].disabled
    assert "MNIST is not in the data folder." in words(app)
    labels(app)["Use scikit-learn's digits instead"].click().run()
    assert not labels(app)["Train LeNet-5"].disabled
    assert app.query_params["data"] == "digits"


def test_start_queues_the_run_that_the_settings_say(lab, make_run):
    ahead = make_run()
    app = draw(epochs="2", seed="12", **DIGITS)
    labels(app)["Train LeNet-5"].click().run()
    assert not app.exception
    (record,) = [run for run in lab.store.list() if run.id != ahead.id]
    assert record.config == replace(RECIPE.presets["fast"].config, epochs=2, seed=12)
    assert record.owner == OWNER
    assert record.preset == "custom"
    assert record.status == "queued"
    assert app.query_params["run"] == record.id
    labels(app)["Train LeNet-5"].click().run()
    assert len(lab.store.list()) == 2, "an equal run waits: it is to be offered"
    assert "is here already" in words(app)
    labels(app)["Cancel"].click().run()
    assert "is here already" not in words(app)
    labels(app)["Stop, keep the best"].click().run()
    assert lab.store.get(record.id).status == "stopped"
    queue.end(lab.store, ahead.id, "stopped")


def test_preset_keeps_how_many_seeds(lab):
    app = draw(seed="5", seeds="4", **DIGITS)
    (chooser,) = [group for group in app.button_group if group.key == "preset"]
    chooser.set_value("reference").run()
    assert app.number_input(key="seeds").value == 4
    assert "seeds 5 to 8" in words(app)
    assert app.query_params["seeds"] == "4"


def test_several_seeds_are_one_group_that_is_stopped_as_one(lab, make_run):
    ahead = make_run()
    app = draw(epochs="2", seed="12", seeds="3", **DIGITS)
    labels(app)["Train LeNet-5, 3 seeds"].click().run()
    assert not app.exception
    runs = [run for run in lab.store.list()[::-1] if run.id != ahead.id]
    assert [run.config.seed for run in runs] == [12, 13, 14]
    assert len({run.group for run in runs}) == 1
    assert {replace(run.config, seed=0) for run in runs} == {replace(runs[0].config, seed=0)}
    assert app.query_params["run"] == runs[0].id
    assert "seeds 12 to 14** :gray-badge[waiting]" in words(app)
    labels(app)["Train LeNet-5, 3 seeds"].click().run()
    assert "These 3 seeds with these settings and data are here already." in words(app)
    labels(app)["Cancel"].click().run()
    labels(app)["Stop all seeds"].click().run()
    assert {lab.store.get(run.id).status for run in runs} == {"stopped"}
    assert lab.store.get(ahead.id).status == "running"
    labels(app)["Resume 3 seeds"].click().run()
    assert {lab.store.get(run.id).status for run in runs} == {"queued"}
    queue.end(lab.store, ahead.id, "stopped")


@pytest.mark.parametrize("view", ["Learning", "Timing", "Mistakes", "Your digit", "About"])
def test_every_view_of_a_group_is_drawn_whole_and_by_seed(lab, make_run, view):
    group = "lenet5-mnist-a-group"
    records = [make_run(seed=seed, group=group) for seed in (0,)]
    queue.end(lab.store, records[0].id, "stopped")
    records.append(make_run(seed=1, group=group, owner="somebody else"))
    queue.end(lab.store, records[1].id, "failed", error="It broke.")
    app = draw(run=records[1].id, view=view)
    (chooser,) = [each for each in app.button_group if each.key == f"show-{group}"]
    assert chooser.options == ["All 2 seeds", "0", "1"]
    assert "seeds 0, 1** :red-badge[failed]" in words(app)
    chooser.set_value("1").run()
    assert not app.exception
    assert "seed 1** :red-badge[failed]" in words(app)
    assert app.query_params["show"] == "1"
    assert "Resume training" not in labels(app), "another's"
    linked = draw(run=records[0].id, view=view, show="0")
    assert "seed 0** :gray-badge[stopped]" in words(linked)
    assert "Resume training" in labels(linked)


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        ("stopped", {"Resume training"}),
        ("interrupted", {"Resume training"}),
        ("failed", {"Resume training"}),
        ("diverged", set()),
    ],
)
def test_ended_run_says_why_and_offers_what_can_be_done(lab, make_run, status, buttons):
    record = make_run(name=f"A *{status}* run")
    queue.end(lab.store, record.id, status, error="It *broke*.", hint="Mend `it`.")
    app = draw(run=record.id)
    assert f"badge[{status}]" in words(app)
    assert r"It \*broke\*. Mend `it`." in words(app)
    owned = {"Resume training", "Stop, keep the best"}
    assert owned & set(labels(app)) == buttons


def test_run_of_another_has_no_buttons(lab, make_run):
    record = make_run(owner="somebody else")
    app = draw(run=record.id)
    assert "badge[training]" in words(app)
    assert not {"Resume training", "Stop, keep the best"} & set(labels(app))
    queue.end(lab.store, record.id, "stopped")
    assert "Resume training" not in labels(draw(run=record.id))


@pytest.mark.parametrize("view", ["Learning", "Timing", "Mistakes", "Your digit", "About"])
def test_every_view_of_a_run_without_results_is_drawn(lab, make_run, view):
    record = make_run()
    queue.end(lab.store, record.id, "stopped")
    app = draw(run=record.id, view=view)
    assert not app.error


def test_finished_run_whose_predictions_are_gone_says_so(lab, make_run):
    record = make_run()
    queue.end(lab.store, record.id, "finished")
    app = draw(run=record.id, view="Mistakes")
    (error,) = app.error
    assert "Something went wrong" not in error.value
