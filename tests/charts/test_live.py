"""The moving charts at every stage of a run: what is sent, what must be legible, what is said."""

import json

import numpy as np
import pandas as pd
import pytest

from cnn_core.charts import live, palette
from cnn_core.charts.accuracy import accuracy_floor
from cnn_core.charts.echarts import LINE_PX, TEXT_PX
from cnn_core.results.events import RunStarted, StepsDone
from cnn_core.results.history import History
from tests.charts.option import walk

CHARTS = {
    "loss": live.loss_chart,
    "log loss": lambda history: live.loss_chart(history, log=True),
    "accuracy": live.accuracy_chart,
    "split": live.split_chart,
    "throughput": live.throughput_chart,
    "epoch time": live.epoch_time_chart,
}
ALTS = [
    live.loss_alt,
    live.accuracy_alt,
    live.split_alt,
    live.throughput_alt,
    live.epoch_time_alt,
]


def flat(option):
    """Return the part of an option that does not depend on the width, and its frames."""
    base = option["baseOption"]
    return base, [dataset["source"] for dataset in base["dataset"]]


def titles(option):
    return {part["option"]["title"]["text"] for part in option["media"]}


def title(option):
    return flat(option)[0]["title"]["text"]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_json_without_nan_apart_from_its_frames(name, stage):
    option = CHARTS[name](stage)
    for dataset in option["baseOption"]["dataset"]:
        frame = dataset.pop("source")
        assert isinstance(frame, pd.DataFrame)
        assert frame.columns.is_unique
    text = json.dumps(option, allow_nan=False)
    assert "function" not in text


@pytest.mark.parametrize("name", CHARTS)
def test_no_series_sends_more_than_600_points(name, stage):
    _, frames = flat(CHARTS[name](stage))
    assert max(len(frame) for frame in frames) <= 600


@pytest.mark.parametrize("name", CHARTS)
def test_every_series_reads_columns_that_are_there(name, stage):
    base, frames = flat(CHARTS[name](stage))
    for series in base["series"]:
        if "encode" in series:
            wanted = {series["encode"]["x"], series["encode"]["y"], *series["encode"]["tooltip"]}
            assert wanted <= set(frames[series.get("datasetIndex", 0)].columns)


@pytest.mark.parametrize("name", CHARTS)
def test_every_axis_says_what_it_counts(name, stage):
    base, _ = flat(CHARTS[name](stage))
    axes = [base["yAxis"], *np.atleast_1d(base["xAxis"])]
    assert all(axis["name"] for axis in axes)


@pytest.mark.parametrize("name", CHARTS)
def test_text_and_lines_are_large_enough_for_a_projector(name, stage):
    found = list(walk({**CHARTS[name](stage), "dataset": None}))
    sizes = [value for path, value in found if path[-1] == "fontSize"]
    widths = [value for path, value in found if path[-2:] == ("lineStyle", "width")]
    assert min(sizes) >= TEXT_PX == 14
    assert min([width for width in widths if width], default=LINE_PX) >= LINE_PX == 2


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_is_animated(name, stage):
    animated = {value for path, value in walk(CHARTS[name](stage)) if path[-1] == "animation"}
    assert animated == {False}


@pytest.mark.parametrize("name", CHARTS)
def test_a_title_fits_into_two_lines_of_a_phone(name, stage):
    for text in titles(CHARTS[name](stage)) - {title(CHARTS[name](stage))}:
        lines = text.split("\n")
        assert len(lines) <= 2
        assert max(map(len, lines)) <= 54


@pytest.mark.parametrize("name", CHARTS)
def test_the_plot_stays_where_it_is_from_the_first_to_the_last_event(name, make_history):
    places = [
        [part["option"]["grid"] for part in CHARTS[name](history)["media"]]
        for history in (History(), make_history(10), make_history(1_000, ended="finished"))
    ]
    assert places[0] == places[1] == places[2]


@pytest.mark.parametrize("name", ["loss", "split", "throughput"])
def test_the_step_axis_stays_while_a_run_is_under_way(name, make_history):
    ends = {
        np.atleast_1d(flat(CHARTS[name](make_history(upto)))[0]["xAxis"])[0]["max"]
        for upto in (0, 10, 500)
    }
    assert ends == {1_000}


@pytest.mark.parametrize("alt", ALTS)
def test_an_alternative_text_is_one_plain_sentence_or_two(alt, stage):
    text = alt(stage)
    assert text.endswith(".")
    assert 20 < len(text) < 220
    assert "nan" not in text


@pytest.mark.parametrize("name", CHARTS)
def test_drawing_leaves_the_history_as_it_was(name, make_history):
    history = make_history(350)
    before = (history.version, history.to_csv("steps"), history.to_csv())
    CHARTS[name](history)
    assert (history.version, history.to_csv("steps"), history.to_csv()) == before


def test_titles_are_sentences_computed_from_the_data(make_history):
    history = make_history(300)
    # The smoothed loss is the last term of the bias-corrected mean, not the last step's.
    assert title(live.loss_chart(history)).startswith("Training loss fell from 2.31 to 0.1")
    assert title(live.loss_chart(history)).endswith("in 300 steps")
    assert title(live.accuracy_chart(history)) == "97.4 % on the validation set after epoch 3"
    assert title(live.split_chart(history)) == "A step takes 4.0 ms, 55 % of it backward (sampled)"
    assert title(live.throughput_chart(history)) == "Training at 32,000 images a second"
    assert (
        title(live.epoch_time_chart(history))
        == "An epoch takes 400 ms to train and 300 ms to evaluate"
    )


