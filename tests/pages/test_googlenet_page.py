"""The page "GoogLeNet · CIFAR-10" under AppTest: settings, pictures, Start, and what became of it.

On a folder of CIFAR-10's form that a test made; runs are told, nothing trains.
"""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from cnn_core.results.config import TrainConfig
from cnn_core.runtime import queue
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.files import PREDICTIONS_FILE
from cnn_core.runtime.launcher import Launcher
from cnn_core.runtime.recorded import Recordings, read_recorded, record
from cnn_core.runtime.submit import build_request
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.googlenet import recorded as recorded_module
from cnn_core.ui.googlenet.controls import FIELDS, PREFIX
from cnn_core.ui.googlenet.page import TABS
from cnn_core.ui.lab import laboratory
from cnn_core.ui.owner import token_digest
from tests.data.cifar_files import write_cifar
from tests.pages.conftest import TOKEN, draw, labels, words
from tests.results.told_run import WHOLE

RECIPE = find_recipe("googlenet-cifar10")
OWNER = token_digest(TOKEN)
TINY = replace(
    RECIPE.presets["scratch"].config, model="googlenet-cifar-tiny", epochs=4, train_sample=0
)
UNOFFICIAL = "CIFAR-10, unofficial copy, 300 of 50,000"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A laboratory with 300 training and 60 test pictures, in which nothing trains."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_LAB_HOME", str(home))
        patch.setenv("CNN_LAB_DATA", str(write_cifar(home / "data", count=60)))
        patch.setenv("CNN_LAB_WEIGHTS", str(home / "weights"))
        patch.setenv("TORCH_HOME", str(home / "torch"))
        patch.setenv("CNN_LAB_SPARE", "0")
        patch.setattr(
            "streamlit.runtime.context.ContextProxy.cookies", {"cnn_lab_owner": TOKEN}, raising=True
        )
        patch.setattr(Launcher, "start", lambda self: self)
        patch.setattr(Launcher, "dispatch", lambda self: None)
        yield laboratory()


def waiting(lab, config=TINY, **more):
    request = build_request(
        lab.settings,
        recipe=RECIPE.id,
        preset="custom",
        config=config,
        owner=OWNER,
        launcher="self",
        **more,
    )
    return lab.store.create(request)[0]


def finished(lab, config=TINY, *, wrong=0.3, **more):
    """Return a run that was told to have finished; it takes so large a share for the next class."""
    run = waiting(lab, config, **more)
    true = cached_dataset("cifar10", lab.settings.data).test.labels
    rng = np.random.default_rng(0)
    said = np.where(rng.random(len(true)) < wrong, (true + 1) % 10, true)
    probabilities = np.full((len(true), 10), 0.01, np.float32)
    probabilities[np.arange(len(true)), said] = 0.91
    folder = lab.store.run_folder(run.id)
    save_file({"probabilities": probabilities}, folder / PREDICTIONS_FILE)
    for event in WHOLE:
        lab.store.append(run.id, event)
    queue.end(lab.store, run.id, "finished")
    return lab.store.get(run.id)


@pytest.fixture(scope="module")
def run(lab):
    return finished(lab)


def page(**query):
    return draw("googlenet", **{key.replace("gn_", "gn-"): value for key, value in query.items()})


def shown(app, field):
    key = PREFIX + field
    for widget in (*app.number_input, *app.selectbox, *app.slider):
        if widget.key == key:
            return widget.value
    return None


def choose(app, key, value):
    (chooser,) = [group for group in app.button_group if group.key == key]
    return chooser.set_value(value).run()


def start_button(app):
    (start,) = [button for button in app.button if button.key == "start"]
    return start


def right_ones(lab, run):
    """Return whether each test picture is right, told from the file of predictions."""
    said = load_file(lab.store.folder / run.id / PREDICTIONS_FILE)["probabilities"].argmax(axis=1)
    return said == cached_dataset("cifar10", lab.settings.data).test.labels


