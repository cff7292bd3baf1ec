"""The pages of ideas under AppTest: an answer unlocks Run, what a run looks like, links, lists."""

import os

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.concepts.registry import EXPERIMENTS, find_experiment
from cnn_core.concepts.settings import with_values
from cnn_core.results.events import RunStarted
from cnn_core.results.markdown import plain_markdown
from cnn_core.results.studied import Recording
from cnn_core.results.trial_events import TrialDone, TrialPoint
from cnn_core.results.trials import Trials
from cnn_core.runtime import queue, recorded_experiments
from cnn_core.runtime.experiments import SAID, build_experiment_request, chosen_of, standing_of
from cnn_core.runtime.recorded_experiments import RecordedExperiment, recorded_experiment
from cnn_core.ui.catalog import PAGES, PAGES_FOLDER, page_of_recipe
from cnn_core.ui.experiments.question import said_key
from cnn_core.ui.lab import laboratory
from cnn_core.ui.owner import token_digest

APP = PAGES_FOLDER.parent / "app.py"
TOKEN = "t" * 43
OWNER = token_digest(TOKEN)
IDEAS = [row for row in PAGES if row.section == "Ideas"]
STACKED = find_experiment("stacked-kernels")
ANSWERS = [answer.id for answer in STACKED.answers]
each_idea = pytest.mark.parametrize("row", IDEAS, ids=[row.slug for row in IDEAS])


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A laboratory with homes of its own, no data but the bundled digits, and nothing training."""
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", {"cnn_lab_owner": TOKEN}, raising=True
    )
    made = laboratory()
    made.launcher.close()
    monkeypatch.setattr(made.launcher, "dispatch", lambda: None)
    return made


def make_run(lab, *, experiment=STACKED, trials=1, owner=OWNER, said=ANSWERS[0]):
    """Return a claimed run of one seed, of which so many trials are done; nothing trains it."""
    small = {"data": "digits", "images": "100"} if experiment is STACKED else {}
    request = build_experiment_request(
        lab.settings,
        experiment=experiment.id,
        preset="custom",
        chosen=with_values(experiment.presets["quick"], {"seeds": "1"} | small),
        owner=owner,
        said=said,
        launcher="self",
    )
    record, _ = lab.store.create(request)
    queue.record_process(lab.store, record.id, os.getpid())
    assert queue.claim(lab.store, run_id=record.id) == record.id
    queue.record_process(lab.store, record.id, os.getpid())
    planned = experiment.plan(chosen_of(record)[1])
    lab.store.append(record.id, started(len(planned)))
    for place, each in enumerate(planned[:trials]):
        lab.store.append(record.id, done(each, place + 1, accuracy=0.5 + place / 10))
    return record, planned


def started(total):
    return RunStarted(
        step=0,
        epoch=0,
        total_steps=total,
        total_epochs=1,
        steps_per_epoch=total,
        train_size=100,
        valid_size=0,
        device="cpu",
        threads=1,
        parameters=0,
    )


def done(planned, step, **figures):
    return TrialDone(
        step=step,
        arm=planned.arm,
        condition=planned.condition,
        seed=planned.seed,
        names=list(figures),
        figures=list(figures.values()),
        seconds=1.0,
        elapsed_seconds=float(step),
        at=[10, 20],
        losses=[2.0, 1.0],
        accuracies=[0.2, 0.4],
    )


def draw(page="alexnet_vgg", answered=None, **query):
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page(f"pages/{page}.py")
    if answered is not None:
        app.session_state[said_key(answered)] = answered.answers[0].id
    for key, value in query.items():
        app.query_params[key.replace("_", "-")] = value
    app.run()
    assert not app.exception
    return app


def words(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def labels(app):
    return {button.label: button for button in app.button}


def radio(app, name):
    return app.radio(key=f"{STACKED.id}-{name}")


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
    app = draw(seeds="900")
    (error,) = app.error
    assert "seeds must be between 1 and 50" in error.value
    assert app.number_input(key=f"{STACKED.id}-seeds").value == STACKED.presets["quick"].seeds
    radio(app, "said").set_value(ANSWERS[0]).run()
    app.multiselect(key=f"{STACKED.id}-fields").set_value([]).run()
    assert not app.exception
    assert len(app.error) == 1
    assert labels(app)["Run the experiment"].disabled


def test_own_run_is_held_against_what_was_said_before_it(lab):
    record, _ = make_run(lab, trials=9)
    queue.end(lab.store, record.id, "finished")
    app = draw(run=record.id)
    reading = STACKED.read(chosen_of(record)[1], standing_of(lab.store, record.id).trials)
    assert plain_markdown(reading.headline) in words(app)
    assert f"**You said:** {STACKED.answer(ANSWERS[0])}" in words(app)
    assert "**It was:**" in words(app)
    assert radio(app, "said").value == ANSWERS[0], "what was said before it is still chosen"
    app = draw(run=record.id, stacked_kernels_view="Past runs")
    assert not app.error
    assert "What one person said before their first run here: 1 × " in words(app)
    assert "python -m cnn_core experiment stacked-kernels" in app.code[-1].value


def test_run_of_another_goes_on_without_ones_own_answer_or_buttons(lab):
    record, planned = make_run(lab, owner="somebody else")
    point = TrialPoint(
        step=1,
        arm=planned[1].arm,
        condition=planned[1].condition,
        seed=0,
        at=5,
        of=10,
        loss=1.0,
        accuracy=0.25,
    )
    lab.store.append(record.id, point)
    app = draw(run=record.id)
    assert radio(app, "said").value is None
    assert "Stop, keep the trials" not in labels(app)
    (bar,) = app.get("progress")
    assert f"1 of {len(planned)} trials done" in bar.proto.text
    assert STACKED.names[planned[1].arm] in bar.proto.text
    assert "left" in bar.proto.text
    assert "**So far:**" in words(app)
    assert "**It was:**" not in words(app), "nothing is decided yet"


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
    headline = experiment.read(recorded.settings, recorded.trials).headline
    assert plain_markdown(headline) in words(app)


def test_recorded_run_waits_for_an_answer_or_to_be_asked_for(lab, monkeypatch):
    record, _ = make_run(lab, trials=9)
    chosen = chosen_of(record)[1]
    recorded = RecordedExperiment(
        recording=Recording(
            id=STACKED.id, hardware="two cores", versions={}, date="2026-01-31", command="", data=""
        ),
        record=record,
        settings=chosen,
        trials=standing_of(lab.store, record.id).trials,
    )
    monkeypatch.setattr(recorded_experiments, "recorded_experiment", lambda _id: recorded)
    headline = plain_markdown(STACKED.read(chosen, recorded.trials).headline)
    app = draw()
    assert "A recorded run** of 1 seed" in words(app)
    assert headline not in words(app), "who has yet to answer is not told"
    labels(app)["Show it without an answer"].click().run()
    assert not app.error
    assert headline in words(app)


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
    app = draw("curves", run=record.id)
    (error,) = app.error
    assert "is an experiment" in error.value


def test_link_to_a_run_inside_a_tab_opens_that_tab(lab):
    record, _ = make_run(lab, experiment=find_experiment("network-costs"), said="", trials=0)
    queue.end(lab.store, record.id, "stopped")
    app = draw(run=record.id)
    assert not app.error
    (tab,) = [each for each in app.tabs if each.label == "Costs"]
    assert "It ended before its first trial was done." in [each.value for each in tab.markdown]
    assert app.query_params["run"] == record.id
    other = draw("residual", run=record.id)
    assert [link.label for link in other.get("page_link") if "open it there" in link.label]
