"""The tabs of layers and costs: tables, what is taken away, and links, as a page draws them."""

import csv
import io

import pytest

from cnn_core.concepts.network_costs.table import network_layers, totals
from cnn_core.models.registry import MODELS
from cnn_core.ui.experiments.layer_tables import layers_csv, totals_row
from tests.pages.conftest import draw, words

PAGE, TAB = "alexnet_vgg", "stacked-kernels-view"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")


def test_a_link_opens_the_layers_of_a_network():
    app = draw(PAGE, **{TAB: "Layer by layer", "layers-of": "alexnet"})
    assert [metric.value for metric in app.metric] == [
        *("61,100,840", "714 million", "4.14 MiB", "8"),
    ]
    table = app.dataframe[0].value
    assert table["parameters"].sum() == 61_100_840
    assert table["multiply-accumulates"].sum() == totals(network_layers("alexnet")).macs
    assert table["receptive field (px)"].iloc[0] == "11×11"
    app.segmented_control(key="layers-shown").set_value("every").run()
    assert len(app.dataframe[0].value) == len(network_layers("alexnet"))
    app.segmented_control(key="layers-view").set_value("all").run()
    assert not app.exception
    assert list(app.dataframe[0].value["network"]) == [row.title for row in MODELS.values()]
    assert "VGG-16 has 2.3 times AlexNet's parameters and 21.7 times its" in words(app)


def test_costs_have_three_views_and_say_what_errors_are():
    app = draw(PAGE, **{TAB: "Costs", "costs-view": "errors"})
    assert "one network, the middle crop of 224×224" in words(app)
    app.segmented_control(key="error-cost").set_value("parameters").run()
    assert not app.exception
    app.segmented_control(key="costs-view").set_value("published").run()
    assert not app.exception
    assert 20.934 in app.dataframe[0].value["top-5 error (%)"].tolist()
    assert "15.30" in app.table[0].value["top-5 error (%)"].tolist()
    app.segmented_control(key="costs-view").set_value("here").run()
    assert not app.exception
    assert "22 times as long for one picture?" in words(app)


def test_layers_are_taken_away_as_a_table_of_plain_cells():
    rows = list(csv.reader(io.StringIO(layers_csv(network_layers("vgg16")))))
    assert rows[1][:5] == ["features.0", "Conv2d", "64×224×224", "1792", "86704128"]
    assert sum(int(row[3]) for row in rows[1:]) == 138_357_544
    assert totals_row("vgg16")[:4] == ["VGG-16", 224, 16, 138_357_544]
