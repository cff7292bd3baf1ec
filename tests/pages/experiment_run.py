"""The pages of ideas under AppTest: a laboratory, runs whose trials are told, and a page drawn."""

import os

from streamlit.testing.v1 import AppTest

from cnn_core.concepts.registry import find_experiment
from cnn_core.concepts.settings import with_values
from cnn_core.results.events import RunStarted
from cnn_core.results.trial_events import TrialDone
from cnn_core.runtime import queue
from cnn_core.runtime.experiments import build_experiment_request, chosen_of
from cnn_core.ui.catalog import PAGES_FOLDER
from cnn_core.ui.experiments.question import said_key
from cnn_core.ui.lab import laboratory
from cnn_core.ui.owner import token_digest

APP = PAGES_FOLDER.parent / "app.py"
TOKEN = "t" * 43
OWNER = token_digest(TOKEN)
STACKED = find_experiment("stacked-kernels")
ANSWERS = [answer.id for answer in STACKED.answers]


def bare_lab(home, monkeypatch):
    """Return a laboratory with no data but the bundled digits, in which nothing is trained."""
    monkeypatch.setenv("CNN_LAB_HOME", str(home))
    monkeypatch.setenv("CNN_LAB_DATA", str(home / "data"))
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
