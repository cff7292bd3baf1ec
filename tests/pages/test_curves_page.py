"""The page "Curves" under AppTest: any run is read, a change is queued, recorded runs say so."""

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.runtime import queue
from cnn_core.runtime.counter import counters_of
from cnn_core.runtime.recorded import record, recordings
from cnn_core.runtime.submit import build_request
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.curves.exports import tensorboard_zip
from cnn_core.ui.curves.studied import find_studied
from cnn_core.ui.lab import laboratory
from cnn_core.ui.owner import token_digest
from tests.charts.fitted import told

APP = Path(__file__).resolve().parents[2] / "app.py"
TOKEN = "t" * 43
CONFIG = replace(find_recipe("lenet5-mnist").presets["fast"].config, epochs=8, train_sample=500)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A laboratory in which nothing trains what is queued, and no recording is there."""
    home = tmp_path_factory.mktemp("curves")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_LAB_HOME", str(home))
        patch.setenv("CNN_LAB_SPARE", "0")
        patch.setattr(
            "streamlit.runtime.context.ContextProxy.cookies", {"cnn_lab_owner": TOKEN}, raising=True
        )
        for name in ("recorded_runs", "recordings", "find_recorded"):
            function = getattr(recordings, "__globals__", {})[name]
            patch.setattr(function, "__defaults__", (home / "recorded",))
        made = laboratory()
        made.launcher.close()
        patch.setattr(type(made.launcher), "dispatch", lambda self: None)
        yield made


@pytest.fixture(scope="module")
def tell(lab):
    """Return a function that puts a run into the store as if it had been trained."""

    def one(name, *, seed=0, group="", **more):
        request = build_request(
            lab.settings,
            recipe="lenet5-mnist",
            preset="custom",
            config=replace(CONFIG, seed=seed),
            owner=token_digest(TOKEN),
            source="digits",
            name=name,
            group=group,
            launcher="self",
        )
        made, _ = lab.store.create(request)
        queue.record_process(lab.store, made.id, os.getpid())
        queue.claim(lab.store, run_id=made.id)
        for event in told(8, 8, seed, **more):
            lab.store.append(made.id, event)
        queue.end(lab.store, made.id, "finished")
        return lab.store.get(made.id)

    return one


@pytest.fixture(scope="module")
def seeds(tell):
    group = "lenet5-mnist-1123-curves"
    return [tell(f"Net, seed {seed}", seed=seed, group=group) for seed in (0, 1, 2)]


@pytest.fixture(scope="module")
def alone(tell):
    return tell("Alone", seed=9, looks=True)


@pytest.fixture(scope="module")
def recording(lab, seeds):
    folder = lab.settings.runs.parent / "recorded"
    folder.mkdir()
    body = record(lab.store, seeds, id="nets", data="A few digits.", command="python -m x")
    (folder / "nets.json.gz").write_bytes(body)
    yield "recorded:nets"
    (folder / "nets.json.gz").unlink()
    folder.rmdir()


def draw(*runs, **query):
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/curves.py")
    app.query_params["run"] = list(runs)
    for key, value in query.items():
        app.query_params[key.replace("_", "-")] = value
    app.run()
    assert not app.exception
    return app


def words(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def alts(app):
    return [element.proto.alt for element in app.get("echarts_chart")]


def labels(app):
    return {button.label: button for button in app.main.button}


def test_without_a_run_there_is_one_sentence_and_one_button(lab):
    app = draw()
    assert "No run is chosen" in words(app)
    assert set(labels(app)) == {"Train LeNet-5"}


def test_a_group_is_read_verdict_first_with_the_figures_it_rests_on(seeds):
    app = draw(seeds[0].group)
    said = [element.value for element in app.markdown]
    verdict = next(i for i, text in enumerate(said) if "-badge[Overfitting]" in text)
    assert "points" in said[verdict]
    assert verdict < said.index("**What the verdict rests on**")
    table = app.table[0].value
    assert "generalisation gap" in table["Measured"].iloc[0]
    assert table["Held against"].iloc[0] == "2.0 points"
    assert "To try next" in words(app)
    assert app.multiselect[0].value == [seeds[0].group]


def test_without_a_choice_in_the_address_the_newest_of_mine_is_read(seeds, alone):
    app = draw()
    assert app.multiselect[0].value == [alone.id]
    assert app.query_params["run"] == alone.id


def test_several_runs_lie_over_each_other_with_a_verdict_each(seeds, alone):
    app = draw(seeds[0].group, alone.id)
    assert "**Net, seeds 0 to 2**" in words(app)
    assert "**Alone**" in words(app)
    assert "dotted: training, evaluated" in words(app).lower()
    assert not app.table


def test_one_seed_of_a_group_can_be_read_alone(seeds):
    app = draw(seeds[1].id)
    assert app.multiselect[0].value == [seeds[1].id]
    assert "Net, seed 1" in app.multiselect[0].options


def test_a_run_that_is_not_there_is_one_sentence_and_the_others_are_shown(seeds, alone):
    app = draw("lenet5-mnist-0000-nobody", alone.id)
    assert ["There is no run" in error.value for error in app.error] == [True]
    assert app.multiselect[0].value == [alone.id]


def test_a_deleted_run_says_what_it_was(lab, tell):
    gone = tell("Gone", seed=5)
    lab.store.delete(gone.id)
    assert "The run Gone was deleted" in draw(gone.id).error[0].value


def test_what_is_recorded_is_never_shown_without_its_label(recording):
    app = draw(recording)
    assert "-badge[Recorded]" in words(app)
    assert "A few digits." in words(app)
    assert "Recorded: Net, seeds 0 to 2" in app.multiselect[0].options
    assert alts(app)
    assert all("Recorded: " in alt for alt in alts(app))


def test_a_damaged_recording_is_one_sentence(lab, recording, alone):
    damaged = lab.settings.runs.parent / "recorded" / "broken.json.gz"
    damaged.write_bytes(b"no gzip")
    app = draw(alone.id)
    damaged.unlink()
    assert len(app.error) == 1
    assert "broken" in app.error[0].value
    assert app.multiselect[0].value == [alone.id]


def test_one_click_queues_the_change_with_the_same_seeds_and_not_twice(lab, seeds):
    app = draw(seeds[0].group, curves_view="Try one change")
    assert "Changed: " in words(app)
    assert "3 runs with the change (seeds 0, 1, 2)" in words(app)
    labels(app)["Run the pair, 3 seeds each"].click().run()
    assert not app.exception
    assert not app.error
    studied = find_studied(lab, seeds[0].group)
    (counter,) = counters_of(lab.store, studied)
    assert [run.config.seed for run in counter.after] == [0, 1, 2]
    assert [run.id for run in counter.before] == [run.id for run in seeds]
    assert "**Tried: " in words(app)
    assert "0 of 3 done" in words(app) or app.get("progress")
    before = len(lab.store.list())
    labels(app)["Run the pair, 3 seeds each"].click().run()
    assert len(lab.store.list()) == before
    labels(app)["Stop the pair"].click().run()
    assert not any(run.active for run in lab.store.list())


def test_layers_are_shown_where_a_run_looked_at_them_with_what_it_cost(alone):
    app = draw(alone.id, curves_view="Layers")
    assert "8 looks at 3 layers took 80 ms in all, 0.4 % of the run." in words(app)
    assert app.multiselect[1].value == ["conv1", "inception3a.branch1"]


def test_a_run_that_did_not_look_says_how_it_is_asked_for(seeds):
    app = draw(seeds[0].group, curves_view="Layers")
    assert "did not look at its layers" in words(app)
    commands = [code.value for code in app.code]
    assert "python -m cnn_core train lenet5-mnist --set watch=50" in commands


def test_modes_without_a_run_say_so(seeds):
    app = draw(seeds[0].group, curves_view="Compare modes")
    assert "GoogLeNet on CIFAR-10 has not been trained here yet" in words(app)


def test_tables_and_tensorboard_files_can_be_taken_away(lab, seeds, alone):
    app = draw(seeds[0].group, alone.id, curves_view="Take away")
    offered = {button.label for button in app.get("download_button")}
    assert {"Epochs of all (CSV)", "Layers (CSV)"} <= offered
    pytest.importorskip("tensorboard", reason="its event files need the package tensorboard")
    assert "TensorBoard files (ZIP)" in offered
    both = [find_studied(lab, each) for each in (seeds[0].group, alone.id)]
    with zipfile.ZipFile(io.BytesIO(tensorboard_zip(both))) as archive:
        folders = {name.split("/")[0] for name in archive.namelist()}
    assert folders == {*(run.id for run in seeds), alone.id}


def test_a_training_page_leads_to_the_curves_of_its_run(alone):
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/lenet5.py")
    app.query_params["run"] = alone.id
    app.run()
    assert "Read its curves" in labels(app)
