"""The page "Chest X-ray study" under AppTest: films, audit, Train, results, and what is refused.

Films are drawn squares in a store, their runs are finished by hand: no network is asked.
"""

import dataclasses

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data.films.set_text import film_set_id
from cnn_core.results.xray_audit import DuplicatePair, Protocols, ProtocolScore
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.groups import runs_of
from cnn_core.runtime.kept_audits import keep_audit, keep_protocols
from cnn_core.runtime.launcher import Launcher
from cnn_core.runtime.picture_runs import EMBEDDED
from cnn_core.runtime.xray_runs import film_store
from cnn_core.runtime.xray_study import evaluate_study
from cnn_core.ui.xray.judged import failures, films_of_cell, judged_study
from cnn_core.ui.xray.protocols import steps
from cnn_core.ui.xray.results import VIEWS
from cnn_core.ui.xray.state import TABS
from tests.film_sets import red_audit, stored_film_set
from tests.pages.conftest import draw, labels, open_lab, words
from tests.runtime.test_xray_study import DRAWS, finish

READ = "I have read the audit. Its red flags stay beside every score of this study."
SETTINGS = {"xr-model": EMBEDDED, "xr-folds": "3"}


def protocols_of(films):
    """Return protocols of which the naive one is 0.98 and the honest one 0.5."""
    scores = tuple(
        ProtocolScore(
            grouped=grouped,
            zone=zone,
            unseen=unseen,
            auroc=0.5 if zone == "centre" and grouped else 0.98,
            interval=(0.45, 0.99),
            films=len(films.films),
            sentence="Said so.",
        )
        for unseen in (False, True)
        for grouped in (False, True)
        for zone in ("full", "no-centre", "centre")
    )
    return Protocols(
        film_set=films.id,
        scores=scores,
        naive=0,
        honest=11,
        sentence="Naive: 0.98. Honest: 0.50.",
        model="Small.",
        seconds=1.0,
    )


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A laboratory in which nothing trains what is queued."""
    (empty := tmp_path_factory.mktemp("none") / "pictures").mkdir()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Launcher, "dispatch", lambda self: None)
        yield open_lab(tmp_path_factory.mktemp("home"), empty, monkeypatch)


@pytest.fixture(scope="module")
def films(lab):
    store = film_store(lab.settings)
    made = stored_film_set(store, patients=50, films_each=1)
    audit = red_audit(made)
    pairs = [
        DuplicatePair(first=0, second=1 + number % 99, kind="near", distance=3.0)
        for number in range(201)
    ]
    changed = {"flags": (*audit.flags, *greens(audit)), "pairs": tuple(pairs)}
    keep_audit(store, dataclasses.replace(audit, **changed))
    keep_protocols(store, protocols_of(made))
    return made


def greens(audit):
    return tuple(
        dataclasses.replace(audit.flags[0], part=part, level="green", sentence=f"Part {part}.")
        for part in range(1, 6)
    )


def tab(name, **query):
    return draw("xray", **{"xr-step": name, **query})


@pytest.mark.parametrize("name", TABS)
def test_every_tab_of_a_bare_machine_says_what_it_is_and_what_to_do(lab, name):
    app = tab(name)
    assert STATEMENT in words(app)
    assert not app.error
    if name in ("Films", "Audit", "Naive or honest", "Train"):
        assert "Run the phantom study" in labels(app)


def test_films_open_with_their_label_table_and_are_called_synthetic(lab, films):
    app = tab("Films", films=films.id)
    assert "150 films in 3 classes · synthetic" in words(app)
    assert app.dataframe[0].value["How it was established"].tolist() == ["drawn"] * 3
    shown = tab("Films", films=films.id, **{"xr-look": "films"})
    assert "resembles: normal" in words(shown)


def test_the_audit_says_its_level_in_a_word_and_by_part(lab, films):
    app = tab("Audit", films=films.id)
    assert "1 red flag: a score on these films may not be real." in words(app)
    assert ":red-badge[:material/dangerous: red] All from one." in words(app)
    for part in "136":
        part_of = tab("Audit", films=films.id, **{"xr-part": part})
        assert ("All from one" in words(part_of)) == (part == "6")
        assert ("The first 200 of 201 pairs." in words(part_of)) == (part == "1")


def test_naive_and_honest_stand_side_by_side_and_can_be_chosen(lab, films):
    app = tab("Naive or honest", films=films.id)
    assert [(metric.label, metric.value) for metric in app.metric] == [
        ("Naive (AUROC)", "0.98"),
        ("Honest (AUROC)", "0.50"),
    ]
    assert ":red-badge[:material/dangerous: red] All from one." in words(app)
    app.button_group(key="xr-grouping").set_value("grouped")
    app.button_group(key="xr-zone").set_value("centre").run()
    assert "Macro AUROC 0.50" in words(app).replace("\\", "")
    assert steps(protocols_of(films)) == [0, 3, 5, 11]


def test_a_red_audit_has_to_be_read_before_a_study_is_one_group_of_runs(lab, films):
    app = tab("Train", films=films.id, **SETTINGS)
    assert labels(app)["Train EfficientNet-Lite0, 3 folds"].disabled
    assert "30 locked away; 3 folds" in words(app)
    (box,) = [box for box in app.checkbox if box.label == READ]
    box.check().run()
    labels(app)["Train EfficientNet-Lite0, 3 folds"].click().run()
    assert not app.error
    runs = runs_of(lab.store, lab.store.get(app.query_params["run"]).group)
    assert sorted(run.config.fold for run in runs) == [0, 1, 2, 3]
    assert "3 folds and the served model" in words(app)
    assert "fold 2: waiting" in "".join(bar.text for bar in app.get("progress"))
    assert "All from one" in words(app)


@pytest.fixture(scope="module")
def study(lab, films):
    """A study whose folds have finished and were judged, without a served model."""
    app = tab("Train", films=films.id, **SETTINGS, **{"xr-seed": "7"})
    next(box for box in app.checkbox if box.label == READ).check().run()
    labels(app)["Train EfficientNet-Lite0, 3 folds"].click().run()
    record = lab.store.get(app.query_params["run"])
    for run in runs_of(lab.store, record.group):
        if run.config.fold:
            finish(lab.store, run)
    evaluate_study(lab.settings, lab.store, record.group, draws=DRAWS)
    return record


def test_a_study_is_listed_by_the_status_of_all_its_runs_and_without_an_accuracy(lab, films, study):
    said = words(tab("Train", films=films.id))
    assert "3 folds :gray-badge[waiting]" in said
    assert "badge[finished]" not in said
    (row,) = [
        row for _, row in draw("runs").dataframe[0].value.iterrows() if row.run == study.group
    ]
    assert row.isna()[["test accuracy", "± 95 %", "n", "validation"]].all()


def test_a_study_on_the_runs_page_says_what_it_is_and_leads_to_its_results(lab, films, study):
    def script(runs):
        from cnn_core.ui.lab import laboratory
        from cnn_core.ui.runs.page import _group

        _group(laboratory(), runs)

    app = AppTest.from_function(script, args=(tuple(runs_of(lab.store, study.group)),)).run()
    assert not app.exception
    assert f"Of a study: 3 folds and the served model. {STATEMENT}" in words(app)
    assert "of the test set" not in words(app)
    assert {"See its results", "Stop all runs"} <= set(labels(app))


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_the_results_has_the_red_flag_beside_it(lab, films, study, view):
    app = tab("Results", run=study.id, **{"xr-result": view})
    assert not app.error
    said = words(app)
    assert "All from one" in said
    assert "unseen hospital: not measurable" in said.lower().replace("\\", "")
    assert STATEMENT in said
    assert "no model is served" in said
    assert "trained on" not in said
    assert [metric.label for metric in app.metric] == ["AUROC, cross-validation"]


def test_the_cells_of_the_confusion_matrix_hold_every_film_once(lab, films, study):
    judged = judged_study(lab, study.group)
    scored = judged.scored["cross-validation"]
    cells = [films_of_cell(scored, *cell).tolist() for cell in np.ndindex(3, 3)]
    assert sorted(film for cell in cells for film in cell) == sorted(scored.films.tolist())
    counts = [len(cell) for cell in cells]
    assert counts == list(np.ravel(judged.result.cross_validation.confusion))
    assert len(failures(scored)) == sum(counts) - sum(counts[::4])


def test_moving_one_prevalence_moves_the_others_to_100_percent(lab, films, study):
    app = tab("Results", run=study.id, **{"xr-result": "prevalence"})
    before = [slider.value for slider in app.slider]
    assert before == [80.0, 8.0, 12.0]
    app.slider[1].set_value(28.0).run()
    after = [slider.value for slider in app.slider]
    assert after[1] == 28.0
    assert sum(after) == pytest.approx(100, abs=1)
    assert app.query_params["xr-prevalence"].startswith("62.6")
    table = next(frame.value for frame in app.dataframe if "PPV" in frame.value)
    assert "at an assumed prevalence of 28 %" in table["PPV"][1]


def test_the_report_can_be_downloaded_and_says_what_is_red(lab, films, study):
    app = tab("Report", run=study.id)
    assert not app.error
    assert "All from one" in words(app)
    assert [each.label for each in app.get("download_button")] == [
        "Download the report (HTML)",
        "Download the card (Markdown)",
    ]


def test_films_that_are_gone_are_said_to_be_missing_without_a_path(lab):
    app = tab("Films", films="ab" * 32)
    assert len(app.error) == 1
    assert str(lab.settings.pictures) not in app.error[0].value


def test_a_film_set_may_be_called_anything(lab, films):
    named = dataclasses.replace(films, title="<b>x</b> *y*", licence="other")
    named = dataclasses.replace(named, id=film_set_id(named))
    film_store(lab.settings).save(named)
    said = words(tab("Films", films=named.id))
    assert "<b>" not in said
    assert "\\*y\\*" in said