def test_titles_before_the_start_say_what_is_being_waited_for():
    for chart in CHARTS.values():
        assert "appear" in title(chart(History()))


def test_a_diverged_run_says_where(make_history):
    history = make_history(50, ended="diverged")
    assert title(live.loss_chart(history)) == "The loss was no longer a number at step 50"


def losses_alone(losses):
    started = RunStarted(
        step=0,
        epoch=1,
        total_steps=len(losses),
        total_epochs=1,
        steps_per_epoch=len(losses),
        train_size=len(losses),
        valid_size=1,
        device="cpu",
        threads=1,
        parameters=1,
    )
    steps = StepsDone(
        step=len(losses),
        epoch=1,
        losses=losses,
        images=len(losses),
        window_seconds=0.1,
        train_seconds=0.1,
        elapsed_seconds=0.1,
        learning_rate=0.1,
    )
    return History([started, steps])


@pytest.mark.parametrize(
    ("losses", "said"), [([2.3, 2.29], "is at 2.29"), ([1.0, 9.0], "rose from 1.00 to 6.33")]
)
def test_a_loss_that_did_not_fall_is_not_said_to_have_fallen(losses, said):
    assert said in title(live.loss_chart(losses_alone(losses)))


def test_the_split_adds_up_to_the_step(make_history):
    _, (frame,) = flat(live.split_chart(make_history(300)))
    phases = frame[["data", "forward", "backward", "optimizer"]]
    np.testing.assert_allclose(frame["up to optimizer"], phases.sum(axis=1))
    assert phases.iloc[0].tolist() == pytest.approx([0.2, 1.1, 2.2, 0.5])


def test_the_phases_are_painted_from_the_top_down_in_their_colours(make_history):
    base, _ = flat(live.split_chart(make_history(300)))
    names = [series["name"] for series in base["series"]]
    assert names == ["optimizer", "backward", "forward", "data"]
    assert [series["color"] for series in base["series"]] == [palette.PHASES[n] for n in names]


@pytest.mark.parametrize("name", ["loss", "split", "throughput"])
def test_a_step_stands_once_or_its_tooltip_would_say_it_twice(name, stage):
    for frame in flat(CHARTS[name](stage))[1]:
        assert frame["step"].is_monotonic_increasing
        assert frame["step"].is_unique


def test_a_spike_of_the_loss_is_drawn(make_history):
    history = make_history(10_000, epochs=100)
    spike = int(np.argmax(history.losses())) + 1
    _, (steps, _) = flat(live.loss_chart(history))
    assert spike in set(steps["step"])


def test_a_logarithmic_loss_leaves_out_what_it_cannot_show():
    base, (frame, _) = flat(live.loss_chart(losses_alone([1.0, 0.0, 0.5]), log=True))
    assert base["yAxis"]["type"] == "log"
    assert frame["loss"].isna().tolist() == [False, True, False]


def test_lecuns_result_is_a_dashed_line_that_names_its_source(make_history):
    base, _ = flat(live.accuracy_chart(make_history(300)))
    mark = base["series"][0]["markLine"]
    assert mark["data"] == [{"yAxis": 99.05}]
    assert mark["lineStyle"]["type"] == "dashed"
    assert mark["label"]["formatter"] == "LeCun et al. 1998: 0.95 % test error"


def test_another_data_set_has_no_line_of_lecuns(make_history):
    base, _ = flat(live.accuracy_chart(make_history(300), reference=None))
    assert "markLine" not in base["series"][0]


def test_the_test_score_stands_at_its_epoch_with_its_interval(make_history):
    option = live.accuracy_chart(make_history(1_000, ended="finished"))
    base, _ = flat(option)
    test = base["series"][1]
    assert test["data"] == [[9, 98.93]]
    assert [end["coord"] for end in test["markLine"]["data"][0]] == [[9, 98.71], [9, 99.11]]
    assert title(option) == "98.93 % on the test set, with the weights of epoch 9"


def test_no_test_score_is_drawn_before_there_is_one(make_history):
    base, _ = flat(live.accuracy_chart(make_history(350, ended="stopped")))
    assert [series["name"] for series in base["series"]] == ["validation"]


@pytest.mark.parametrize(
    ("shares", "floor"),
    [
        ([0.1], 0),
        ([0.51, 0.6], 50),
        ([0.96], 95),
        ([0.3, 0.96], 0),
        ([0.3, 0.96, 0.97], 95),
        ([0.3, 0.4, 0.9, 0.96], 0),
        ([0.3, 0.4, 0.96, 0.97, 0.97, 0.98], 95),
    ],
)
def test_the_accuracy_axis_shows_the_top_once_most_epochs_are_there(shares, floor):
    assert accuracy_floor(shares) == floor


def test_an_axis_that_does_not_start_at_nought_says_so(make_history):
    base, _ = flat(live.accuracy_chart(make_history(300)))
    assert base["yAxis"]["min"] == 95
    assert base["yAxis"]["name"] == "accuracy (%), from 95 %"


def test_the_epoch_axis_and_the_step_axis_are_one_axis(make_history):
    base, _ = flat(live.loss_chart(make_history(300)))
    steps, epochs = base["xAxis"]
    assert steps["max"] == 100 * epochs["max"]
