"""A step captured as a CUDA graph: one launch in the place of some two hundred.

The first steps of a leg run as they are (warm-up, on a side stream; they are steps like any other).
Then forward, backward, optimizer and average are captured on buffers of fixed address; a step is
from there on: draw the batch, copy it into the buffers, set the rate, replay. Nothing waits for the
device. Order, augmentation, dropout and rate are the same functions of seed and step as without a
graph (a replay draws from the generator as it is seeded then, not as it was at the capture), and
the state that a checkpoint keeps is the state that the graph works on.

Run as they are: batches of another size (an epoch's last), the steps whose time is sampled or whose
layers are looked at, worlds of several processes, and everything if the network cannot be captured;
the log says why.
"""

import logging
from collections.abc import Callable

import torch
from torch import Tensor, nn

from cnn_core.results.config import TrainConfig
from cnn_core.training.distributed import ALONE, World
from cnn_core.training.objective import Minimised
from cnn_core.training.state import TrainState
from cnn_core.training.step import (
    load_batch,
    seed_dropout,
    set_learning_rate,
    train_step,
    update_weights,
)
from cnn_core.training.tensors import TrainingExamples
from cnn_core.training.timing import no_mark

WARM_UP_STEPS = 4  # SGD makes its buffers at the first; cuDNN and cuBLAS theirs

Body = Callable[[], Tensor]
Record = Callable[[Body], Body]

_log = logging.getLogger(__name__)


class StepTaker:
    """`train_step` for one leg of a run, replayed from a recording where that can be.

    Args:
        state: trained in place. Whoever replaces its tensors (instead of filling them) must make a
            new StepTaker; `fit` makes one a leg.
        examples: training images and labels on the device.
        config: of the run.
        total_steps: of the run.
        world: of several processes: nothing is recorded.
        replica: what to call for `state.model`, see `World.replica`.
        record: makes of a function that works on fixed buffers one that does so again; by default
            `capture` on a GPU, and None elsewhere: every step runs as it is.
        minimised: what to go down, see `objective.minimised`.
    """

    def __init__(
        self,
        state: TrainState,
        examples: TrainingExamples,
        config: TrainConfig,
        *,
        total_steps: int,
        world: World = ALONE,
        replica: nn.Module | None = None,
        record: Record | None = None,
        minimised: Minimised | None = None,
    ) -> None:
        self._state, self._examples, self._config = state, examples, config
        self._total_steps, self._world, self._replica = total_steps, world, replica
        on_gpu = examples.labels.device.type == "cuda"
        self._record = record or (capture if on_gpu else None)
        self._minimised = minimised
        self._counts = config.train_sample > 0
        if world.size > 1:
            self._record = None
        self._side = torch.cuda.Stream(examples.labels.device) if on_gpu else None
        self._warm = 0
        self._replay: Body | None = None
        self._pixels = self._labels = torch.empty(0)

    @property
    def replays(self) -> bool:
        """Whether a recording was made and is in use."""
        return self._replay is not None

    def __call__(
        self, indices: Tensor, *, step: int, mark: Callable[[], None], eager: bool = False
    ) -> Tensor:
        """Take a step on the images at `indices`; return the mean loss, still on the device.

        With `TrainConfig.train_sample` float32 (2,): the loss and the number of right answers.
        `eager`: run as it is, so that afterwards the parameters have this step's gradients.
        """
        whole = len(indices) == self._config.batch_size
        if self._record is None or not whole or eager or mark is not no_mark:
            return self._eager(indices, step, mark)
        if self._warm < WARM_UP_STEPS:
            self._warm += 1
            return self._aside(indices, step, mark)
        pixels, labels, _ = load_batch(self._examples, indices, self._config, step=step)
        set_learning_rate(self._state.optimizer, self._config, step, self._total_steps)
        if self._replay is None:
            self._replay = self._recorded(self._record, pixels, labels)
            if self._replay is None:
                self._record = None
                return self._eager(indices, step, mark)
        self._pixels.copy_(pixels)
        self._labels.copy_(labels)
        seed_dropout(self._state, self._config, step)
        return self._replay().clone()  # the next replay writes to the same place

    def _eager(self, indices: Tensor, step: int, mark: Callable[[], None]) -> Tensor:
        return train_step(
            self._state,
            self._examples,
            indices,
            self._config,
            step=step,
            total_steps=self._total_steps,
            mark=mark,
            world=self._world,
            replica=self._replica,
            minimised=self._minimised,
            counts=self._counts,
        )

    def _aside(self, indices: Tensor, step: int, mark: Callable[[], None]) -> Tensor:
        """Take the step on a stream of its own, where CUDA is to warm up before a capture."""
        if self._side is None:
            return self._eager(indices, step, mark)
        main = torch.cuda.current_stream(self._side.device)
        self._side.wait_stream(main)
        with torch.cuda.stream(self._side):
            loss = self._eager(indices, step, mark)
        main.wait_stream(self._side)
        loss.record_stream(main)
        return loss

    def _recorded(self, record: Record, pixels: Tensor, labels: Tensor) -> Body | None:
        self._pixels, self._labels = pixels.clone(), labels.clone()
        self._state.optimizer.zero_grad(set_to_none=True)  # gradients of the graph's own
        try:
            return record(self._body)
        except RuntimeError as exc:
            self._state.optimizer.zero_grad(set_to_none=True)
            first, _, _ = str(exc).partition("\n")
            _log.warning("the step is not captured as a CUDA graph, it runs as it is: %s", first)
            return None

    def _body(self) -> Tensor:
        return update_weights(
            self._state,
            self._pixels,
            self._labels,
            begins=False,
            replica=self._replica,
            minimised=self._minimised,
            counts=self._counts,
        )


def capture(body: Body) -> Body:
    """Return `body` as a CUDA graph; it is captured here and not yet carried out.

    Raises:
        RuntimeError: something in it cannot be captured (it waits for the device, say).
    """
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = body()

    def replay() -> Tensor:
        graph.replay()
        return result

    return replay
