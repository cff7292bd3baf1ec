"""The tab "Training" of the page of own pictures: what a run would be and cost, Start, live."""

import dataclasses
import shlex
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.cli.main import build_parser
from cnn_core.cli.own_pictures import chosen_pictures
from cnn_core.cli.train import configurations
from cnn_core.data.pictures.decisions import labels_after
from cnn_core.results.pictures import Decision, Selection
from cnn_core.runtime import queue
from cnn_core.runtime.export import reproduce_command
from cnn_core.runtime.features import FeatureCache, FrontKey
from cnn_core.runtime.kept_decisions import write_steps
from cnn_core.ui.owner import token_digest
from tests.pages.conftest import TOKEN, draw, labels, words
from tests.pages.judged_run import LOOKING, RECIPE, finished_run, queued_run

OWNER = token_digest(TOKEN)


@pytest.fixture
def training(own_lab, flower_home):
    """Return a function that draws the tab with these pictures."""
    _, snapshot = flower_home

    def one(**query):
        return draw(step="Training", pictures=snapshot.id, **query)

    return one


def button(app, key):
    return next(each for each in app.button if each.key == key)


def test_without_pictures_the_way_to_them_is_shown(own_lab):
    app = draw(step="Training")
    labels(app)["Bring pictures"].click().run()
    assert not app.exception
    assert app.session_state["step"] == "Pictures"


def test_without_weights_of_vgg16_the_embedded_network_is_the_first_choice(training):
    app = training()
    assert not app.error
    assert button(app, "start").label == "Train EfficientNet-Lite0"
    assert "EfficientNet-Lite0, frozen, light head" in words(app)
    assert "pictures to train on" in words(app)
    assert "of memory and" in words(app)
    assert "on the disk" in words(app)


def test_a_network_without_weights_says_what_can_be_done(training):
    app = training(**{"ft-model": "vgg16"})
    assert button(app, "start").disabled
    assert "No weights of VGG-16 are on this machine" in app.error[0].value
    labels(app)["Use EfficientNet-Lite0 instead"].click().run()
    assert not button(app, "start").disabled
    assert "ft-model" not in app.query_params  # it is the first choice here


def test_every_setting_is_in_the_link_and_in_the_run(training, own_lab):
    given = {
        "model": "resnet18", "mode": "scratch", "head": "reference", "epochs": 7, "batch_size": 8,
        "learning_rate": 0.002, "optimizer": "sgd", "schedule": "one-cycle", "weight_decay": 0.01,
        "label_smoothing": 0.1, "patience": 3, "seed": 4, "views": 3, "class_weights": "balanced",
        "validation_share": 0.2, "test_share": 0.1, "precision": "float32", "cache": "off",
        "rate_finder": "on",
    }  # fmt: skip
    app = training(**{f"ft-{name}": str(value) for name, value in given.items()})
    button(app, "start").click().run()
    assert not app.exception
    (run,) = own_lab.store.list()
    expected = dataclasses.replace(RECIPE.presets["light"].config, **given)
    assert run.config == expected
    assert run.preset == "custom"
    assert run.owner == OWNER
    assert app.query_params["run"] == run.id


def test_start_trains_what_was_decided_and_an_equal_run_is_offered(training, own_lab, flower_home):
    step = (Decision(picture=3, action="exclude"),)
    write_steps(own_lab.settings.pictures, flower_home[1].id, OWNER, [step], grouped=True)
    app = training()
    button(app, "start").click().run()
    (run,) = own_lab.store.list()
    assert run.dataset.train_size + run.dataset.valid_size + run.dataset.test_size == 44
    assert "Next in line" in progress(app)
    button(app, "start").click().run()
    assert "is here already" in words(app)
    labels(app)["Train it again all the same"].click().run()
    assert len(own_lab.store.list()) == 2


def progress(app):
    return " ".join(each.proto.text for each in app.get("progress"))


def test_a_preset_fills_the_settings_and_reset_brings_it_back(training):
    app = training()
    (chooser,) = [group for group in app.button_group if group.key == "ft-preset"]
    chooser.set_value("reference").run()
    assert "reference head, 5 epochs" in words(app)
    app.number_input(key="ft-epochs").set_value(9).run()
    assert "reference head, 9 epochs" in words(app)
    labels(app)["Reset to preset"].click().run()
    assert "reference head, 5 epochs" in words(app)


