"""What the study of ONNX Runtime beside torch found, and that it is of every film."""

import json
from pathlib import Path

import pytest

from studies import onnx_parity as study

KEPT = json.loads(
    (Path(study.__file__).parent / "results" / "onnx_parity.json").read_text(encoding="utf-8")
)
FILMS = {"demonstration": 1_478, "phantoms": 240}


@pytest.mark.parametrize("name", FILMS)
def test_no_film_is_told_anything_else(name):
    found = KEPT["models"][name]
    assert KEPT["holds"]
    assert found["films"] == FILMS[name]
    assert 0 < found["logits"] <= 1e-4
    assert 0 < found["probabilities"] <= 1e-4
    assert found["gate_otherwise"] == found["threshold_otherwise"] == 0
    assert found["bfloat16"]["largest"] > found["probabilities"]