def figure(app):
    (chart,) = app.get("plotly_chart")
    return chart.proto.spec


def test_a_preset_fills_every_setting_but_the_seed_and_reset_brings_it_back(lab):
    app = choose(page(gn_seed="5"), "gn-preset", "scratch")
    assert not app.error
    config = replace(RECIPE.presets["scratch"].config, seed=5)
    drawn = [field for field in FIELDS if shown(app, field) is not None]
    assert {"model", "mode", "epochs", "data_share", "train_sample", "watch"} <= set(drawn)
    assert {field: shown(app, field) for field in drawn} == {
        field: getattr(config, field) for field in drawn
    }
    app.number_input(key="gn-epochs").set_value(3).run()
    assert "3 epochs" in start_button(app).help
    labels(app)["Reset to preset"].click().run()
    assert shown(app, "epochs") == config.epochs


def test_the_first_choice_is_a_tenth_with_the_network_whose_weights_come_along(lab):
    app = page()
    assert not app.error
    start = labels(app)["Train EfficientNet-Lite0"]
    assert not start.disabled
    assert "10 % of it: about" in words(app)
    assert "27 pictures to train on, 3 to validate, 60 to test." in words(app)
    assert f"**{UNOFFICIAL}.**" in words(app)
    assert "No weights of GoogLeNet are on this machine" in words(app)
    assert "Download CIFAR-10 (170 MB)" in labels(app), "the published files are offered"


def test_without_weights_of_googlenet_there_are_three_ways_on(lab):
    app = page(gn_model="googlenet")
    (error,) = app.error
    assert "No weights of GoogLeNet are on this machine" in error.value
    assert labels(app)["Train GoogLeNet"].disabled
    assert {"Use EfficientNet-Lite0 instead", "From scratch instead"} <= set(labels(app))
    assert "Download them" in labels(app)
    labels(app)["From scratch instead"].click().run()
    assert not app.error
    assert not labels(app)["Train GoogLeNet for 32x32"].disabled
    assert shown(app, "mode") == "scratch"
    assert shown(app, "auxiliary") == 0.3
    assert "Use EfficientNet-Lite0 instead" not in labels(app)


def test_only_what_a_network_can_learn_is_offered(lab):
    app = page(gn_model="googlenet-cifar-16")
    assert app.selectbox(key="gn-mode").options == ["All, from random weights"]
    assert shown(app, "cutout") is not None
    frozen = page()
    assert shown(frozen, "auxiliary") is None
    assert shown(frozen, "cutout") is None
    assert shown(frozen, "backbone_rate") is None


def test_start_queues_the_seeds_that_the_settings_say(lab):
    app = page(gn_preset="scratch", gn_epochs="2", gn_seed="12", gn_seeds="2", gn_data_share="0.5")
    labels(app)["Train GoogLeNet for 32x32, 2 seeds"].click().run()
    assert not app.error
    made = [run for run in lab.store.list() if run.config.epochs == 2]
    expected = replace(RECIPE.presets["scratch"].config, epochs=2, data_share=0.5)
    assert [run.config for run in made[::-1]] == [replace(expected, seed=seed) for seed in (12, 13)]
    assert len({run.group for run in made}) == 1
    assert made[0].dataset.source == "cifar10"
    assert made[0].dataset.train_size == 135
    assert not made[0].dataset.official
    assert app.query_params["run"] == made[-1].id
    labels(app)["Stop all seeds"].click().run()
    assert {lab.store.get(run.id).status for run in made} == {"stopped"}


def test_a_share_that_leaves_too_few_pictures_says_so(lab):
    app = page(gn_data_share="0.01")
    (error,) = app.error
    assert "A share of 1 % leaves" in error.value
    assert start_button(app).disabled


@pytest.mark.parametrize("name", [name for name in TABS if name != "Mistakes"])
def test_every_tab_of_a_finished_run_is_drawn(run, name):
    app = page(run=run.id, gn_view=name)
    assert not app.error
    assert "badge[finished] :gray-badge[unofficial copy]" in words(app)


