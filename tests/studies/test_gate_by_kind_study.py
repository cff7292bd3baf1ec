"""What is tried on a gate beside films; and the result on record is that of the packed model."""

import json

import numpy as np
import pytest

from cnn_core.results.films import SIDE
from cnn_core.results.xray_decision import GateRow
from cnn_core.results.xray_evaluation import Measured
from cnn_core.runtime.xray_demonstration import NAME, PHANTOMS, demonstration
from studies.gate_by_kind import RESULT, holds, noises


def row(wanted, value):
    measured = Measured(value=value, interval=None, films=60, patients=60, method="", note="")
    return GateRow(kind="photographs", wanted=wanted, refused=measured)


def test_noise_is_of_five_kinds_and_no_two_pictures_are_the_same():
    made = noises(np.random.default_rng(0), 2)
    assert len(made) == 5
    pictures = [picture for kind in made.values() for picture in kind]
    assert {picture.shape for picture in pictures} == {(SIDE, SIDE)}
    assert len({picture.tobytes() for picture in pictures}) == 10


def test_it_holds_where_every_kind_that_was_tested_does():
    good = [row("refuse", 0.99), row("pass", 0.02), row("refuse", None)]
    assert holds(good)
    assert not holds([*good, row("refuse", 0.98)])
    assert not holds([*good, row("pass", 0.03)])


@pytest.mark.parametrize("name", [NAME, PHANTOMS])
def test_the_result_is_that_of_the_packed_model(name):
    kept = json.loads(RESULT.read_text(encoding="utf-8"))["models"][name]
    packed = demonstration(name).result.gate
    assert kept["holds"]
    assert {each["kind"]: each["refused"]["value"] for each in kept["rows"]} == {
        each.kind: each.refused.value for each in packed
    }
