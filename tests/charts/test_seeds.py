"""Several seeds on one moving chart, from the first step of the first seed to the last test."""

import json

import numpy as np
import pandas as pd
import pytest

from cnn_core.charts import live
from cnn_core.charts.echarts import LINE_PX, TEXT_PX
from cnn_core.results.history import History
from tests.charts.option import walk

CHARTS = {"loss": live.seeds_loss_chart, "accuracy": live.seeds_accuracy_chart}
ALTS = {"loss": live.seeds_loss_alt, "accuracy": live.seeds_accuracy_alt}


@pytest.fixture
def stages(make_history):
    """Return a function that makes the seeds at a stage."""

    def seed(upto, **more):
        tilt = 0.001 * upto / 1_000
        return make_history(upto, accuracy=lambda epoch: 0.98 - 0.05 * 0.8**epoch + tilt, **more)

    def stage(name):
        whole = [make_history(1_000, ended="finished", speed=speed) for speed in (1.0, 2.0, 3.0)]
        return {
            "waiting": lambda: [History(), History(), History()],
            "first seed": lambda: [seed(350), History(), History()],
            "two": lambda: [whole[0], seed(350), History()],
            "third under way": lambda: [*whole[:2], seed(450)],
            "one stopped": lambda: [whole[0], seed(350, ended="stopped"), whole[2]],
            "one diverged": lambda: [whole[0], seed(50, ended="diverged"), whole[2]],
            "finished": lambda: whole,
            "a thousand epochs": lambda: [seed(100_000, epochs=1_000)] * 3,
        }[name]()

    return stage


STAGES = (
    *("waiting", "first seed", "two", "third under way", "one stopped", "one diverged"),
    *("finished", "a thousand epochs"),
)


@pytest.fixture(params=STAGES)
def seeds(request, stages):
    return stages(request.param)


def frames(option):
    return [dataset["source"] for dataset in option["baseOption"]["dataset"]]


def title(option):
    return option["baseOption"]["title"]["text"]


@pytest.mark.parametrize("name", CHARTS)
def test_what_is_sent_is_small_json_and_legible(name, seeds):
    option = CHARTS[name](seeds)
    assert max(len(frame) for frame in frames(option)) <= 600
    for series in option["baseOption"]["series"]:
        if "encode" in series:
            wanted = {series["encode"]["x"], series["encode"]["y"], *series["encode"]["tooltip"]}
            assert wanted <= set(frames(option)[series["datasetIndex"]].columns)
    found = list(walk({**option, "baseOption": {**option["baseOption"], "dataset": None}}))
    assert min(value for path, value in found if path[-1] == "fontSize") >= TEXT_PX
    widths = [value for path, value in found if path[-2:] == ("lineStyle", "width")]
    assert min(width for width in widths if width) >= LINE_PX
    for dataset in option["baseOption"]["dataset"]:
        assert isinstance(dataset.pop("source"), pd.DataFrame)
    json.dumps(option, allow_nan=False)


@pytest.mark.parametrize("name", CHARTS)
def test_title_and_alternative_text_are_sentences_that_say_how_many(name, seeds):
    alt = ALTS[name](seeds)
    assert alt.endswith(".")
    assert 20 < len(alt) < 260
    assert "nan" not in alt
    begun = sum(bool(each.epochs if name == "accuracy" else each.step) for each in seeds)
    assert {0: "appears", 1: "no band", 2: "of 2 seeds", 3: "of 3 seeds"}[begun] in alt
    for part in CHARTS[name](seeds)["media"]:
        lines = part["option"]["title"]["text"].split("\n")
        assert len(lines) <= 2


def test_the_legend_says_what_the_band_is(stages):
    def legend(stage):
        return live.seeds_loss_chart(stages(stage))["baseOption"]["legend"]["data"]

    assert legend("first seed") == ["training", "validation"]
    assert legend("two") == ["training, mean of 2", "validation", "lowest to highest", "each seed"]
    assert legend("finished") == ["training, mean of 3", "validation", "95 % interval", "each seed"]


@pytest.mark.parametrize("name", CHARTS)
def test_the_series_and_their_places_stay_while_seeds_come_in(name, stages):
    options = [CHARTS[name](stages(stage)) for stage in ("first seed", "two", "third under way")]
    kinds = [[series["type"] for series in option["baseOption"]["series"]] for option in options]
    assert kinds[0] == kinds[1][: len(kinds[0])] == kinds[2][: len(kinds[0])]
    grids = [[part["option"]["grid"] for part in option["media"]] for option in options]
    assert grids[0] == grids[1] == grids[2]


def test_the_band_lies_around_the_mean_and_inside_the_axis(stages):
    for frame in frames(live.seeds_accuracy_chart(stages("finished"))):
        there = frame.dropna()
        assert (there["low"] <= there["mean"]).all()
        assert (there["mean"] <= there["high"]).all()
        assert there["high"].max() <= 100
        np.testing.assert_allclose(there["low"] + there["width"], there["high"])


def test_the_test_score_is_the_mean_of_the_seeds_that_have_one(stages):
    (test,) = live.seeds_accuracy_chart(stages("finished"))["baseOption"]["series"][-1:]
    assert test["name"] == "test"
    assert test["data"] == [[10, 98.93]]
    option = live.seeds_accuracy_chart(stages("finished"))
    assert title(option) == "98.93 % on the test set, mean of 3 seeds"
    option = live.seeds_accuracy_chart(stages("first seed"), reference=None)
    assert all(series["type"] == "line" for series in option["baseOption"]["series"])
    assert not any("markLine" in series for series in option["baseOption"]["series"])


def test_one_seed_is_one_line(stages):
    series = live.seeds_loss_chart(stages("first seed"))["baseOption"]["series"]
    assert all(each["lineStyle"]["opacity"] == 0 for each in series if each["name"] == "each seed")
