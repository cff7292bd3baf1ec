"""The inspector's charts: bars that hold every value, classes before and after, a map's proof."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cnn_core.charts import palette
from cnn_core.charts.faithfulness import (
    faithfulness,
    faithfulness_curves,
    faithfulness_sentence,
    sanity_sentence,
)
from cnn_core.charts.inspection import clicked_class, histogram, probability_bars
from cnn_core.results.inspection import Attribution, Curve

TOP = [(281, "tabby", 0.62), (285, "Egyptian cat", 0.2), (0, "<b>tench</b>", 0.0004)]


def curve(*probabilities):
    values = np.array(probabilities, dtype=np.float32)
    shares = np.linspace(0, 1, len(values), dtype=np.float32)
    return Curve(shares=shares, probabilities=values, area=float(np.trapezoid(values, shares)))


def attribution(deletion=(0.9, 0.1, 0.0), insertion=(0.0, 0.8, 0.9)):
    return Attribution(
        method="occlusion",
        target=281,
        layer="",
        heat=np.zeros((4, 4), dtype=np.float32),
        signed=True,
        deletion=curve(*deletion),
        insertion=curve(*insertion),
        deletion_random=curve(0.9, 0.5, 0.0),
        insertion_random=curve(0.0, 0.4, 0.9),
        sanity=0.1,
    )


def figures():
    values = np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32)
    return {
        "histogram": histogram(values, title="Half are negative", x_title="activation"),
        "bars": probability_bars(TOP, title="A tabby"),
        "bars before": probability_bars(TOP, before=[0.5, 0.3, 0.1], title="A tabby"),
        "curves": faithfulness_curves(attribution(), "tabby"),
    }


@pytest.mark.parametrize("name", ["histogram", "bars", "bars before", "curves"])
def test_a_figure_has_a_title_two_axes_large_words_and_no_ground_of_its_own(name):
    figure = figures()[name]
    layout = figure.layout
    assert layout.title.text
    assert layout.paper_bgcolor == layout.plot_bgcolor == palette.TRANSPARENT
    assert layout.xaxis.title.text
    assert layout.yaxis.title.text or layout.yaxis.ticktext
    assert min(layout.xaxis.tickfont.size, layout.yaxis.tickfont.size, layout.title.font.size) >= 14
    json.loads(figure.to_json(), parse_constant=lambda said: pytest.fail(f"{said} in the JSON"))


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(-3, 1, 999),
        np.linspace(0.5, 2, 999),
        np.full(9, 7.0),
        np.full(9, -7.0),
        np.array([-1e-30, 1e30]),
    ],
)
def test_every_value_is_in_one_bar_and_no_bar_has_both_signs(values):
    (bars,) = histogram(values, title="t", x_title="x").data
    assert sum(bars.y) == len(values)
    for middle, width, color in zip(bars.x, bars.width, bars.marker.color, strict=True):
        low, high = middle - width / 2, middle + width / 2
        assert min(abs(low), abs(high)) <= 1e-9 * abs(high - low) or (low > 0) == (high > 0)
        assert color == (palette.TRAINING if middle < 0 else palette.VALIDATION)
    negative = sum(n for n, x in zip(bars.y, bars.x, strict=True) if x < 0)
    assert negative == int((values < 0).sum())


def test_a_dead_map_says_how_many_are_zero_and_shows_the_others():
    values = np.array([0.0] * 73 + [1.0] * 26 + [np.nan])
    figure = histogram(values, title="t", x_title="x")
    assert sum(figure.data[0].y) == 26
    (note,) = figure.layout.annotations
    assert "73.0 % are exactly 0, not drawn; 1 are not finite" in note.text
    assert sum(histogram(np.zeros(5), title="t", x_title="x").data[0].y) == 0


def test_a_histogram_of_nothing_is_refused_and_values_are_left_as_they_were():
    with pytest.raises(ValueError, match=r"expected at least one value, but got an array \(0,\)"):
        histogram(np.zeros(0), title="t", x_title="x")
    values = np.arange(4, dtype=np.float32)
    histogram(values, title="t", x_title="x")
    assert values.tolist() == [0, 1, 2, 3]


def test_bars_say_their_shares_and_a_click_on_a_row_says_its_class():
    figure = probability_bars(TOP, chosen=281)
    bars, rows = figure.data
    assert list(bars.x) == [0.62, 0.2, 0.0004]
    assert list(bars.text) == ["62.0 %", "20.0 %", "0.0 %"]
    assert figure.layout.yaxis.ticktext == (
        "<b>tabby</b>",
        "Egyptian cat",
        "&lt;b&gt;tench&lt;/b&gt;",
    )
    assert figure.layout.yaxis.range == (2.5, -0.5)
    for row, data in zip(rows.y, rows.customdata, strict=True):
        assert data[0] == TOP[row][0]
        assert clicked_class({"selection": {"points": [{"customdata": data}]}}) == TOP[row][0]


def test_before_and_after_stand_side_by_side_in_two_named_colours():
    before, after, _ = probability_bars(TOP, before=[0.1, 0.7, 0.2]).data
    assert (before.name, after.name) == ("before", "now")
    assert list(before.x) == [0.1, 0.7, 0.2]
    assert before.marker.color != after.marker.color
    with pytest.raises(ValueError, match="but got 3 and 1"):
        probability_bars(TOP, before=[0.1])


@pytest.mark.parametrize(
    ("event", "index"),
    [
        ({"points": [{"customdata": {"0": 3}}]}, 3),
        ({"selection": {"points": [{"curve_number": 0}, {"customdata": [5]}]}}, 5),
        ({"selection": {"points": []}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_click_is_read_from_streamlits_event(event, index):
    assert clicked_class(event) == index


@pytest.mark.parametrize(
    ("deletion", "insertion", "verdict"),
    [
        ((0.9, 0.1, 0), (0, 0.8, 0.9), "both"),
        ((0.9, 0.1, 0), (0, 0.4, 0.9), "deletion"),
        ((0.9, 0.5, 0), (0, 0.8, 0.9), "insertion"),
        ((0.9, 0.6, 0), (0, 0.3, 0.9), "neither"),
    ],
)
def test_the_curves_are_judged_against_a_random_order(deletion, insertion, verdict):
    judged = attribution(deletion, insertion)
    assert faithfulness(judged) == verdict
    title = faithfulness_curves(judged).layout.title.text.replace("<br>", " ")
    assert title == faithfulness_sentence(judged)


@pytest.mark.parametrize(
    ("alike", "begins"), [(0.1, "Yes"), (-0.2, "Yes"), (0.45, "In part"), (0.8, "Hardly")]
)
def test_a_map_that_random_weights_draw_too_shows_the_picture(alike, begins):
    judged = replace(attribution(), heat=np.eye(4, dtype=np.float32), sanity=alike)
    assert sanity_sentence(judged).startswith(begins)
    assert f"(rank correlation {alike:.2f})" in sanity_sentence(judged)
    empty = replace(judged, heat=np.zeros((4, 4), dtype=np.float32))
    assert sanity_sentence(empty) == "That cannot be said: the map is the same everywhere"


def test_four_curves_with_their_areas_and_the_random_ones_are_dashed():
    lines = faithfulness_curves(attribution(), "tabby").data
    assert [line.line.dash for line in lines] == ["solid", "dash", "solid", "dash"]
    assert [line.line.color for line in lines[::2]] == [line.line.color for line in lines[1::2]]
    assert lines[0].name == "deletion (area 0.28)"
    np.testing.assert_allclose(lines[2].y, [0, 0.8, 0.9], rtol=1e-6)
