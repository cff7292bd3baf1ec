"""The charts of a judgement: what they show, and that they are drawn as they were (golden files).

A golden file is the figure's JSON without plotly's template, numbers to six digits. After a change
that is meant, they are written anew by the same tests with `GOLDEN=write` in the environment.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from cnn_core.charts import palette
from cnn_core.charts.inspection import TEXT_PX
from cnn_core.charts.judgement import (
    MOST_ANSWERS,
    MOST_CLASSES,
    calibration_figure,
    class_figure,
    tried_figure,
)
from cnn_core.charts.judgement_curves import learning_curve_figure, rate_figure
from cnn_core.results.events import RateFound
from cnn_core.results.judgement import Baseline, CurvePoint, TriedPicture
from tests.results.judged_parts import even, names_of, scored

GOLDEN = Path(__file__).parent / "golden"


def mixed(size=5):
    matrix = even(size, 30, 2)
    matrix[size - 1] = 0
    matrix[size - 1, size - 1], matrix[size - 1, 0] = 21, 9
    return matrix


def curve():
    points = [(15, 0.82, None), (30, 0.85, (0.01, 0.06)), (60, 0.875, (0.0, 0.05))]
    return [
        CurvePoint(
            images_a_class=size,
            images=5 * size,
            mean=mean,
            low=mean - 0.05,
            high=mean + 0.04,
            repeats=20,
            gain=gain,
        )
        for size, mean, gain in points
    ]


def baselines():
    rows = [
        ("most-frequent", "The most frequent class", 0.2),
        ("nearest-neighbours", "5 nearest neighbours", 0.86),
        ("from-scratch", "From <i>scratch</i>", 0.41),
    ]
    return [
        Baseline(
            id=kind,
            title=title,
            accuracy=share,
            interval=(share - 0.05, share + 0.05),
            sentence="",
        )
        for kind, title, share in rows
    ]


def rates():
    rates = np.geomspace(1e-6, 1.0, 13)
    losses = [1.6] * 6 + [1.5, 1.2, 0.8, 0.6, 0.9, 4.0, 60.0]
    return RateFound(rates=rates.tolist(), losses=losses, suggestion=3.2e-3, seconds=2.0)


def tried(classes=3):
    shares = np.linspace(2, 1, classes) / np.linspace(2, 1, classes).sum()
    return TriedPicture(
        name="mine.jpg",
        probabilities=dict(zip(names_of(classes), shares.tolist(), strict=True)),
        neighbours=(),
        distance=0.2,
        typical_share=0.4,
        none_of_these=False,
        sentence="daisy, says the network",
    )


FIGURES = {
    "classes": lambda: class_figure(scored(mixed())),
    "calibration": lambda: calibration_figure(scored(mixed(), sure=0.97)),
    "learning curve": lambda: learning_curve_figure(
        curve(), baselines=baselines(), score=scored(mixed())
    ),
    "rate finder": lambda: rate_figure(rates()),
    "one picture": lambda: tried_figure(tried()),
}


def plain(value):
    """The figure's values as JSON has them, numbers to six digits."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if name != "template"}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_as_it_was(name):
    drawn = plain(json.loads(FIGURES[name]().to_json(engine="json")))
    path = GOLDEN / f"{name.replace(' ', '-')}.json"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(json.dumps(drawn, indent=1, sort_keys=True) + "\n")
    assert drawn == json.loads(path.read_text())


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_a_title_named_axes_large_words_and_no_ground_of_its_own(name):
    layout = FIGURES[name]().layout
    assert layout.title.text
    assert layout.paper_bgcolor == layout.plot_bgcolor == palette.TRANSPARENT
    assert layout.xaxis.title.text
    assert layout.yaxis.title.text or layout.yaxis.ticktext
    for axis in (layout.xaxis, layout.yaxis):
        assert min(axis.title.font.size, axis.tickfont.size) >= TEXT_PX


def title(figure):
    return figure.layout.title.text.replace("<br>", " ").replace("\N{NO-BREAK SPACE}", " ")


