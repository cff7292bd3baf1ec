"""One leg of a run, from a start or a resume to the next end: what `fit` needs beside the state."""

import math
import time

import torch
from torch import Tensor

from cnn_core.results.config import TrainConfig
from cnn_core.training.distributed import World
from cnn_core.training.graphs import StepTaker
from cnn_core.training.layers import Look, looks_at
from cnn_core.training.objective import minimised
from cnn_core.training.sample import train_sample
from cnn_core.training.state import TrainState, weights_on_cpu
from cnn_core.training.step import load_batch
from cnn_core.training.tensors import Splits
from cnn_core.training.timing import Window, synchronise
from cnn_core.training.unfreezing import set_learning

_SNAPSHOT_SHARE = 0.02  # of the time may go into copies of the last finite weights


class Leg:
    """What one call of `fit` needs beside the state: sizes, the clock of this leg, its world."""

    def __init__(
        self, state: TrainState, splits: Splits, config: TrainConfig, world: World
    ) -> None:
        self.state, self.splits, self.config = state, splits, config
        self.world = world
        self.window_steps = 1  # in a world of several: how many steps the next window has
        self.steps_per_epoch = math.ceil(len(splits.train) / config.batch_size)
        self.total_steps = self.steps_per_epoch * config.epochs
        self._minimised = minimised(state.model, config, splits.train.labels)
        self.sample = self._train_sample()
        self._large = state.large
        self.take_step = self._step_taker()
        self.device = splits.train.labels.device
        self._started = time.perf_counter() - state.progress.elapsed_seconds
        self.good_weights = dict(state.best_weights)
        self._snapshot_due = 0.0
        self.keep_finite_weights()

    def _step_taker(self) -> StepTaker:
        return StepTaker(
            self.state,
            self.splits.train,
            self.config,
            total_steps=self.total_steps,
            world=self.world,
            replica=self.world.replica(self.state.model),
            minimised=self._minimised,
        )

    def _train_sample(self) -> Tensor | None:
        """Return the places of the training examples that are scored, on the device; None: none."""
        if not self.config.train_sample:
            return None
        labels = self.splits.train.labels
        chosen = train_sample(labels.cpu().numpy(), self.config.train_sample, self.config.seed)
        return torch.from_numpy(chosen).to(labels.device)

    def look(self, indices: Tensor, step: int) -> Look | None:
        """Begin a look at the layers, if this step has one; every process of the world takes it."""
        if not looks_at(self.config, step, self.total_steps):
            return None
        synchronise(self.device)
        begun = time.perf_counter()
        batch, _, _ = load_batch(
            self.splits.train, indices, self.config, step=step, world=self.world
        )
        synchronise(self.device)
        loading = time.perf_counter() - begun
        return Look(self.state.model, batch, self.state.precision, loading=loading)

    def begin_epoch(self) -> None:
        """Have those blocks learn that do in this epoch."""
        self.state.model.train()
        if set_learning(self.state, self.config, self.state.progress.epoch):
            del self.take_step  # with it goes the replica that averages the old gradients
            self.take_step = self._step_taker()

    def tick(self) -> float:
        """Bring `elapsed_seconds` up to date and return it."""
        self.state.progress.elapsed_seconds = time.perf_counter() - self._started
        return self.state.progress.elapsed_seconds

    def keep_finite_weights(self) -> None:
        """Copy the weights if they are finite and the last copy is long enough ago.

        Of a large network the best weights are kept alone: a copy more might not fit.
        """
        if self._large:
            self.good_weights = self.state.best_weights
            return
        begun = time.perf_counter()
        if begun < self._snapshot_due or not self.world.leads:
            return
        if all(bool(torch.isfinite(p).all()) for p in self.state.model.parameters()):
            self.good_weights = weights_on_cpu(self.state.model)
        spent = time.perf_counter() - begun
        self._snapshot_due = begun + spent / _SNAPSHOT_SHARE

    def is_full(self, window: Window) -> bool:
        """Whether the window ends here: by the clock, which several processes do not share."""
        if self.world.size == 1:
            return window.due()
        return len(window.told) >= self.window_steps

    def agree(self) -> None:
        """Stop if the driver of any process of the world said so; take equally long windows."""
        stop, self.window_steps = self.world.largest(int(self.state.stop), self.window_steps)
        self.state.stop = bool(stop)