def test_work_before_the_first_step_is_shown_with_pace_and_time_left(
    training, own_lab, flower_home
):
    record = queued_run(own_lab, Selection(snapshot=flower_home[1].id), owner=OWNER)
    assert queue.claim(own_lab.store, run_id=record.id) == record.id
    own_lab.store.append(record.id, LOOKING)
    app = training(run=record.id)
    assert (
        "EfficientNet-Lite0 looks at the pictures · 30 of 60 · 8.0 a second · 3.8 s left · "
        "6 were kept" in progress(app)
    )
    assert labels(app)["Stop, keep the best"]


def test_a_finished_run_shows_its_best_epoch_its_rate_and_the_way_to_the_result(
    training, own_lab, flower_home
):
    record = finished_run(own_lab, Selection(snapshot=flower_home[1].id), owner=OWNER, learns=False)
    app = training(run=record.id)
    metrics = {each.label: each for each in app.metric}
    assert metrics["Best validation"].delta == "epoch 4 of 4"
    assert "Clock to 99 %" not in metrics
    assert [each for each in app.get("plotly_chart") if f"rates-{record.id}" in each.proto.id]
    labels(app)["See the result"].click().run()
    assert app.session_state["step"] == "Result"


def test_kept_outputs_are_listed_and_freed(training, own_lab):
    cache = FeatureCache(own_lab.settings.features, own_lab.settings.features_bytes)
    front = FrontKey(weights="", network="vgg16", cut=3, preprocessing="", precision="float32")
    kept = cache.open(front, ["a" * 64], title="VGG-16 on *flowers*", row_shape=(4,), dtype="f4")
    key = kept.key
    del kept  # nobody uses it any more
    app = training()
    assert r"VGG-16 on \*flowers\*" in words(app)
    button(app, f"free-{key}").click().run()
    assert not cache.entries()
    assert "Nothing is kept yet" in words(app)


def test_earlier_runs_on_these_pictures_are_opened_from_here(training, own_lab, flower_home):
    assert "Nothing has been trained on these pictures yet" in words(training())
    record = queued_run(own_lab, Selection(snapshot=flower_home[1].id), owner="ada")
    app = training()
    button(app, f"open-{record.id}").click().run()
    assert app.query_params["run"] == record.id
    assert "Next in line" in progress(app)


def test_the_page_runs_opens_a_run_where_it_is_watched(own_lab, flower_home):
    record = finished_run(
        own_lab, Selection(snapshot=flower_home[1].id), owner="terminal", learns=False
    )
    app = AppTest.from_function(open_from_runs, default_timeout=60)
    app.session_state["run"] = record
    app.run()
    assert app.session_state["switched"] == ("own_pictures", {"run": record.id, "step": "Training"})


def open_from_runs():
    from unittest.mock import patch

    import streamlit as st

    from cnn_core.ui.training.group import open_seeds

    def switch(path, query_params):
        st.session_state["switched"] = (path.stem, query_params)

    with patch("streamlit.switch_page", switch):
        open_seeds(st.session_state["run"], alone=True)


def test_the_command_of_a_run_selects_what_the_run_saw(own_lab, flower_home):
    snapshot = flower_home[1]
    made = (
        Decision(picture=3, action="exclude"),
        Decision(picture=4, action="exclude"),
        Decision(picture=7, action="relabel", label=snapshot.classes[2]),
        Decision(picture=4, action="keep"),
    )
    selection = Selection(snapshot=snapshot.id, decisions=made, grouped=False)
    record = queued_run(own_lab, selection, owner=OWNER)
    command = draw(step="About", run=record.id).code[0].value
    options = build_parser().parse_args(shlex.split(command)[3:])
    named = chosen_pictures(own_lab.settings, options)
    assert named.snapshot == snapshot.id
    assert not named.grouped
    assert labels_after(snapshot, named.decisions) == labels_after(snapshot, made)
    assert configurations(options) == [record.config]
    Path(record.dataset.location).unlink()
    assert reproduce_command(record) == ""
