"""`train xray-triage`: the whole study of a few drawn squares, as one JSON object."""

import pytest

from cnn_core.charts.film_words import under_every_result
from cnn_core.cli.xray_training import write_study
from cnn_core.errors import DataError
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime import xray_gate
from cnn_core.runtime.kept_audits import keep_audit
from cnn_core.runtime.xray_runs import film_store
from cnn_core.runtime.xray_study import read_study, study_scored
from cnn_core.settings import Settings
from tests.charts import study_sample as sample
from tests.film_sets import red_audit, stored_film_set

QUICK = ("--epochs", "2", "--set", "views=1", "patience=0", "train_sample=0")


def _not_here(source, folder):
    raise DataError(f"There is no {source} in {folder.name}.")


@pytest.fixture
def films(monkeypatch):
    monkeypatch.setattr(xray_gate, "COPIED", 3)
    monkeypatch.setattr(xray_gate, "TRIED", 3)
    monkeypatch.setattr(xray_gate, "sample_names", lambda: ("cat",))
    monkeypatch.setattr(xray_gate, "cached_dataset", _not_here)  # a second and a half of digits
    settings = Settings.from_environment()
    made = stored_film_set(film_store(settings), patients=10)
    keep_audit(film_store(settings), red_audit(made))
    return made


def test_a_study_is_trained_and_judged(lab, films, store):
    command = ("train", "xray-triage", "--data", films.id[:12], "--folds", "2", "--json", *QUICK)
    refused = lab(*command)
    assert refused.code == 1
    assert "1 red flag, which were not acknowledged: All from one." in refused.err
    assert refused.out == ""
    assert store.list() == []

    said = lab(*command, "--acknowledge", "--open-locked")
    assert said.code == 0, said.err
    assert "EfficientNet-Lite0 is trained" in said.err
    assert "red: All from one." in said.err
    found = said.json
    assert found["statement"] == STATEMENT
    assert found["status"] == "finished"
    assert found["model"] == "EfficientNet-Lite0"
    assert [flag["level"] for flag in found["audit"]["flags"]] == ["red"]
    assert found["red"] == ["All from one."]
    assert len(found["fold_runs"]) == 2
    for what in ("cross_validation", "locked"):
        evaluated = found[what]
        assert [row["label"] for row in evaluated["classes"]] == ["normal", "covid19", "pneumonia"]
        for row in evaluated["classes"]:
            for figure in ("sensitivity", "specificity", "precision", "npv", "f1", "auroc"):
                assert set(row[figure]) >= {"value", "interval", "method", "note"}
        assert 0 <= evaluated["calibration"]["ece"] <= 1
        assert evaluated["macro_f1"]["films"] == evaluated["films"]
    assert found["cross_validation"]["films"] == 24
    assert found["locked"]["films"] == 6
    assert found["path"]["on"] == "locked test"
    assert len(found["openings"]) == 1
    assert set(found["trained_on"]) == {"A", "B"}
    assert found["warnings"][-1] == "The locked test was opened once."
    assert sum(found["prior"]) == pytest.approx(1)
    kinds = {row["kind"]: row["refused"] for row in found["gate"]}
    assert kinds["inverted films"]["films"] == 3
    assert kinds["noise"]["films"] == 3
    assert kinds["photographs"]["note"] == "too few: 1 patient"
    assert kinds["CIFAR-10 pictures"]["note"] == "not tested"
    assert kinds["slices of computed tomography"]["note"] == "too few: 1 patient"
    assert kinds["lateral films"]["note"] == "not tested"

    kept = read_study(store, found["group"])
    assert kept.run == found["run"]
    assert set(study_scored(store, found["group"])) == {"cross-validation", "locked test"}
    again = lab("runs", "--json").json
    assert {run["group"] for run in again} == {found["group"]}


@pytest.mark.parametrize("level", ["red", "green"])
def test_the_text_has_what_stands_under_every_result_once(capsys, level):
    result = sample.study(
        audit_level=level,
        red=("All from one.",) if level == "red" else (),
        unseen="Unseen hospital: no.",
    )
    write_study(result, "0123", 5.0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == STATEMENT
    for sentence in under_every_result(result):
        assert lines.count(sentence) == 1
    assert sum("unseen hospital" in line.lower() for line in lines) == 1
    assert sum("All from one." in line for line in lines) == (level == "red")
    assert ("red audit: none" in lines) == (level == "green")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("xray-triage",), "none were named"),
        (("xray-triage", "--data", "0123456789"), "No film set begins with '0123456789'"),
        (("xray-triage", "--data", "nowhere"), "nowhere"),
        (("xray-triage", "--seed", "1", "2"), "with one seed"),
        (("xray-triage", "--exclude", "3"), "--exclude, --relabel"),
        (("lenet5-mnist", "--folds", "5"), "--folds, --acknowledge and --open-locked are for"),
    ],
)
def test_what_is_refused(lab, arguments, said):
    refused = lab("train", *arguments)
    assert refused.code == 1
    assert said in refused.err
    assert "Traceback" not in refused.err


def test_folds_are_a_number(lab, films):
    refused = lab("train", "xray-triage", "--data", films.id, "--folds", "many")
    assert refused.code == 1
    assert "--folds expects a whole number, but got 'many'" in refused.err
