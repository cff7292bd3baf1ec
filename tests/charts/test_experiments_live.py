"""The curve of the trial under way: what is measured, the same series from tick to tick, bounds."""

import json
import math

import pytest

from cnn_core.charts.experiments_live import MOST_POINTS, trial_alt, trial_chart, trial_title
from cnn_core.results.events import RunStarted
from cnn_core.results.trial_events import TrialDone, TrialPoint
from cnn_core.results.trials import standing

NAMES = {"cnn": "the CNN", "mlp": "the MLP", "mixed": "pixels permuted"}
ARMS = ("cnn", "mlp")


def started(total=4):
    return RunStarted(
        step=0,
        epoch=0,
        total_steps=total,
        total_epochs=1,
        steps_per_epoch=total,
        train_size=10,
        valid_size=0,
        device="cpu",
        threads=1,
        parameters=0,
    )


def point(at, *, arm="mlp", accuracy=None, condition="mixed"):
    return TrialPoint(
        step=1,
        arm=arm,
        condition=condition,
        seed=2,
        at=at,
        of=400,
        loss=2.0 / at,
        accuracy=accuracy,
    )


def done(step, *, arm="cnn", condition="mixed", points=60, measured=True):
    return TrialDone(
        step=step,
        arm=arm,
        condition=condition,
        seed=step,
        names=[],
        figures=[],
        at=[round(400 * (k + 1) / points) for k in range(points)],
        losses=[1.0 / (k + 1) for k in range(points)],
        accuracies=[0.5] * points if measured else [],
        seconds=1.0,
        elapsed_seconds=float(step),
    )


def frames(chart):
    return [each["source"] for each in chart["baseOption"]["dataset"]]


@pytest.mark.parametrize(
    ("events", "title"),
    [
        ([started()], "0 of 4 trials are done; the next one begins"),
        ([started(), done(1)], "1 of 4 trials are done; the next one begins"),
        (
            [started(), point(40)],
            "The MLP, pixels permuted, seed 2: training loss 0.050 after 40 of 400 steps",
        ),
        (
            [started(), done(1), point(40, accuracy=0.625)],
            "The MLP, pixels permuted, seed 2: 62.5 % right after 40 of 400 steps",
        ),
        (
            [started(), done(1, measured=False), point(40, condition="")],
            "The MLP, seed 2: training loss 0.050 after 40 of 400 steps",
        ),
    ],
)
def test_title_says_how_far_which_trial_is(events, title):
    now = standing(events)
    assert trial_title(now, NAMES) == title
    assert title in trial_alt(now, NAMES)
    chart = trial_chart(now, NAMES, ARMS)
    assert chart["baseOption"]["title"]["text"] == title
    assert [each["name"] for each in chart["baseOption"]["series"]] == [
        "the CNN",
        "the MLP",
        "under way",
    ], "the same series from tick to tick: the chart keeps its node"
    json.dumps({key: value for key, value in chart["baseOption"].items() if key != "dataset"})


def test_trials_of_an_arm_are_one_series_with_gaps_and_bounded():
    many = [done(step + 1) for step in range(50)]
    other = done(51, condition="")
    chart = trial_chart(standing([started(60), *many, other, point(8)]), NAMES, ARMS)
    cnn, mlp, now = frames(chart)
    assert len(cnn) <= MOST_POINTS
    assert cnn["value"].isna().sum() == 50, "each of the fifty ends in a gap; the other is apart"
    assert cnn["step"].max() == 400
    assert not len(mlp)
    assert len(now) == 0, "no accuracy was measured of it yet"
    running = [point(1 + k % 400, accuracy=0.5) for k in range(5_000)]
    *_, now = frames(trial_chart(standing([started(), *running]), NAMES, ARMS))
    assert len(now) <= MOST_POINTS


def test_loss_is_drawn_where_nothing_else_is_measured():
    chart = trial_chart(
        standing([started(), done(1, measured=False, points=2), point(8)]), NAMES, ARMS
    )
    assert chart["baseOption"]["yAxis"]["name"] == "training loss"
    cnn, _, now = frames(chart)
    assert [value for value in cnn["value"] if not math.isnan(value)] == [1.0, 0.5]
    assert now["value"].iloc[0] == 0.25


def test_the_curve_under_way_stands_in_the_legend_in_no_network_s_colour():
    chart = trial_chart(standing([started(), done(1), point(8, accuracy=0.5)]), NAMES, ARMS)
    entry = chart["baseOption"]["legend"]["data"][-1]
    assert entry["name"] == "under way"
    assert entry["lineStyle"]["color"] not in {
        each["color"] for each in chart["baseOption"]["series"]
    }
