"""The pages of ideas under AppTest: an answer unlocks Run, what a run looks like, links, lists."""

import importlib

import pytest

from cnn_core.charts.wording import minus
from cnn_core.concepts.registry import EXPERIMENTS, find_experiment
from cnn_core.results.markdown import plain_markdown
from cnn_core.results.trials import Trials
from cnn_core.runtime import queue
from cnn_core.runtime.experiments import SAID, chosen_of
from cnn_core.runtime.recorded_experiments import recorded_experiment
from cnn_core.ui.catalog import PAGES, page_of_recipe
from tests.pages.experiment_run import (
    ANSWERS,
    OWNER,
    STACKED,
    bare_lab,
    done,
    draw,
    labels,
    make_run,
    radio,
    words,
)

IDEAS = [row for row in PAGES if row.section == "Ideas"]
each_idea = pytest.mark.parametrize("row", IDEAS, ids=[row.slug for row in IDEAS])


@pytest.fixture
def lab(tmp_path, monkeypatch):
    return bare_lab(tmp_path, monkeypatch)


def test_answer_unlocks_run_which_queues_what_the_link_and_the_person_chose(lab):
    app = draw(seeds="2", images="100", fields="5x5,7x7")
    assert STACKED.question in words(app)
    assert labels(app)["Run the experiment"].disabled
    assert not app.error
    assert "CIFAR-10 is not on this machine" in words(app)
    radio(app, "said").set_value(ANSWERS[1]).run()
    assert not labels(app)["Run the experiment"].disabled
    app.number_input(key=f"{STACKED.id}-epochs").set_value(2).run()
    assert app.query_params["epochs"] == "2"
    labels(app)["Run the experiment"].click().run()
    assert not app.exception
    assert not app.error
    (record,) = lab.store.list()
    assert record.recipe == STACKED.id
    assert record.owner == OWNER
    assert record.provenance[SAID] == ANSWERS[1]
    _, chosen = chosen_of(record)
    assert (chosen.seeds, chosen.images, chosen.epochs) == (2, 100, 2)
    assert chosen.fields == ("5x5", "7x7")
    assert chosen.data in ("mnist", "digits")
    assert app.query_params["run"] == record.id
    assert "Stop, keep the trials" in labels(app)
    (preset,) = [each for each in app.button_group if each.key == f"{STACKED.id}-preset"]
    preset.set_value("full").run()
    assert app.number_input(key=f"{STACKED.id}-seeds").value == STACKED.presets["full"].seeds
    assert "images" not in app.query_params


def test_what_cannot_be_run_says_so_and_run_stays_off(lab):
    app = draw(seeds="900", images="100")
    (error,) = app.error
    assert "Seeds must be between 1 and 50" in error.value
    assert "The preset's value is used." in error.value
    assert app.number_input(key=f"{STACKED.id}-images").value == 100, "what is right is taken"
    assert app.number_input(key=f"{STACKED.id}-seeds").value == STACKED.presets["quick"].seeds
    radio(app, "said").set_value(ANSWERS[0]).run()
    app.multiselect(key=f"{STACKED.id}-fields").set_value([]).run()
    assert not app.exception
    assert len(app.error) == 1
    assert labels(app)["Run the experiment"].disabled


def test_stopped_run_is_taken_up_again(lab):
    record, _ = make_run(lab)
    queue.end(lab.store, record.id, "stopped")
    app = draw(run=record.id)
    assert "badge[stopped]" in words(app)
    assert "**You said:**" in words(app)
    labels(app)["Resume the experiment"].click().run()
    assert lab.store.get(record.id).status == "queued"


@each_idea
def test_page_shows_the_recorded_run(lab, row):
    experiment = find_experiment(row.recipe)
    assert experiment.title == row.title
    recorded = recorded_experiment(experiment.id)
    if recorded is None:
        pytest.skip(f"no run of {experiment.id} is recorded")
    app = draw(row.slug, answered=experiment)
    assert not app.error
    assert "A recorded run" in words(app)
    reading = experiment.read(recorded.settings, recorded.trials)
    assert plain_markdown(minus(reading.headline)) in words(app)
    page = importlib.import_module(f"cnn_core.ui.experiments.{row.slug}").PAGE
    for start in page.deciding:
        assert any(claim.id.startswith(start) for claim in reading.claims)


@pytest.mark.parametrize("name", [name for row in IDEAS for name in (row.recipe, *row.also)])
def test_reading_copes_with_trials_that_measured_nothing(name):
    experiment = find_experiment(name)
    settings = experiment.presets["quick"]
    planned = experiment.plan(settings)
    assert experiment.answers
    for some in ((), planned[:1], planned):
        trials = Trials(tuple(done(each, place) for place, each in enumerate(some, 1)))
        reading = experiment.read(settings, trials)
        assert not reading.answer
        assert reading.headline.endswith(".")


def test_every_experiment_has_a_page():
    assert {name for row in IDEAS for name in (row.recipe, *row.also)} == set(EXPERIMENTS)
    assert all(page_of_recipe(name) in IDEAS for name in EXPERIMENTS)


def test_lists_of_runs_say_that_it_is_an_experiment(lab):
    record, _ = make_run(lab)
    queue.end(lab.store, record.id, "stopped")
    app = draw("runs")
    (table,) = app.dataframe
    assert list(table.value["name"]) == [f"Experiment: {record.name}"]
    assert not table.value.isna().any(axis=None), "no column is there for nothing"
    app = draw("curves", run=record.id)
    (error,) = app.error
    assert "is an experiment" in error.value


def test_link_to_a_run_inside_a_tab_opens_that_tab(lab):
    record, _ = make_run(lab, experiment=find_experiment("network-costs"), said="", trials=0)
    queue.end(lab.store, record.id, "stopped")
    app = draw(run=record.id)
    assert not app.error
    (tab,) = [each for each in app.tabs if each.label == "Costs"]
    ended = "It ended before its first trial was done. **Resume the experiment**, above, "
    assert any(each.value.startswith(ended) for each in tab.markdown)
    assert {"Run the experiment", "Time the networks"} <= set(labels(app))
    assert app.query_params["run"] == record.id
    other = draw("residual", run=record.id)
    assert [link.label for link in other.get("page_link") if "open it there" in link.label]