def test_the_class_that_is_found_least_often_is_named_and_drawn_first():
    figure = class_figure(scored(mixed()))
    assert title(figure) == "Found least often: tulips, 21 of 30 (52 to 83 %)"
    assert figure.layout.yaxis.ticktext[0] == "tulips"
    recall, precision = figure.data
    assert recall.x[0] == 0.7
    assert recall.x[0] - recall.error_x.arrayminus[0] == pytest.approx(0.521, abs=1e-3)
    assert recall.x[0] + recall.error_x.array[0] == pytest.approx(0.833, abs=1e-3)
    assert recall.marker.symbol != precision.marker.symbol  # not by their colours alone


def test_classes_that_are_found_equally_often_are_not_ranked():
    assert title(class_figure(scored(even(3, 20)))) == "All are found equally often: 100 %"


def test_of_very_many_classes_the_lowest_are_drawn_and_the_title_says_so():
    figure = class_figure(scored(mixed(102)))
    assert len(figure.layout.yaxis.ticktext) == MOST_CLASSES
    assert title(figure).startswith("The lowest 30 of 102 classes. Found least often: flower 101")


def test_a_class_that_was_never_predicted_has_no_precision():
    figure = class_figure(scored([[10, 0, 0], [5, 5, 0], [6, 4, 0]]))
    recall, precision = figure.data
    assert (len(recall.x), len(precision.x)) == (3, 2)


def texts(value):
    """Every string of a figure that a person could come to see."""
    if isinstance(value, dict):
        return [text for name, each in value.items() if name != "name" for text in texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts(each)]
    return [value] if isinstance(value, str) else []


def test_names_from_outside_are_not_read_as_html():
    figure = class_figure(scored([[3, 1], [2, 4]], names=["<i>rose</i>", "tulip"])).to_dict()
    figure["layout"].pop("template", None)
    assert sum("&lt;i&gt;rose" in text for text in texts(figure)) >= 3  # title, tick, what hovers
    assert not any("<i>" in text for text in texts(figure))
    levels = learning_curve_figure(curve(), baselines=baselines()).to_dict()["data"]
    assert not any("<i>" in text for text in texts(levels))


@pytest.mark.parametrize(
    ("sure", "verdict"), [(0.99, "too sure"), (0.7, "not sure enough"), (0.9, "within")]
)
def test_the_title_of_the_calibration_says_which_way_it_errs(sure, verdict):
    said = title(calibration_figure(scored(even(5, 40, 4), sure=sure)))
    assert said.startswith(f"{100 * sure:.1f} % sure on average, right in 90.0 %".replace(
        "99.0 %", "99.00 %"))  # fmt: skip
    assert verdict in said


def test_calibration_is_drawn_in_the_colour_of_its_part():
    test = calibration_figure(scored(even(5, 40, 4), part="test"))
    assert test.data[1].line.color == palette.TEST


def test_the_curve_says_what_its_last_step_brought_and_shows_what_is_beside_it():
    figure = learning_curve_figure(curve(), baselines=baselines(), score=scored(mixed()))
    assert title(figure) == "From 30 to 60 pictures a class: 85.0 % to 87.5 %"
    band, mean, *levels, own = figure.data
    assert len(band.x) == 2 * len(mean.x)
    assert {each.line.dash for each in levels} == {"dot", "dash", "dashdot"}
    assert own.y[0] == scored(mixed()).accuracy
    low, high = figure.layout.yaxis.range
    assert low < 0.2
    assert high > 1


def test_without_a_curve_the_figure_says_so():
    assert "too few pictures" in title(learning_curve_figure([]))


def test_losses_that_run_away_do_not_flatten_the_curve():
    low, high = rate_figure(rates()).layout.yaxis.range
    assert low < 0.6
    assert high < 3
    assert title(rate_figure(rates())).startswith("Learning rate 0.0032 was chosen")


def test_losses_that_are_not_finite_or_none_at_all_are_no_error():
    rate_figure(RateFound(rates=[1.0], losses=[float("nan")], suggestion=0.1, seconds=0.0))
    assert title(
        rate_figure(RateFound(rates=[], losses=[], suggestion=0.1, seconds=0.0))
    ) == "Learning rate 0.1 was chosen"  # fmt: skip


def test_of_one_picture_the_likeliest_classes_are_drawn_first():
    figure = tried_figure(tried(40))
    assert len(figure.data[0].x) == MOST_ANSWERS
    assert list(figure.data[0].x) == sorted(figure.data[0].x, reverse=True)
