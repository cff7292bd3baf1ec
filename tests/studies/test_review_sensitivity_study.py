"""A reviewed sensitivity: what the long simulation found, and a short one."""

import json
from pathlib import Path

import pytest

from cnn_core.xray import review
from studies import review_sensitivity as study

KEPT = json.loads(
    (Path(study.__file__).parent / "results" / "review_sensitivity.json").read_text("utf-8")
)


def test_the_kept_simulation_holds_for_every_design():
    assert KEPT["holds"]
    assert [row["holds"] for row in KEPT["designs"]] == [True] * len(study.DESIGNS)
    assert {"hardware", "versions", "date", "command"} <= set(KEPT)
    for row, design in zip(KEPT["designs"], study.DESIGNS, strict=True):
        assert {name: row[name] for name in design} == design


def test_what_is_said_of_the_other_intervals_was_measured():
    covered = {
        name: [row["covered"][name] for row in KEPT["designs"]]
        for name in KEPT["designs"][0]["covered"]
    }
    ends = [f"{100 * end:.0f}" for end in (min(covered["bootstrap"]), max(covered["bootstrap"]))]
    own = [f"{100 * end:.0f}" for end in (min(covered["used"]), max(covered["used"]))]
    said = " ".join((review.__doc__ or "").split())
    assert f"cover in {ends[0]} to {ends[1]} % of samples, these in {own[0]} to {own[1]} %" in said


def test_a_short_simulation_agrees():
    row = study.judged(study.DESIGNS[0], 25)
    assert row["covered"]["used"] > 0.8 > row["covered"]["wilson_kish"]
    assert row["bias"] == pytest.approx(0, abs=0.04)
