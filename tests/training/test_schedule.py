"""The learning rate is a function of the step alone."""

import dataclasses
import itertools

import pytest

from cnn_core.results.config import TrainConfig
from cnn_core.training.schedule import learning_rate

CYCLE = TrainConfig(epochs=1, batch_size=1, learning_rate=0.5, schedule="one-cycle")


@pytest.mark.parametrize("total", [1, 2, 3, 7, 100, 1_075])
def test_one_cycle_rises_to_the_rate_and_falls_to_nearly_nought(total):
    rates = [learning_rate(CYCLE, step, total) for step in range(1, total + 1)]
    assert all(0 < rate <= 0.5 for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    if total >= 100:
        assert max(rates) == pytest.approx(0.5, rel=0.02)
        assert rates[-1] < 0.02 * 0.5
        assert top == pytest.approx(0.3 * total, abs=1)
        slopes = [after - before for before, after in itertools.pairwise(rates)]
        assert len({round(slope, 9) for slope in slopes}) <= 3  # two lines and the corner


def test_constant_is_constant():
    flat = dataclasses.replace(CYCLE, schedule="constant")
    assert {learning_rate(flat, step, 50) for step in range(1, 51)} == {0.5}
