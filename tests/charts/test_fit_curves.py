"""The curves that a verdict is read from: both kinds of training, bands, titles, what is recorded.

A golden file is an option's JSON with its frames as lists. After a change that is meant, they are
written anew by the same tests with `GOLDEN=write` in the environment.
"""

import copy
import json
import os
from pathlib import Path

import numpy as np
import pytest

from cnn_core.charts import palette
from cnn_core.charts.echarts import LINE_PX, TEXT_PX
from cnn_core.charts.fit_curves import fit_chart, smoothed_band
from cnn_core.charts.fit_words import Shown, bands_words, fit_alt, fit_title
from cnn_core.charts.modes import mode_points, modes_chart, modes_title
from cnn_core.results.groups import band
from cnn_core.results.history import History
from cnn_core.results.series import RunningMean
from tests.charts.fitted import columns, fitted
from tests.charts.option import walk

GOLDEN = Path(__file__).parent / "golden"
ONE = (Shown(title="A run", seeds=1),)
THREE = (Shown(title="Three seeds", seeds=3),)
RECORDED = (Shown(title="A run", seeds=1, recorded=True),)
TWO = (Shown(title="Before", seeds=3), Shown(title="After", seeds=1, recorded=True))


def seeds(count=3, **more):
    return [fitted(seed=seed, **more) for seed in range(count)]


CHARTS = {
    "fit one run": lambda: fit_chart([fitted()], shown=ONE, quantity="accuracy"),
    "fit three seeds": lambda: fit_chart(seeds(), shown=THREE, quantity="accuracy", by="seconds"),
    "fit loss of two": lambda: fit_chart(
        [*seeds(), fitted()], shown=TWO, quantity="loss", log_x=True, log_y=True
    ),
    "fit of nothing": lambda: fit_chart([History()], shown=ONE, quantity="loss"),
    "modes": lambda: modes_chart([*seeds(), fitted(parameters=6_000_000)], shown=TWO),
}


def series_of(option):
    return {series["name"]: series for series in option["baseOption"]["series"]}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_as_it_was(name):
    option = CHARTS[name]()
    frames = columns(option)
    plain = copy.deepcopy(
        {**option, "baseOption": {**option["baseOption"], "dataset": None}, "frames": frames}
    )
    drawn = json.loads(json.dumps(plain, allow_nan=False))
    path = GOLDEN / f"{name.replace(' ', '-')}.json"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(json.dumps(drawn, indent=1, sort_keys=True) + "\n")
    assert drawn == json.loads(path.read_text())


@pytest.mark.parametrize("name", CHARTS)
def test_words_and_lines_are_large_enough_and_nothing_moves(name):
    found = list(walk({**CHARTS[name](), "dataset": None}))
    assert min(value for path, value in found if path[-1] == "fontSize") >= TEXT_PX
    widths = [value for path, value in found if path[-2:] == ("lineStyle", "width") and value]
    assert min(widths, default=LINE_PX) >= LINE_PX
    assert {value for path, value in found if path[-1] == "animation"} == {False}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_can_be_saved_with_its_title(name):
    base = CHARTS[name]()["baseOption"]
    saving = base["toolbox"]["feature"]["saveAsImage"]
    assert saving["backgroundColor"] == "#FFFFFF"
    assert saving["pixelRatio"] == 2
    assert base["title"]["text"]


def test_the_running_accuracy_is_dashed_and_has_a_name_of_its_own():
    lines = series_of(CHARTS["fit one run"]())
    running, evaluated = lines["training, running"], lines["training, evaluated"]
    assert running["lineStyle"]["type"] == "dashed"
    assert evaluated["lineStyle"]["type"] == lines["validation"]["lineStyle"]["type"] == "solid"
    assert running["color"] == evaluated["color"] == palette.TRAINING


def test_each_line_draws_its_own_figure():
    frames = columns(CHARTS["fit one run"]())
    right = [100 * (1 - 0.5 * 0.7**epoch) for epoch in range(1, 9)]
    assert frames[0]["mean"] == pytest.approx([0.8 * share for share in right])
    assert frames[1]["mean"] == pytest.approx(right)
    assert frames[2]["mean"] == pytest.approx([0.9 * share for share in right])


def test_a_run_without_evaluated_training_has_no_line_for_it_and_no_gap_in_its_title():
    option = fit_chart([fitted(evaluated=False)], shown=ONE, quantity="accuracy")
    assert set(series_of(option)) == {"validation", "test"}
    assert option["baseOption"]["title"]["text"] == "Validation 77.7 % after 8 epochs"


