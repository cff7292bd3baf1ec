"""What is seen of layers and of training pictures in a history; and series that are damaged."""

import csv
import dataclasses
import io
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.errors import DataError
from cnn_core.results.events import (
    EpochDone,
    LayersSeen,
    StepsDone,
    event_from_json,
    event_to_json,
)
from cnn_core.results.groups import epoch_band
from cnn_core.results.history import History
from tests.results.told_run import WHOLE, epoch_done, leg, started

LAYERS = ("conv1", "conv2", "fc")


def looked(step, layers=LAYERS, **changes):
    figures = {
        "dead": [0.5, 0.25, -1.0][: len(layers)],
        "gradient_norms": [float(step)] * len(layers),
        "update_ratios": [1e-3] * len(layers),
    }
    return LayersSeen(
        step=step,
        epoch=1 + (step - 1) // 20,
        layers=list(layers),
        seconds=0.5,
        **(figures | changes),
    )


def measured(epoch, train, running=0.5):
    return dataclasses.replace(
        epoch_done(epoch),
        running_accuracy=running,
        train_accuracy=train,
        train_sample_loss=0.25,
        train_sample=100,
    )


def test_looks_become_arrays():
    seen = History([started(), *leg(0, 20), looked(5), looked(10)]).layers()
    assert seen.steps.tolist() == [5, 10]
    assert seen.layers == LAYERS
    np.testing.assert_array_equal(seen.dead, [[0.5, 0.25, np.nan]] * 2)
    assert seen.gradient_norms[:, 0].tolist() == [5.0, 10.0]
    assert seen.update_ratios.shape == (2, 3)
    assert (seen.looks, seen.seconds) == (2, 1.0)


def test_without_looks_there_is_nothing():
    seen = History(WHOLE).layers()
    assert (seen.layers, seen.looks, seen.seconds) == ((), 0, 0.0)
    assert seen.steps.shape == (0,)
    assert seen.dead.shape == (0, 0)


def test_a_resume_takes_back_the_looks_after_it():
    looks = [looked(step) for step in (5, 10, 15, 20)]
    history = History([started(), *leg(0, 20), *looks, started(12), looked(15)])
    assert history.layers().steps.tolist() == [5, 10, 15]
    history.extend([looked(15, gradient_norms=[7.0] * 3)])  # told again: stands once
    assert history.layers().gradient_norms[-1].tolist() == [7.0] * 3
    assert history.layers().looks == 3


@pytest.mark.parametrize("looks", [600, 601, 2_000])
def test_at_most_so_many_looks_are_drawn_the_last_among_them(looks):
    history = History([looked(step, ("conv1",)) for step in range(1, looks + 1)])
    seen = history.layers()
    assert 300 <= len(seen.steps) <= 600
    assert (seen.steps[0], seen.steps[-1], seen.looks) == (1, looks, looks)
    assert (np.diff(seen.steps) > 0).all()
    assert seen.gradient_norms[:, 0].tolist() == seen.steps.tolist()
    assert history.nbytes >= 24 * looks


def test_what_was_returned_never_changes():
    history = History([looked(5)])
    seen = history.layers()
    seen.dead[:] = 9.0
    history.extend([looked(10)])
    assert seen.steps.tolist() == [5]
    assert history.layers().dead[0, 0] == 0.5


def test_layers_that_come_later_are_unknown_before():
    seen = History([looked(5, ("fc",)), looked(10, ("conv1", "fc"))]).layers()
    assert seen.layers == ("fc", "conv1")
    np.testing.assert_array_equal(seen.gradient_norms, [[5.0, np.nan], [10.0, 10.0]])
    np.testing.assert_array_equal(seen.dead, [[0.5, np.nan], [0.25, 0.5]])