def test_mistakes_are_scored_by_class_with_intervals_and_named_unofficial(lab, run):
    app = page(run=run.id, gn_view="Mistakes")
    right = sum(right_ones(lab, run))
    assert f"{right} of 60 test pictures right" in words(app)
    assert UNOFFICIAL in figure(app)
    choose(app, "gn-mistakes", "Worst mistakes")
    assert not app.error
    assert len(app.get("image")) == min(18, 60 - right)
    assert "**airplane** taken for automobile, 91.0 %" in words(app)
    choose(app, "gn-mistakes", "Confusion matrix")
    (cell,) = [box for box in app.selectbox if box.key.startswith("cell-")]
    assert "taken for" in cell.options[0]
    assert UNOFFICIAL in figure(app)
    assert "Test images no." in words(app)


def test_predictions_of_other_pictures_are_not_shown(lab):
    run = finished(lab, replace(TINY, seed=7))
    save_file(
        {"probabilities": np.full((50, 10), 0.1, np.float32)},
        lab.store.folder / run.id / PREDICTIONS_FILE,
    )
    (error,) = page(run=run.id, gn_view="Mistakes").error
    assert "This run was tested on 50 pictures, but its settings say 60" in error.value


def test_a_group_is_shown_as_one(lab):
    first = finished(lab, replace(TINY, seed=20), group="a-group")
    finished(lab, replace(TINY, seed=21), group="a-group")
    app = page(run=first.id)
    assert not app.error
    assert "seeds 20, 21**" in words(app)
    assert "Best validation, mean" in {metric.label for metric in app.metric}
    mistakes = page(run=first.id, gn_view="Mistakes")
    assert not mistakes.error
    assert "Of seed 20: choose another one above." in words(mistakes)


def test_without_cifar10_a_recorded_run_and_one_button(lab, run, tmp_path, monkeypatch):
    path = tmp_path / "scratch.json.gz"
    path.write_bytes(record(lab.store, [run], id="scratch", data="Some of it.", command="train"))
    kept = Recordings(studied=(read_recorded(path),), faults=())
    monkeypatch.setattr(recorded_module, "recordings", lambda: kept)
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "nothing"))
    app = page()
    assert not app.error
    assert labels(app)["Train EfficientNet-Lite0"].disabled
    assert "CIFAR-10 is not in the data folder." in words(app)
    assert labels(app)["Download CIFAR-10 (170 MB)"]
    assert "**A recorded run**" in words(app)
    assert "Recorded on" in words(app)
    app.radio(key="gn-data").set_value("folder").run()
    app.text_input(key="gn-folder").set_value(str(lab.settings.data)).run()
    assert not labels(app)["Train EfficientNet-Lite0"].disabled
    assert "27 pictures to train on" in words(app)
    assert str(lab.settings.data) not in words(app)
    assert app.query_params["gn-data"] == "folder"
    curves = page(gn_view="Curves")
    assert not curves.error
    assert "Recorded on" in words(curves)


def test_a_run_of_another_page_is_pointed_to(lab):
    request = build_request(
        lab.settings,
        recipe="lenet5-mnist",
        preset="custom",
        config=find_recipe("lenet5-mnist").presets["fast"].config,
        owner=OWNER,
        source="digits",
        launcher="self",
    )
    other = lab.store.create(request)[0]
    app = page(run=other.id)
    assert not app.error
    (link,) = app.get("page_link")
    assert "is a run of the page LeNet-5 · MNIST: open it there" in link.proto.label


def test_every_field_has_a_control_or_a_reason(lab):
    """`FIELDS` names fields of the configuration; the page's own number of seeds is none."""
    assert set(FIELDS) <= set(TrainConfig.__dataclass_fields__)
    assert len(set(FIELDS)) == len(FIELDS)
