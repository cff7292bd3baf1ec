"""Folding events: any chunking gives one history, and a resumed run goes on where it was cut."""

import csv
import io
import itertools
import math
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.results.events import (
    StepsDone,
    StepSplit,
)
from cnn_core.results.history import History
from cnn_core.results.series import smoothing_for
from tests.results.told_run import (
    BATCH,
    EVALUATION_SECONDS,
    SPE,
    STEP_SECONDS,
    WHOLE,
    WINDOW,
    epoch_done,
    finished,
    leg,
    loss_of,
    started,
    steps_done,
)


def told(history):
    """Everything a history answers, in a form that can be compared."""
    points = history.loss_points(10)
    return {
        "losses": history.losses().tolist(),
        "points": [points.steps.tolist(), points.raw.tolist(), points.smoothed.tolist()],
        "epochs": history.epochs,
        "checkpoints": history.checkpoints,
        "splits": history.split_table().to_dict("list"),
        "throughput": history.throughput_table().to_dict("list"),
        "csv": [history.to_csv("epochs"), history.to_csv("steps")],
        "clocks": [history.train_seconds, history.elapsed_seconds, history.seconds_to(0.97)],
        "now": [history.step, history.epoch, history.progress(), history.learning_rate],
        "pace": [history.images_per_second(), history.remaining_seconds()],
        "ends": [history.started, history.finished],
    }


@given(st.sets(st.integers(0, len(WHOLE))))
def test_any_chunking_gives_the_same_history(cuts):
    history = History()
    for low, high in itertools.pairwise([0, *sorted(cuts), len(WHOLE)]):
        history.extend(WHOLE[low:high])
    assert told(history) == told(History(WHOLE))


@given(cut=st.integers(0, 15), beyond=st.integers(0, 40))
def test_a_resumed_history_equals_an_uninterrupted_one(cut, beyond):
    kept, lost = cut * WINDOW, beyond // WINDOW * WINDOW
    interrupted = [started(), *leg(0, min(80, kept + lost))]
    history = History([*interrupted, started(kept), *leg(kept, 80), finished(80)])
    expected = told(
        History([started(), *leg(0, kept), started(kept), *leg(kept, 80), finished(80)])
    )
    assert told(history) == expected
    assert expected["losses"] == History(WHOLE).losses().tolist()


def test_a_resume_within_a_window_keeps_the_steps_before_it():
    history = History([started(), *leg(0, 20), started(12)])
    assert history.losses().tolist() == [loss_of(step) for step in range(1, 13)]
    assert history.throughput_table()["step"].tolist() == [5, 10]
    assert history.epochs == history.checkpoints == ()


def test_a_resume_takes_the_end_back():
    history = History(WHOLE)
    assert history.progress() == 1.0
    history.extend([started(40)])
    assert history.finished is None
    assert history.progress() == 0.5


def test_an_epoch_told_again_stands_once():
    history = History([started(), *leg(0, 40), epoch_done(2)])
    assert [done.epoch for done in history.epochs] == [1, 2]


def test_the_smoothed_loss_is_the_bias_corrected_mean_over_all_steps():
    losses = [loss_of(step) for step in range(1, 81)]
    weights = smoothing_for(WHOLE[0].total_steps) ** np.arange(80)
    expected = [
        np.average(losses[: step + 1], weights=weights[step::-1]) for step in range(len(losses))
    ]
    points = History(WHOLE).loss_points()
    np.testing.assert_allclose(points.smoothed, expected, rtol=1e-12)


def test_a_loss_that_is_not_finite_is_left_out_and_does_not_spoil_the_mean():
    diverging = StepsDone(
        step=3,
        epoch=1,
        losses=[2.0, 3.0, math.inf],
        images=3,
        window_seconds=0.1,
        train_seconds=0.1,
        elapsed_seconds=0.1,
        learning_rate=1.0,
    )
    points = History([started(), diverging]).loss_points()
    assert points.steps.tolist() == [1, 2]
    assert np.isfinite(points.smoothed).all()
    assert History([started(), diverging]).to_csv("steps").splitlines()[-1].startswith("3,1,,")


def test_steps_that_never_arrived_are_unknown_and_not_nought():
    history = History([started(), steps_done(5), steps_done(15)])
    assert np.isnan(history.losses()[5:10]).all()
    assert history.step == 15


def test_the_clock_stops_at_the_first_epoch_that_reaches_the_mark():
    reached = History(WHOLE).seconds_to(0.97)
    assert reached.epoch == 2
    assert reached.train_seconds == pytest.approx(40 * STEP_SECONDS)
    assert reached.elapsed_seconds == pytest.approx(40 * STEP_SECONDS + 2 * EVALUATION_SECONDS)
    assert History(WHOLE).seconds_to(0.999) is None


