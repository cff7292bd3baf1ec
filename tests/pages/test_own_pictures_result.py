"""The tab "Result" of the page of own pictures: read, scored, mended, trained again."""

import dataclasses

import numpy as np
import pytest

from cnn_core.results.pictures import Selection
from cnn_core.runtime import queue
from cnn_core.runtime.files import JUDGEMENT_FILE
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.ui.own_pictures.kept import kept_judgement, kept_predictions
from cnn_core.ui.own_pictures.result import SECTIONS
from cnn_core.ui.owner import token_digest
from tests.pages.conftest import TOKEN, draw, labels, words
from tests.pages.judged_run import SMALL, finished_run, queued_run

OWNER = token_digest(TOKEN)


@pytest.fixture(scope="module")
def run(module_lab, flower_home):
    return finished_run(module_lab, Selection(snapshot=flower_home[1].id), owner=OWNER)


def others(lab, run):
    """Return the other runs, the newest first."""
    return [each for each in lab.store.list() if each.id != run.id]


def result(record, **query):
    return draw(step="Result", run=record.id, **query)


def test_the_reading_comes_first_with_scores_intervals_and_baselines(module_lab, run):
    judgement = kept_judgement(module_lab, run)
    app = result(run)
    shown = words(app).replace("\\", "")
    for sentence in judgement.reading:
        assert sentence.text in shown
        assert sentence.advice in shown
    metrics = {each.label: each for each in app.metric}
    test = next(score for score in judgement.scores if score.part == "test")
    assert metrics["Test accuracy"].value == f"{100 * test.accuracy:.1f} %"
    assert metrics["Test accuracy"].delta.endswith("(95 %)")
    assert {"Validation accuracy", "Training accuracy", "Best baseline"} <= set(metrics)
    table = app.table[0].value
    assert {"This network", *(each.title for each in judgement.baselines)} <= set(table.index)


def test_every_section_is_drawn_of_every_part(run):
    app = result(run)
    for section, part in zip(SECTIONS, ("valid", "test", "train") * 2, strict=True):
        app.session_state["about"], app.session_state["part"] = section, part
        app.run()
        assert not app.error
        assert not app.exception


def test_the_table_of_classes_says_what_the_score_says(module_lab, run):
    app = result(run, about="Classes", part="train")
    score = kept_judgement(module_lab, run).scores[0]
    table = app.dataframe[0].value.set_index("class")
    assert score.part == "train"
    for each in score.classes:
        assert table.loc[each.label, "pictures"] == each.support
        assert table.loc[each.label, "recall"] == pytest.approx(100 * each.recall)
        assert table.loc[each.label, "F1"] == pytest.approx(100 * each.f1)
    assert table["recall"].is_monotonic_increasing


def test_a_cell_shows_its_pictures_with_their_true_names_and_what_the_network_said(module_lab, run):
    app = result(run, about="Mistakes", part="train")
    judged = kept_predictions(module_lab, run, "train")
    classes = read_plan(run.dataset).classes
    true, predicted = next(each.value for each in app.selectbox if "matrix" in each.label)
    said = judged.probabilities.argmax(axis=1)
    members = np.flatnonzero((judged.labels == true) & (said == predicted))
    assert true != predicted
    assert f"{classes[true]} taken for {classes[predicted]}" in words(app)
    assert f"**{classes[true]}**" in words(app)
    worst = members[np.argmax(judged.probabilities[members].max(axis=1))]
    sure = 100 * judged.probabilities[worst].max()
    assert f"The network: {classes[predicted]} {sure:.1f} %" in words(app)


def test_a_picture_is_left_out_and_the_run_trained_again_without_it(module_lab, run):
    app = result(run, about="Largest losses", part="train")
    assert not [label for label in labels(app) if label.startswith("Train again")]
    place = int(
        kept_predictions(module_lab, run, "train").pictures[
            kept_judgement(module_lab, run).scores[0].top_losses[0]
        ]
    )
    labels(app)["Leave it out"].click().run()
    labels(app)["Train again with 1 change"].click().run()
    assert not app.exception
    assert not app.error
    newest = others(module_lab, run)[0]
    plan = read_plan(newest.dataset)
    assert place not in plan.pictures
    assert newest.config == run.config
    assert app.session_state["step"] == "Training"
    assert app.query_params["run"] == newest.id


def test_the_same_network_from_scratch_is_queued_once_and_then_stands_in_the_table(
    module_lab, run, flower_home
):
    app = result(run, about="Learning curve")
    assert "Logistic regression" in words(app)
    labels(app)["Train it from scratch"].click().run()
    queued = others(module_lab, run)[0]
    assert queued.config == dataclasses.replace(run.config, mode="scratch")
    assert queued.dataset.fingerprint == run.dataset.fingerprint
    queue.end(module_lab.store, queued.id, "failed")
    scratch = dataclasses.replace(SMALL, mode="scratch")
    selection = Selection(snapshot=flower_home[1].id)
    finished_run(module_lab, selection, owner=OWNER, config=scratch, wrong=0.6, learns=False)
    app = result(run, about="Learning curve")
    assert "The same network from scratch" in app.table[0].value.index
    assert "Train it from scratch" not in labels(app)


def test_a_run_without_a_result_says_why(module_lab, flower_home):
    selection = Selection(snapshot=flower_home[1].id)
    app = result(queued_run(module_lab, selection, owner=OWNER))
    assert "when the run has finished" in words(app)
    done = finished_run(module_lab, selection, owner=OWNER, learns=False)
    (module_lab.store.run_folder(done.id) / JUDGEMENT_FILE).write_text("{")
    app = result(done)
    assert app.error[0].value.startswith("The judgement of this run is missing or damaged.")
