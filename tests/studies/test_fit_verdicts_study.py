"""Real runs that were made to be each of the six verdicts: kept ones, and some trained here."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cnn_core.data.digits import read_digits
from cnn_core.results.fit_verdict import fit_verdict
from cnn_core.results.verdict import VERDICTS
from studies import fit_verdicts as study
from studies.kept_curves import studied_of

KEPT = json.loads(
    (Path(study.__file__).parent / "results" / "fit_verdicts.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", KEPT["cases"])
def test_a_run_made_to_be_something_is_read_as_that(name):
    case = KEPT["cases"][name]
    today = study.said_of(case)
    assert case["is"] == today["verdict"], today["sentence"]
    assert {key: case[key] for key in today} == today, "run `python -m studies fit_verdicts`"


def test_the_study_made_each_of_the_six_as_it_is_today():
    assert {case["is"] for case in KEPT["cases"].values()} == set(VERDICTS)
    assert KEPT["holds"]
    assert set(KEPT["cases"]) == set(study.CASES)
    for name, case in study.CASES.items():
        kept = KEPT["cases"][name]
        assert studied_of(kept, kept["runs"]).records[0].config == replace(
            case.config, seed=study.SEEDS[0]
        )
    assert {"hardware", "versions", "date", "command"} <= set(KEPT)


@pytest.mark.parametrize("name", ["tiny-net", "one-picture-a-class", "not-a-number", "two-epochs"])
def test_a_run_trained_now_is_read_as_it_was_made(name):
    case = study.CASES[name]
    run = study.run_case(case, 5, read_digits())
    kept = {"config": KEPT["cases"][name]["config"]}
    verdict = fit_verdict(studied_of(kept, [run]))
    assert verdict.kind == case.is_, verdict.sentence
    assert verdict.seeds == (0 if verdict.kind == "diverging" else 1)