@pytest.mark.parametrize(
    "changes",
    [
        {"dead": []},
        {"dead": [0.5]},
        {"dead": [0.5] * 9},
        {"gradient_norms": [math.nan, math.inf, -1.0]},
        {"update_ratios": [None, "0.5", 0.1]},
        {"seconds": math.nan},
    ],
)
def test_a_look_that_is_not_whole_is_unknown_where_it_is_not(changes):
    history = History([looked(5), dataclasses.replace(looked(10), **changes), looked(15)])
    seen = history.layers()
    assert seen.dead.shape == seen.gradient_norms.shape == seen.update_ratios.shape == (3, 3)
    assert seen.dead[2, :2].tolist() == [0.5, 0.25]
    for figures in (seen.dead, seen.gradient_norms, seen.update_ratios):
        assert np.isnan(figures[~(figures >= 0)]).all()
    assert math.isfinite(seen.seconds)


def test_the_new_columns_come_last_and_are_empty_where_nothing_was_measured():
    history = History([started(), *leg(0, 19), measured(1, 0.75), epoch_done(2)])
    header, first, second = csv.reader(io.StringIO(history.to_csv()))
    assert header[-5:-2] == ["best", "running_accuracy", "train_accuracy"]
    assert header[-2:] == ["train_sample_loss", "valid_auroc"]
    assert first[-4:] == ["0.5", "0.75", "0.25", ""]
    assert second[-4:] == ["", "", "", ""]
    assert history.epoch_table()["train_accuracy"].dtype == np.float64


def test_the_gap_is_of_equal_measures_and_unknown_without_them():
    seeds = [History([measured(1, 0.97), measured(2, 1.0)]), History([epoch_done(1)])]
    found = epoch_band(seeds, "gap")
    valid = [done.valid_accuracy for done in seeds[0].epochs]
    assert found.values[0].tolist() == [0.97 - valid[0], 1.0 - valid[1]]
    assert np.isnan(found.values[1]).all()
    assert epoch_band(seeds, "running_accuracy").mean.tolist() == [0.5, 0.5]
    assert epoch_band(seeds, "train_sample_loss").seeds == 1
    assert epoch_band(seeds, "train_loss").seeds == 2


def fields_of(event):
    return [name for name, value in dataclasses.asdict(event).items() if type(value) is float]


@settings(max_examples=30)
@given(
    place=st.integers(0, len(WHOLE) - 1),
    which=st.integers(0, 20),
    value=st.sampled_from([math.nan, math.inf, -math.inf]),
)
def test_a_number_that_is_not_finite_breaks_no_history(place, which, value):
    event = WHOLE[place]
    names = fields_of(event)
    broken = dataclasses.replace(event, **{names[which % len(names)]: value}) if names else event
    if isinstance(event, StepsDone) and which == 20:
        broken = dataclasses.replace(event, losses=[value] * len(event.losses))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = History([*WHOLE[:place], broken, *WHOLE[place + 1 :]])
        assert len(list(csv.reader(io.StringIO(history.to_csv("steps"))))) == 81
        assert len(list(csv.reader(io.StringIO(history.to_csv())))) == 5
        assert np.isfinite(history.loss_points(20).smoothed).all()
        history.remaining_seconds()
        history.throughput_table()
        history.split_table()
        for figure in ("valid_accuracy", "valid_loss", "train_seconds", "train_loss", "gap"):
            found = epoch_band([history], figure)
            assert not np.isinf(found.mean).any()
        assert 0 <= history.progress() <= 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '{"kind": []}', '{"step": 1}', '{"kind": "EpochDone", "step": 1}'],
)
def test_an_event_that_is_damaged_is_told_in_one_sentence(text):
    with pytest.raises(DataError, match="damaged") as why:
        event_from_json(text)
    assert why.value.hint


def test_events_of_before_have_no_training_accuracy():
    body = event_to_json(measured(1, 0.75))
    assert event_from_json(body) == measured(1, 0.75)
    older = body[: body.index(', "running_accuracy"')] + "}"
    found = event_from_json(older)
    assert isinstance(found, EpochDone)
    assert found.running_accuracy is found.train_accuracy is found.train_sample_loss is None
    assert event_from_json(event_to_json(looked(5))) == looked(5)