@pytest.mark.parametrize(
    ("quantity", "histories", "shown", "title"),
    [
        ("accuracy", [fitted()], ONE, "Training 97.1 %, validation 77.7 %: 19.4 points apart"),
        (
            "accuracy",
            [fitted()],
            RECORDED,
            "Recorded: training 97.1 %, validation 77.7 %: 19.4 points apart",
        ),
        ("loss", [fitted()], ONE, "Validation loss was lowest after epoch 4 (0.41), now 0.61"),
        ("loss", [fitted(3)], ONE, "Validation loss came down to 0.51 in 3 epochs"),
        ("accuracy", [*seeds(), fitted()], TWO, "Highest in validation: 77.7 %, After (recorded)"),
        ("loss", [History()], ONE, "Loss appears after the first epoch"),
        ("loss", [fitted(1, break_loss={1: np.nan})], ONE, "The validation loss is no number"),
    ],
)
def test_titles_are_computed_from_the_curves(quantity, histories, shown, title):
    assert fit_title(histories, shown=shown, quantity=quantity) == title
    assert title in fit_alt(histories, shown=shown, quantity=quantity)


def test_what_is_recorded_is_called_so_in_title_and_in_every_entry_of_the_legend():
    base = fit_chart([fitted()], shown=RECORDED, quantity="accuracy")["baseOption"]
    assert base["title"]["text"].startswith("Recorded")
    assert len(base["legend"]["data"]) == 4
    names = [each if isinstance(each, str) else each["name"] for each in base["legend"]["data"]]
    assert all("(recorded)" in name for name in names)


def test_the_band_is_that_of_the_seeds_in_percent():
    frame = columns(fit_chart(seeds(), shown=THREE, quantity="accuracy"))[0]
    rows = np.array([[done.valid_accuracy for done in each.epochs] for each in seeds()])
    wanted = band(np.arange(1.0, 9.0), 100 * rows)
    assert frame["mean"] == pytest.approx(wanted.mean.tolist())
    assert frame["high"] == pytest.approx(wanted.high.tolist())
    assert bands_words(THREE) == (
        "Lines are means over the seeds, bands their 95 % interval (Student)."
    )


def test_seconds_are_of_training_alone_and_the_test_score_stands_at_the_last():
    option = CHARTS["fit three seeds"]()
    assert columns(option)[0]["seconds"] == [2.0 * epoch for epoch in range(1, 9)]
    assert series_of(option)["test"]["data"][0] == [16.0, 73.0]


def test_smoothing_is_of_each_seed_and_leaves_the_title_as_measured():
    found = smoothed_band(seeds(), "valid_accuracy", 0.6)
    row = [done.valid_accuracy for done in fitted(seed=1).epochs]
    assert found.values[1].tolist() == pytest.approx(RunningMean(0.6).feed(row))
    titles = {
        fit_chart(seeds(), shown=THREE, quantity="accuracy", smoothing=each)["baseOption"]["title"][
            "text"
        ]
        for each in (0.0, 0.9)
    }
    assert len(titles) == 1


def test_a_loss_that_is_no_number_leaves_a_gap_and_the_rest():
    broken = fitted(break_loss={2: np.nan, 3: np.inf})
    option = fit_chart([broken], shown=ONE, quantity="loss", log_y=True, smoothing=0.5)
    known = [value is not None for value in columns(option)[0]["mean"]]
    assert known == [True, False, False, True, True, True, True, True]


def test_no_series_of_a_long_run_has_more_than_600_points():
    option = fit_chart([fitted(1_000)], shown=ONE, quantity="accuracy")
    assert 300 < max(map(len, (frame["epoch"] for frame in columns(option)))) <= 600


def test_several_runs_have_a_colour_each_and_their_name_once_in_the_legend():
    option = fit_chart(
        [*seeds(), fitted()], shown=TWO, quantity="accuracy", lines=("valid", "train")
    )
    base = option["baseOption"]
    assert base["legend"]["data"] == ["Before", "After (recorded)", "test", "test (recorded)"]
    lines = series_of(option)
    assert lines["Before"]["color"] == lines["Before: training, evaluated"]["color"]
    assert lines["Before"]["color"] != lines["After (recorded)"]["color"]
    assert lines["Before: training, evaluated"]["lineStyle"]["type"] == "dotted"


def test_a_mode_is_a_point_at_its_trained_parameters_with_its_interval():
    histories = [*seeds(), fitted(parameters=6_000_000, ended=False)]
    tested, under_way = mode_points(histories, TWO)
    assert (tested.parameters, tested.tested, tested.seeds) == (44_426, True, 3)
    assert tested.accuracy == pytest.approx(0.73)
    assert tested.interval is not None
    assert tested.interval[0] < 0.73 < tested.interval[1]
    assert (under_way.tested, under_way.interval, under_way.seconds) == (False, None, 16.0)
    assert under_way.accuracy == pytest.approx(0.8 * (1 - 0.5 * 0.7**8))
    assert modes_title([tested, under_way]).startswith("After (recorded): 77.7 % in validation")


def test_modes_without_an_epoch_are_no_points():
    assert mode_points([History()], ONE) == []
    title = modes_chart([History()], shown=ONE)["baseOption"]["title"]["text"]
    assert title == "No mode has done an epoch yet"
