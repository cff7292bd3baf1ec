"""Mean and band over seeds, checked against scipy.stats, seed by seed and place by place."""

import numpy as np
import pytest
from scipy import stats

from cnn_core.results.events import EpochDone, RunStarted, StepsDone
from cnn_core.results.groups import (
    band,
    band_name,
    epoch_band,
    group_score,
    loss_band,
    on_grid,
    step_grid,
)
from cnn_core.results.history import History

RNG = np.random.default_rng(0)


def history(steps, *, total=1_000, level=1.0, accuracies=()):
    started = RunStarted(
        step=0, epoch=1, total_steps=total, total_epochs=10, steps_per_epoch=total // 10,
        train_size=1, valid_size=1, device="cpu", threads=1, parameters=1,
    )  # fmt: skip
    window = StepsDone(
        step=steps, epoch=1, losses=[level] * steps, images=steps, window_seconds=1.0,
        train_seconds=1.0, elapsed_seconds=1.0, learning_rate=0.1,
    )  # fmt: skip
    epochs = [
        EpochDone(
            step=epoch * total // 10, epoch=epoch, train_loss=level, valid_loss=level,
            valid_accuracy=accuracy, epoch_seconds=1.0, evaluation_seconds=0.1,
            train_seconds=float(epoch), elapsed_seconds=1.1 * epoch, best=True,
        )
        for epoch, accuracy in enumerate(accuracies, 1)
    ]  # fmt: skip
    return History([started, *([window] if steps else []), *epochs])


@pytest.mark.parametrize("seeds", [3, 4, 10])
def test_the_band_is_students_interval_at_every_place(seeds):
    values = RNG.normal(size=(seeds, 5))
    found = band(np.arange(5.0), values)
    for column in range(5):
        sample = values[:, column]
        expected = stats.t.interval(0.95, seeds - 1, loc=sample.mean(), scale=stats.sem(sample))
        assert (found.low[column], found.high[column]) == pytest.approx(expected)
        assert found.mean[column] == pytest.approx(sample.mean())
    assert (found.seeds, band_name(seeds)) == (seeds, "95 % interval")


def test_the_band_of_two_seeds_reaches_from_one_to_the_other():
    values = np.array([[1.0, 5.0, 2.0], [3.0, 4.0, np.nan]])
    found = band(np.arange(3.0), values)
    np.testing.assert_array_equal(found.low, [1.0, 4.0, np.nan])
    np.testing.assert_array_equal(found.high, [3.0, 5.0, np.nan])
    np.testing.assert_array_equal(found.mean, [2.0, 4.5, 2.0])
    assert band_name(2) == "lowest to highest"


def test_three_seeds_have_no_band_where_only_two_have_come():
    values = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, np.nan]])
    found = band(np.arange(2.0), values)
    assert np.isfinite(found.high[0])
    assert np.isnan(found.high[1])
    assert found.mean.tolist() == [2.0, 1.5]


@pytest.mark.parametrize("values", [np.empty((0, 0)), np.full((2, 3), np.nan), np.ones((1, 3))])
def test_one_seed_or_none_has_no_band(values):
    found = band(np.arange(float(values.shape[1])), values)
    assert np.isnan(found.low).all()
    assert found.seeds <= 1
    assert band_name(found.seeds) == ""


def test_what_diverged_counts_as_far_as_it_was_a_number():
    found = band(np.arange(2.0), np.array([[1.0, np.inf], [3.0, 4.0]]))
    assert found.mean.tolist() == [2.0, 4.0]
    assert np.isnan(found.values[0, 1])


def test_a_score_is_cut_at_one_and_has_its_spread():
    score = group_score([0.95, 1.0])
    low, _ = stats.t.interval(0.95, 1, loc=0.975, scale=stats.sem([0.95, 1.0]))
    assert score.interval == pytest.approx((low, 1.0))
    assert score.deviation == pytest.approx(np.std([0.95, 1.0], ddof=1))
    assert group_score([]) is None
    assert group_score([0.5]).interval is None


def test_the_grid_does_not_move_while_a_run_goes_on():
    early, late = (step_grid([history(steps)], 50) for steps in (400, 1_000))
    assert set(early) <= set(late)
    assert len(late) <= 52
    assert (late[0], late[-1]) == (1.0, 1_000.0)
    assert len(step_grid([History()])) == 0


def test_losses_are_compared_at_equal_steps():
    found = loss_band([history(1_000, level=1.0), history(500, level=3.0), history(0)])
    assert found.seeds == 2
    assert found.mean[found.x <= 500] == pytest.approx(2.0)
    assert found.mean[found.x > 500] == pytest.approx(1.0)
    assert found.values.shape == (3, len(found.x))


def test_epochs_are_compared_by_number():
    seeds = [history(100, accuracies=(0.9, 0.95)), history(100, accuracies=(0.8,)), History()]
    found = epoch_band(seeds, "valid_accuracy")
    assert found.x.tolist() == [1.0, 2.0]
    assert found.mean == pytest.approx([0.85, 0.95])
    assert epoch_band(seeds, "train_seconds").mean.tolist() == [1.0, 2.0]
    assert len(epoch_band([], "valid_loss").x) == 0


def test_nothing_is_known_after_the_last_step():
    grid = np.array([1.0, 5.0, 6.0])
    assert np.isnan(on_grid(grid, np.array([1.0, 5.0]), np.array([2.0, 2.0]))[2])
    assert np.isnan(on_grid(grid, np.empty(0), np.empty(0))).all()