@pytest.mark.parametrize("done", [5, 20, 55, 80])
def test_the_time_left_counts_steps_evaluations_and_checkpoints(done):
    remaining = History([started(), *leg(0, done)]).remaining_seconds()
    steps, epochs = (80 - done) * STEP_SECONDS, 4 - done // SPE
    if done < SPE:  # no evaluation was seen: 100 images at a third of what a training step costs
        assert remaining == pytest.approx(steps + (epochs + 1) * 100 * STEP_SECONDS / BATCH / 3)
    else:
        expected = steps + (epochs + 1) * EVALUATION_SECONDS + epochs * 0.1
        assert remaining == pytest.approx(expected)


def test_nothing_is_left_at_the_end_and_nothing_is_known_at_the_start():
    assert History(WHOLE).remaining_seconds() == 0.0
    assert History([started()]).remaining_seconds() is None
    assert History([started()]).images_per_second() is None


def test_the_pace_is_that_of_training_alone():
    assert History(WHOLE[:-1]).images_per_second() == pytest.approx(BATCH / STEP_SECONDS)
    table = History(WHOLE).throughput_table(4)
    assert len(table) == 4
    np.testing.assert_allclose(table["images_per_second"], BATCH / STEP_SECONDS)
    assert table["start"].tolist() == [0, *table["step"][:-1]]


def test_the_split_is_in_milliseconds_of_one_step():
    table = History(WHOLE).split_table()
    assert table["step"].tolist() == list(range(10, 81, 10))
    assert table[["data", "forward", "backward", "optimizer"]].iloc[0].tolist() == [1, 2, 4, 1]


def test_windows_taken_together_are_weighted_by_their_samples():
    split = {"data": 0.0, "forward": 0.0, "optimizer": 0.0}
    events = [
        StepsDone(
            step=step,
            epoch=1,
            losses=[1.0],
            images=1,
            window_seconds=1.0,
            train_seconds=float(step),
            elapsed_seconds=float(step),
            learning_rate=0.1,
            split=StepSplit(**split, backward=backward, samples=samples),
        )
        for step, backward, samples in ((1, 0.001, 3), (2, 0.005, 1))
    ]
    table = History([started(), *events]).split_table(1)
    assert table["backward"].tolist() == pytest.approx([2.0])
    assert table["samples"].tolist() == [4]


def test_the_csv_of_the_epochs_reads_back():
    frame = pd.read_csv(io.StringIO(History(WHOLE).to_csv()))
    assert frame["epoch"].tolist() == [1, 2, 3, 4]
    assert frame["training_seconds"].tolist() == pytest.approx([SPE * STEP_SECONDS] * 4)
    assert frame["valid_accuracy"].tolist() == pytest.approx([0.95, 0.975, 0.9875, 0.99375])


def test_the_csv_of_the_steps_has_a_row_a_step():
    frame = pd.read_csv(io.StringIO(History(WHOLE).to_csv("steps")))
    assert frame["step"].tolist() == list(range(1, 81))
    assert frame["loss"].tolist() == pytest.approx([loss_of(s) for s in range(1, 81)], rel=1e-6)
    assert frame["epoch"].tolist() == [1 + (s - 1) // SPE for s in range(1, 81)]
    assert frame["train_seconds"].tolist() == pytest.approx(
        [s * STEP_SECONDS for s in range(1, 81)]
    )


@pytest.mark.parametrize("rows", ["epochs", "steps"])
def test_no_cell_of_the_csv_can_be_taken_for_a_formula(rows):
    text = History(WHOLE).to_csv(rows)
    cells = list(itertools.chain.from_iterable(csv.reader(io.StringIO(text))))
    assert len(cells) > 10
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-", "\t", "\r"))]


def test_what_a_history_returned_never_changes():
    history = History([started(), *leg(0, 20)])
    losses, points, table = history.losses(), history.loss_points(), history.throughput_table()
    before = [losses.copy(), points.raw.copy(), table.copy()]
    history.extend([started(5), *leg(5, 80)])
    np.testing.assert_array_equal(losses, before[0])
    np.testing.assert_array_equal(points.raw, before[1])
    pd.testing.assert_frame_equal(table, before[2])


def test_readers_and_a_writer_share_one_history():
    history, errors = History(), []

    def read():
        try:
            for _ in range(50):
                points = history.loss_points(20)
                assert np.isfinite(points.smoothed).all()
                assert len(history.throughput_table()) <= 120
        except Exception as error:  # noqa: BLE001  the thread's failure is the test's
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(20):
        history.extend(WHOLE)
    for reader in readers:
        reader.join()
    assert not errors
