"""Look for a learning rate before the first step: the range test of Smith (2017, section 3.3).

The rate rises from tiny to huge over a few dozen steps while the loss is watched; then the network
is put back as it was, to the bit.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Sequence

import torch

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import RateFound
from cnn_core.training.objective import minimised
from cnn_core.training.state import TrainState, build_optimizer, weights_on_cpu
from cnn_core.training.step import epoch_order, train_step
from cnn_core.training.tensors import TrainingExamples
from cnn_core.training.timing import no_mark
from cnn_core.training.unfreezing import set_learning

STEPS = 80
LOWEST, HIGHEST = 1e-6, 1.0  # rates
_MEMORY = 0.9  # of the running mean that smooths the losses
_LOST = 4.0  # the test ends where the smoothed loss is this many times the lowest


def find_rate(
    state: TrainState,
    examples: TrainingExamples,
    config: TrainConfig,
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> RateFound:
    """Return the loss at rising rates, and the rate to train with; `state` is as it was afterwards.

    The rates rise by equal factors from 1e-6 to 1 over `STEPS` steps on batches as training takes
    them, with the optimizer of `config` fresh.

    Args:
        state: before its first step.
        examples: that it will be trained on.
        config: of the run; its rate is not looked at.
        stopped: asked before each step; where it says so, the answer is what is known by then.

    Returns:
        Rates, their smoothed losses (as many, up to where the loss was lost) and the suggestion;
        `config.learning_rate` where nothing can be said.
    """
    begun = time.perf_counter()
    weights = weights_on_cpu(state.model)
    modes = [(module, module.training) for module in state.model.modules()]
    learning = [(parameter, parameter.requires_grad) for parameter in state.model.parameters()]
    try:
        rates, losses = _range_test(state, examples, config, stopped)
    finally:
        state.model.load_state_dict(weights)
        for module, training in modes:
            module.training = training
        for parameter, learns in learning:
            parameter.requires_grad_(learns)
            parameter.grad = None
    return RateFound(
        rates=rates,
        losses=losses,
        suggestion=suggested_rate(rates, losses) or config.learning_rate,
        seconds=time.perf_counter() - begun,
    )


def _range_test(
    state: TrainState,
    examples: TrainingExamples,
    config: TrainConfig,
    stopped: Callable[[], bool],
) -> tuple[list[float], list[float]]:
    trial = dataclasses.replace(
        state, optimizer=build_optimizer(state.model, config, state.blocks), average=None
    )
    trial.model.train()
    set_learning(trial, config, epoch=0)
    descended = minimised(trial.model, config, examples.labels)
    batches: list[torch.Tensor] = []
    rates: list[float] = []
    losses: list[float] = []
    mean, lowest, epochs = 0.0, math.inf, 0
    for step in range(1, STEPS + 1):
        if stopped():
            break
        if not batches:
            batches = list(epoch_order(examples, config, epochs).split(config.batch_size))
            epochs += 1
        rate = LOWEST * (HIGHEST / LOWEST) ** ((step - 1) / (STEPS - 1))
        at_rate = dataclasses.replace(config, learning_rate=rate, schedule="constant")
        loss = train_step(
            trial,
            examples,
            batches.pop(0),
            at_rate,
            step=step,
            total_steps=STEPS,
            mark=no_mark,
            minimised=descended,
        ).item()
        mean = _MEMORY * mean + (1 - _MEMORY) * loss
        smoothed = mean / (1 - _MEMORY**step)  # as Adam corrects its means
        if not math.isfinite(smoothed) or smoothed > _LOST * lowest:
            break
        lowest = min(lowest, smoothed)
        rates.append(rate)
        losses.append(smoothed)
    return rates, losses


def suggested_rate(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """Return the rate in the middle of the decade over which the loss falls most.

    The rate with the lowest loss itself is too high: there the loss is about to rise (Smith 2017,
    section 3.3). None where the loss falls over no decade before it.

    >>> rates = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1]
    >>> suggested_rate(rates, [2.0, 2.0, 1.9, 1.7, 1.2, 1.0, 0.9, 3.0])
    0.003
    >>> suggested_rate(rates, [1.0, 1.0, 1.1, 1.2, 1.3, 1.4, 2.0, 3.0]) is None
    True
    """
    lowest = min(range(len(losses)), key=losses.__getitem__, default=0)
    falls: dict[int, float] = {}
    for start, rate in enumerate(rates[: lowest + 1]):
        stop = next((i for i in range(start, lowest + 1) if rates[i] >= 9.9 * rate), None)
        if stop is not None:
            falls[(start + stop) // 2] = losses[start] - losses[stop]
    best = max(falls, key=falls.__getitem__, default=None)
    return rates[best] if best is not None and falls[best] > 0 else None
