"""The tab "Results" while a study changes: resumed, stopped, failed, its locked test opened."""

import dataclasses
import json

import pytest

from cnn_core.results.xray_plan import STATEMENT, FilmSelection
from cnn_core.results.xray_study import Opening
from cnn_core.runtime import queue
from cnn_core.runtime.groups import create_group
from cnn_core.runtime.kept_audits import keep_audit
from cnn_core.runtime.picture_runs import EMBEDDED
from cnn_core.runtime.xray_demonstration import demonstration
from cnn_core.runtime.xray_locked import write_opening
from cnn_core.runtime.xray_runs import film_store, study_of, study_requests
from cnn_core.runtime.xray_study import STUDY_FILE
from cnn_core.runtime.xray_words import said_of_openings
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.owner import token_digest
from cnn_core.ui.xray import results
from cnn_core.ui.xray.judged import judged_study
from cnn_core.ui.xray.verdict import more_to_know
from tests.charts import study_sample as sample
from tests.film_sets import red_audit, stored_film_set
from tests.pages.conftest import TOKEN, draw, labels, open_lab, words

CONFIG = dataclasses.replace(find_recipe("xray-triage").presets["frozen"].config, model=EMBEDDED)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    (empty := tmp_path_factory.mktemp("none") / "pictures").mkdir()
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield open_lab(tmp_path_factory.mktemp("home"), empty, monkeypatch)


@pytest.fixture
def runs(lab):
    """Three folds and the served model of a study, all stopped before they began."""
    films = film_store(lab.settings)
    made = stored_film_set(films, patients=50, drawn=False)
    keep_audit(films, red_audit(made))
    selection = FilmSelection(film_set=made.id, folds=3, acknowledged=True)
    owner = token_digest(TOKEN)
    requests = study_requests(lab.settings, selection, CONFIG, owner=owner, device="cpu")
    records, _ = create_group(lab.store, requests)
    end(lab, "stopped", *records)
    return records


def end(lab, status, *records):
    for record in records:
        queue.end(lab.store, record.id, status)


def judge(lab, *folds):
    """Keep a result of these folds, as if it had been found."""
    found = sample.study(
        run="",
        fold_runs=tuple(record.id for record in folds),
        openings=(),
        locked=None,
        warnings=("First.", said_of_openings(())),
    )
    text = json.dumps(dataclasses.asdict(found))
    (lab.store.run_folder(folds[0].id) / STUDY_FILE).write_text(text)


def test_what_was_found_before_another_run_finished_is_found_no_more(lab, runs):
    end(lab, "finished", runs[0])
    judge(lab, runs[0])
    assert judged_study(lab, runs[0].group).result.fold_runs == (runs[0].id,)
    end(lab, "finished", runs[1])
    assert judged_study(lab, runs[0].group) is None
    judge(lab, *runs[:2])
    assert judged_study(lab, runs[0].group) is not None
    end(lab, "finished", runs[3])
    assert judged_study(lab, runs[0].group) is None


def test_every_look_at_the_locked_films_counts_though_it_was_another_study(lab, runs):
    end(lab, "finished", *runs[:3])
    judge(lab, *runs[:3])
    assert judged_study(lab, runs[0].group).result.openings == ()
    look = Opening(at=1.0, weights="9" * 64)
    write_opening(film_store(lab.settings), study_of(lab.settings, runs[0])[1], look)
    result = judged_study(lab, runs[0].group).result
    assert result.openings == (look,)
    assert result.warnings == ("First.", "The locked test was opened once.")


def test_a_study_without_a_finished_run_says_so_and_where_to_resume_it(lab, runs):
    app = draw("xray", **{"xr-step": "Results", "run": runs[0].id})
    assert "None of the study's 4 runs has finished: resume them under Train." in words(app)
    assert "follow then" not in words(app)
    assert "Go to Train" in labels(app)


def test_before_a_study_the_demonstration_model_is_shown_with_what_is_red_about_it(lab):
    app = draw("xray", **{"xr-step": "Results"})
    known = demonstration().result
    assert "Recorded: the demonstration model" in [title.value for title in app.subheader]
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown == {
        f"AUROC, {each.what}": f"{each.macro_auroc.value:.2f}"
        for each in (known.cross_validation, known.locked)
    }
    assert STATEMENT in words(app)
    assert plain_markdown(known.red[0]) in words(app)


def test_a_study_is_judged_by_itself_once_and_then_when_asked(lab, runs, monkeypatch):
    end(lab, "finished", *runs)
    begun = []
    monkeypatch.setattr(results, "start_work", lambda lab, title, work: begun.append(work))
    app = draw("xray", **{"xr-step": "Results", "run": runs[0].id})  # at once as if stopped
    assert len(begun) == 1
    labels(app)["Evaluate the study"].click().run()
    assert len(begun) == 2
    assert begun[0] == begun[1]


def test_red_reasons_and_warnings_are_said_once():
    unseen = sample.study().unseen
    red = ("First red.", "Second red.", unseen, "Second red.")
    found = sample.study(red=red, warnings=("Warned.", "First red."))
    assert more_to_know(found) == ["Second red.", "Warned."]
