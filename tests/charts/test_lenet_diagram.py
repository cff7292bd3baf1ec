"""LeNet-5's still pictures say what the tables say, and are readable without colour."""

import re

import pytest

from cnn_core.charts.lenet_diagram import connections_html, layers_html
from cnn_core.models.lenet1998_constants import C3_TABLE
from cnn_core.models.lenet_layers import lenet_layers


@pytest.mark.parametrize("form", ["today", "1998"])
def test_each_layer_is_a_card_with_its_figures(form):
    html = layers_html(form, 2)
    cards = html.split('role="listitem"')[1:]
    for index, (card, layer) in enumerate(zip(cards, lenet_layers(form), strict=True)):
        words = re.sub(r"<[^>]*>", "|", card)
        for said in (layer.name, layer.size, f"{layer.parameters:,}", f"{layer.macs:,} MACs"):
            assert said in words
        assert ("border:2px solid transparent" in card) == (index != 2)
        drawn = card.count("position:absolute")
        assert drawn == (layer.shape[0] if len(layer.shape) == 3 else 1)


def test_a_dot_stands_where_table_one_has_a_connection():
    html = connections_html()
    rows = html.split('<th scope="row">')[1:]
    assert len(rows) == 6
    for seen, row in enumerate(rows):
        cells = row.split("<td")[1:]
        dots = [map_ for map_, cell in enumerate(cells) if 'aria-label="sees"' in cell]
        assert dots == [map_ for map_, inputs in enumerate(C3_TABLE) if seen in inputs]


def test_text_is_large_enough_and_takes_the_pages_colour():
    for html in (layers_html("1998"), connections_html()):
        assert {int(size) for size in re.findall(r"font-size:(\d+)px", html)} == {14}
        assert not re.search(r"[;\"]color:", html)
