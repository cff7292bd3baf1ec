"""The layers over time, and what a change did: what is drawn, left out and said."""

import json

import numpy as np
import pytest

from cnn_core.charts import palette
from cnn_core.charts.difference_marks import differences_chart, differences_title
from cnn_core.charts.layer_series import (
    QUANTITIES,
    layer_alt,
    layer_lines,
    layer_map,
    layer_title,
    striking_layers,
)
from cnn_core.results.history import History
from cnn_core.results.verdict import Difference
from tests.charts.fitted import LAYERS, columns, fitted


@pytest.fixture(scope="module")
def series():
    return fitted(looks=True).layers()


@pytest.mark.parametrize(
    ("quantity", "title"),
    [
        ("dead", "Most dead units in inception3a.branch1: 33 % at step 80"),
        ("gradient_norms", "The gradient of conv1 is 12.50 times that of fc at step 80"),
        ("update_ratios", "A step changed layers by 0.0010 to 0.010 of their weights at step 80"),
    ],
)
def test_titles_say_what_the_last_look_found(series, quantity, title):
    assert layer_title(series, quantity) == title
    assert title in layer_alt(series, quantity)


def test_a_layer_without_relu_has_no_dead_units(series):
    frame = columns(layer_lines(series, "dead", LAYERS))[0]
    assert frame["fc"] == [None] * 8
    assert frame["inception3a.branch1"][-1] == pytest.approx(33.0)
    assert "fc" not in striking_layers(series, "dead")


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_lines_and_map_are_json_without_nan_and_name_what_they_count(series, quantity):
    option = layer_lines(series, quantity, striking_layers(series, quantity), recorded=True)
    base = option["baseOption"]
    assert base["title"]["text"].startswith("Recorded: ")
    assert base["yAxis"]["type"] == ("value" if quantity == "dead" else "log")
    json.dumps({**base, "dataset": None}, allow_nan=False)
    figure = layer_map(series, quantity)
    assert figure.layout.title.text == "All 3 layers over 8 looks"
    assert np.shape(figure.data[0].z) == (3, 8)


def test_no_look_is_no_chart_that_fails():
    empty = History().layers()
    assert striking_layers(empty, "dead") == []
    option = layer_lines(empty, "gradient_norms", [])
    assert option["baseOption"]["title"]["text"].startswith("Nothing was measured")


def difference(name, mean, ends=None, seeds=3):
    low, high = ends or (None, None)
    return Difference(
        id=name,
        what=name,
        before=0.7,
        after=0.7 + mean,
        mean=mean,
        low=low,
        high=high,
        seeds=seeds,
        told_apart=bool(ends) and not low <= 0 <= high,
        sentence="",
    )


@pytest.mark.parametrize(
    ("found", "title"),
    [
        ([], "What more data changes is known once a pair has finished"),
        (
            [difference("test-accuracy", 0.031, (0.01, 0.052))],
            "More data: test accuracy +3.1 points at n = 3",
        ),
        (
            [difference("test-accuracy", 0.031, (-0.01, 0.072))],
            "More data: test accuracy cannot be told apart at n = 3",
        ),
        (
            [difference("test-accuracy", -0.02, seeds=1)],
            "More data: test accuracy -2.0 points, of one pair",
        ),
    ],
)
def test_the_title_says_whether_the_change_can_be_told_apart(found, title):
    assert differences_title(found, change="more data") == title


def test_a_difference_that_cannot_be_told_apart_is_hollow_and_grey():
    found = [
        difference("test-accuracy", 0.031, (0.01, 0.052)),
        difference("gap", -0.02, (-0.06, 0.02)),
    ]
    option = differences_chart(found, change="more data")
    sure, open_one, zero = option["baseOption"]["series"]
    assert (sure["symbol"], sure["color"]) == ("circle", palette.TRAINING)
    assert (open_one["symbol"], open_one["color"]) == ("emptyCircle", palette.REFERENCE)
    assert open_one["markLine"]["data"] == [[{"coord": [-6.0, 1]}, {"coord": [2.0, 1]}]]
    assert zero["markLine"]["data"] == [{"xAxis": 0}]
    assert option["baseOption"]["xAxis"]["max"] >= 6.0
