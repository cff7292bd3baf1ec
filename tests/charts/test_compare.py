"""Several runs on one chart."""

import json
import math

import numpy as np
import pytest

from cnn_core.charts.compare import METRICS, compare_alt, compare_chart, compare_title
from cnn_core.results.history import History


@pytest.fixture
def runs(make_history):
    return {
        "reference": make_history(1_000, ended="finished"),
        "quick": make_history(1_000, speed=2.0),
        "stopped": make_history(350, ended="stopped"),
        "waiting": History(),
    }


@pytest.mark.parametrize("by", ["epoch", "seconds"])
@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_drawn_a_line_a_run_with_named_axes(runs, metric, by):
    figure = compare_chart(runs, metric=metric, by=by)
    assert [trace.name for trace in figure.data] == list(runs)
    assert all(len(trace.x) == len(trace.y) <= 600 for trace in figure.data)
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
    assert figure.layout.title.text
    assert compare_alt(runs, metric=metric, by=by).endswith(".")
    json.loads(figure.to_json(), parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))


@pytest.mark.parametrize("metric", METRICS)
def test_text_and_lines_are_large_enough_for_a_projector(runs, metric):
    figure = compare_chart(runs, metric=metric)
    assert all(trace.line.width >= 2 for trace in figure.data)
    layout = figure.layout
    sizes = [layout.font.size, layout.legend.font.size, layout.title.font.size]
    assert min([*sizes, layout.xaxis.tickfont.size, layout.yaxis.tickfont.size]) >= 14


@pytest.mark.parametrize("metric", METRICS)
def test_a_long_run_sends_no_more_than_600_points(make_history, metric):
    figure = compare_chart({"long": make_history(100_000, epochs=1_000)}, metric=metric)
    assert 0 < len(figure.data[0].x) <= 600


def test_the_title_says_who_was_first(runs):
    assert (
        compare_title(runs, "valid_accuracy", "seconds") == "quick reached 99 % first, after 1.6 s"
    )
    assert (
        compare_title(runs, "valid_accuracy", "epoch") == "2 runs reached 99 % first, after epoch 8"
    )
    assert compare_title(runs, "images_per_second") == "quick is fastest: 64,000 images a second"


def test_below_99_percent_the_title_says_who_is_ahead(make_history):
    runs = {"a": make_history(200), "b": make_history(300)}
    expected = "b is ahead with 97.4 % on the validation set"
    assert compare_title(runs, "valid_accuracy") == expected


def test_titles_without_data_say_what_is_missing():
    assert compare_title({}, "train_loss") == "Choose the runs to compare"
    for metric in METRICS:
        assert "appears" in compare_title({"a": History()}, metric)


def test_seconds_are_those_of_training_alone(runs):
    figure = compare_chart(runs, metric="valid_accuracy", by="seconds")
    assert figure.data[0].x[-1] == pytest.approx(4.0)
    assert figure.data[1].x[-1] == pytest.approx(2.0)


def test_smoothing_is_what_was_asked_for(make_history):
    history = make_history(100)
    raw = compare_chart({"a": history}, metric="train_loss", smoothing=0).data[0]
    np.testing.assert_allclose(raw.y, history.losses())
    nine = compare_chart({"a": history}, metric="train_loss", smoothing=0.9).data[0]
    losses, weights = history.losses(), 0.9 ** np.arange(100)
    assert nine.y[-1] == pytest.approx(np.average(losses, weights=weights[::-1]))


def test_a_logarithmic_axis_is_for_losses_alone(runs):
    assert compare_chart(runs, metric="train_loss", log=True).layout.yaxis.type == "log"
    assert compare_chart(runs, metric="valid_accuracy", log=True).layout.yaxis.type is None


def test_names_are_shortened_and_not_read_as_html(make_history):
    name = "<img src=x> " + "long " * 20
    figure = compare_chart({name: make_history(1_000)}, metric="valid_accuracy")
    assert figure.data[0].name.startswith("&lt;img src=x&gt; long")
    assert "<img" not in figure.to_json()
    assert len(figure.data[0].name) <= 40 + 2 * len("&lt;")
    assert math.isfinite(figure.data[0].y[0])


# Groups of seeds


@pytest.fixture
def group(make_history):
    ends = (0.030, 0.034, 0.044)
    return [
        make_history(
            1_000,
            ended="finished",
            speed=1.0 + seed,
            accuracy=lambda epoch, e=end: 1 - e * 0.8**epoch,
        )
        for seed, end in enumerate(ends)
    ]


@pytest.mark.parametrize("by", ["epoch", "seconds"])
@pytest.mark.parametrize("metric", METRICS)
def test_a_group_is_its_mean_with_a_band(group, make_history, metric, by):
    runs = {"seeds": group, "alone": make_history(1_000)}
    figure = compare_chart(runs, metric=metric, by=by)
    low, high, mean, alone = figure.data
    assert [trace.showlegend for trace in (low, high)] == [False, False]
    assert high.fill == "tonexty"
    assert (mean.name, alone.name) == ("seeds", "alone")
    assert (low.y <= high.y).all()
    assert len(mean.x) <= 600
    assert "Student's 95 % interval" in compare_alt(runs, metric=metric, by=by)
    json.loads(figure.to_json(), parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))


def test_a_groups_mean_accuracy_and_clock_are_those_of_its_seeds(group):
    figure = compare_chart({"seeds": group})
    rows = [[done.valid_accuracy for done in each.epochs] for each in group]
    np.testing.assert_allclose(figure.data[2].y, 100 * np.mean(rows, axis=0))
    epoch = int(np.argmax(np.mean(rows, axis=0) >= 0.99)) + 1
    assert compare_title({"seeds": group}, "valid_accuracy") == (
        f"seeds reached 99 %, after epoch {epoch}"
    )
    figure = compare_chart({"seeds": group}, by="seconds")
    times = [[done.train_seconds for done in each.epochs] for each in group]
    np.testing.assert_allclose(figure.data[2].x, np.mean(times, axis=0))


def test_two_seeds_say_that_their_band_is_their_range(group):
    runs = {"two": group[:2]}
    low, high, _ = compare_chart(runs).data
    rows = [[done.valid_accuracy for done in each.epochs] for each in group[:2]]
    np.testing.assert_allclose(low.y, 100 * np.min(rows, axis=0))
    np.testing.assert_allclose(high.y, 100 * np.max(rows, axis=0))
    assert "from the lower to the higher" in compare_alt(runs, metric="valid_accuracy")


def test_seeds_that_wait_have_no_band():
    assert len(compare_chart({"group": [History(), History(), History()]}).data) == 1
