"""The curves of several runs as one text: whose each row is, and what is not known."""

import csv
import io
from types import SimpleNamespace

import pytest

from cnn_core.results.curve_tables import epochs_csv, layers_csv
from cnn_core.results.history import History
from cnn_core.results.studied import Recording, Studied
from tests.charts.fitted import fitted

RECORDING = Recording(id="made", hardware="", versions={}, date="", command="", data="")


def studied(*histories, recording=None):
    records = [
        SimpleNamespace(id=f"run-{seed}", config=SimpleNamespace(seed=seed))
        for seed in range(len(histories))
    ]
    return Studied(records=tuple(records), histories=histories, recording=recording)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_every_epoch_of_every_run_is_a_row_that_says_whose_it_is():
    both = [studied(fitted(), fitted(seed=1)), studied(fitted(3), recording=RECORDING)]
    found = rows(epochs_csv(both))
    assert [(row["run"], row["seed"], row["recording"]) for row in found] == [
        *[("run-0", "0", "")] * 8,
        *[("run-1", "1", "")] * 8,
        *[("run-0", "0", "made")] * 3,
    ]
    assert float(found[7]["train_accuracy"]) == pytest.approx(1 - 0.5 * 0.7**8)


def test_what_was_not_measured_is_an_empty_cell():
    assert rows(epochs_csv([studied(fitted(2, evaluated=False))]))[0]["train_accuracy"] == ""


def test_a_look_at_a_layer_is_a_row_and_a_layer_without_relu_has_no_dead_share():
    found = rows(layers_csv([studied(fitted(2, looks=True)), studied(fitted(2))]))
    assert [(row["step"], row["layer"]) for row in found][:4] == [
        ("10", "conv1"),
        ("10", "inception3a.branch1"),
        ("10", "fc"),
        ("20", "conv1"),
    ]
    assert found[1]["dead_share"] == "0.26"
    assert found[2]["dead_share"] == ""


def test_no_look_is_no_text():
    assert layers_csv([studied(History())]) == ""
