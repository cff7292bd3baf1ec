"""Charts of stacked kernels: what they draw of whole, partial and missing trials."""

import json

import pytest

from cnn_core.charts.experiments_fields import field_alt, field_figure, field_title
from cnn_core.charts.experiments_stacked_kernels import (
    ComparisonRow,
    NetworkRow,
    accuracy_alt,
    accuracy_figure,
    accuracy_title,
    difference_alt,
    difference_figure,
    difference_title,
)
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Place, Trials

NETWORKS = [
    NetworkRow(place=Place(arm="one"), name="One 5x5", below="6,400 weights a block", color=0),
    NetworkRow(place=Place(arm="two"), name="Two <3x3>", below="4,608 weights a block", color=1),
]
COMPARED = [
    ComparisonRow(
        first=Place(arm="two"), second=Place(arm="one"), name="Equal channels", below="two less one"
    ),
    ComparisonRow(
        first=Place(arm="one"), second=Place(arm="none"), name="Equal weights", below="never run"
    ),
]


def trials(**accuracies):
    return Trials(
        tuple(
            TrialDone(
                step=1,
                arm=arm,
                condition="",
                seed=seed,
                names=["accuracy"],
                figures=[value],
                seconds=1.0,
                elapsed_seconds=1.0,
            )
            for arm, values in accuracies.items()
            for seed, value in enumerate(values)
        )
    )


WHOLE = trials(one=[0.50, 0.51, 0.52], two=[0.46, 0.471, 0.48])
CLOSE = trials(one=[0.50, 0.51, 0.52], two=[0.52, 0.51, 0.49])
SINGLE = trials(one=[0.50], two=[0.46])


@pytest.mark.parametrize("found", [Trials(), trials(one=[0.5]), SINGLE, WHOLE, CLOSE])
def test_any_trials_make_legible_figures_with_words(found):
    for figure in (accuracy_figure(NETWORKS, found), difference_figure(COMPARED, found)):
        layout = json.loads(figure.to_json())["layout"]
        assert layout["xaxis"]["tickfont"]["size"] >= 14
        assert layout["yaxis"]["tickfont"]["size"] >= 14
        assert layout["paper_bgcolor"] == "rgba(0,0,0,0)"
        assert layout["title"]["text"]
        assert "<3x3>" not in "".join(layout["yaxis"]["ticktext"])
    for alt in (accuracy_alt(NETWORKS, found), difference_alt(COMPARED, found)):
        assert alt.endswith(".")
        assert "nan" not in alt


def test_the_accuracy_of_each_seed_and_the_mean_with_its_interval_are_drawn():
    data = json.loads(accuracy_figure(NETWORKS, WHOLE).to_json())["data"]
    assert data[0]["x"] == pytest.approx([50, 51, 52])
    assert data[1]["x"] == pytest.approx([51])
    low, high = WHOLE.spread("accuracy", NETWORKS[0].place).interval
    assert data[1]["error_x"]["array"] == pytest.approx([100 * high - 51])
    assert data[1]["error_x"]["arrayminus"] == pytest.approx([51 - 100 * low])
    assert accuracy_title(NETWORKS, WHOLE) == (
        "One 5x5 stands highest: 51.0 % of new pictures, 3 seeds"
    )


def test_a_difference_that_cannot_be_told_apart_is_hollow_and_said():
    apart = json.loads(difference_figure(COMPARED, WHOLE).to_json())["data"]
    close = json.loads(difference_figure(COMPARED, CLOSE).to_json())["data"]
    assert [len(data) for data in (apart, close)] == [2, 2]  # the line of none, and one pair
    assert apart[1]["marker"]["symbol"] == "circle"
    assert close[1]["marker"]["symbol"] == "circle-open"
    assert apart[1]["x"] == pytest.approx([-3.967], abs=1e-3)
    assert difference_title(COMPARED, WHOLE) == (
        "At equal channels the stack is 4.0 points behind the one large kernel (3 pairs)"
    )
    assert difference_title(COMPARED, CLOSE) == (
        "At equal channels the stack cannot be told from the one large kernel (3 pairs)"
    )
    assert difference_title(COMPARED, SINGLE) == (
        "At equal channels 1 pair cannot tell the stack from the one large kernel"
    )


def test_no_network_stands_highest_that_is_not_told_apart():
    titles = [accuracy_title(NETWORKS, found) for found in (CLOSE, SINGLE, trials(one=[0.5]))]
    assert titles == [
        "Which stands highest cannot be told: One 5x5 51.0 % of new pictures, 3 seeds",
        "Which stands highest cannot be told: One 5x5 50.0 % of new pictures, 1 seed",
        "One 5x5: 50.0 % of new pictures, 1 seed",
    ]
    third = NetworkRow(place=Place(arm="low"), name="Low", below="", color=2)
    found = Trials((*CLOSE.done, *trials(low=[0.3, 0.311, 0.32]).done))
    assert accuracy_title([*NETWORKS, third], found) == (
        "Highest and not told apart: One 5x5 51.0 %; Two <3x3> 50.7 % (3 seeds)"
    )


@pytest.mark.parametrize("length", [2, 3])
def test_the_drawing_of_the_field_has_a_line_a_weight_and_reaches_as_far_on_both_sides(length):
    lines_one, units_one, lines, units = json.loads(field_figure(length).to_json())["data"]
    side = 1 + 2 * length
    assert lines_one["x"].count(None) == side
    assert lines["x"].count(None) == 3 * sum(range(1, 2 * length, 2))  # each unit above looks at 3
    for drawn in (units_one, units):
        pixels = [x for x, y in zip(drawn["x"], drawn["y"], strict=True) if y == 0]
        assert len(pixels) == side
        assert max(drawn["y"]) == length
    assert str(side) in field_title(length)
    assert field_alt(length).endswith(".")
