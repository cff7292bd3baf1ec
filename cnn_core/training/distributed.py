"""Several processes that train one network together: each takes its part of every batch.

The global batch is the configuration's, so order and augmentation stay functions of seed and step,
whatever the number of processes. Every process calls everything here in the same order, or all of
them wait; `fit` does so. `ALONE` is the world of one process: nothing in it communicates.
"""

import datetime
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.parallel import DistributedDataParallel

from cnn_core.errors import CnnLabError

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store

TIMEOUT_SECONDS = 300.0  # how long a process waits for the others' part of one exchange


class Shard(NamedTuple):
    """One process's part of a batch.

    `weight` is what its mean loss is multiplied with, so that the mean over the processes, which is
    what they exchange, is the mean over the batch. It is 1 where all parts are equally large.
    """

    rows: slice
    weight: float


@dataclass(frozen=True, kw_only=True)
class World:
    """The processes that train together, as one of them sees it (torch's terms).

    Attributes:
        rank: which process this is, from 0; rank 0 evaluates, and alone writes anything down.
        size: how many there are.
        device: where this one trains, and where what is exchanged must lie.
    """

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def leads(self) -> bool:
        """Whether this is rank 0."""
        return self.rank == 0

    def shard(self, count: int) -> Shard:
        """Return this process's part of a batch of `count` images, at least one.

        Where there are fewer images than processes, some take the first image with no weight.

        >>> [World(rank=rank, size=2).shard(5) for rank in (0, 1)]
        [Shard(rows=slice(0, 2, None), weight=0.8), Shard(rows=slice(2, 5, None), weight=1.2)]
        >>> World(rank=0, size=2).shard(1)
        Shard(rows=slice(0, 1, None), weight=0.0)
        """
        first, last = (count * rank // self.size for rank in (self.rank, self.rank + 1))
        if first == last:
            return Shard(slice(0, 1), 0.0)
        return Shard(slice(first, last), (last - first) * self.size / count)

    def replica(self, model: nn.Module) -> nn.Module:
        """Return what to call in the place of `model` to train it; in a world of one the model.

        Its weights are rank 0's from here on. Gradients are averaged over the processes.
        """
        if self.size == 1:
            return model
        # conv1 has one input channel, so its gradient's layout is either: copied, 150 numbers
        warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")
        return DistributedDataParallel(model)

    def mean(self, numbers: list[float]) -> list[float]:
        """Return the mean over the processes of each number; the same everywhere."""
        if self.size == 1:
            return numbers
        exchanged = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        distributed.all_reduce(exchanged)
        return [number / self.size for number in exchanged.tolist()]

    def largest(self, *numbers: int) -> list[int]:
        """Return the largest of the processes' numbers, each by itself; the same everywhere."""
        if self.size == 1:
            return list(numbers)
        exchanged = torch.tensor(numbers, dtype=torch.int64, device=self.device)
        distributed.all_reduce(exchanged, distributed.ReduceOp.MAX)
        return [int(number) for number in exchanged.tolist()]

    def from_rank_0(self, number: float) -> float:
        """Return rank 0's number; the others' is not looked at."""
        if self.size == 1:
            return number
        told = torch.tensor(number, dtype=torch.float64, device=self.device)
        distributed.broadcast(told, src=0)
        return float(told.item())

    @contextmanager
    def failures_in_words(self) -> Iterator[None]:
        """Translate what torch raises where another process of the world has gone.

        Raises:
            CnnLabError: another process ended, or did not answer for `TIMEOUT_SECONDS`.
        """
        try:
            yield
        except RuntimeError as exc:
            if self.size == 1 or not _is_lost(exc):
                raise
            raise CnnLabError(
                f"Another of the {self.size} processes of this run ended, or stopped answering.",
                hint="Its own words are above, if it had any. `python -m cnn_core resume` goes on "
                "from the last checkpoint, in one process.",
            ) from exc


ALONE = World()

_SIGNS_OF_LOSS = (
    "connection closed by peer",
    "connection reset by peer",
    "broken pipe",
    "timed out",
    "connection refused",
)


def _is_lost(exc: RuntimeError) -> bool:
    """Whether the exchange failed, not the network: gloo raises a plain RuntimeError."""
    if isinstance(exc, distributed.DistError):
        return True
    text = str(exc).lower()
    return any(sign in text for sign in _SIGNS_OF_LOSS)


def join(store: "Store", *, rank: int, size: int, device: str) -> World:
    """Meet the other processes; they exchange by NCCL between GPUs, by gloo between CPUs.

    Args:
        store: what all of them are connected to.
        rank: which of them this is.
        size: how many there are.
        device: where this one trains ("cpu", "cuda:0").

    Raises:
        CnnLabError: the others did not come.
    """
    world = World(rank=rank, size=size, device=device)
    gpu = torch.device(device) if device.startswith("cuda") else None
    if gpu is not None:
        torch.cuda.set_device(gpu)
    if not distributed.is_initialized():
        with world.failures_in_words():
            distributed.init_process_group(
                "gloo" if gpu is None else "nccl",
                store=store,
                rank=rank,
                world_size=size,
                timeout=datetime.timedelta(seconds=TIMEOUT_SECONDS),
                device_id=gpu,
            )
    return world


def leave() -> None:
    """Give back what `join` took, if anything."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def batch_norms(model: nn.Module) -> list[nn.Module]:
    """Return the model's BatchNorm layers that normalise by the batch."""
    return [part for part in model.modules() if isinstance(part, _BatchNorm)]


def difference_from_one_process(model: nn.Module, size: int) -> str:
    """Return a sentence on why `size` processes do not train `model` as one does, "" if they do.

    >>> difference_from_one_process(nn.Linear(2, 2), 2)
    ''
    >>> difference_from_one_process(nn.Dropout(0.5), 2)
    'Each process draws its own dropout: the run differs from one in a single process.'
    """
    count = len(batch_norms(model))
    if size == 1:
        return ""
    if not count:
        drops = any(isinstance(part, _DropoutNd) and part.p > 0 for part in model.modules())
        return (
            "Each process draws its own dropout: the run differs from one in a single process."
            if drops
            else ""
        )
    return (
        f"BatchNorm ({count} layers) takes its statistics from each process's part of a batch, a "
        f"{size}th of it, and the running ones that are kept are rank 0's: the run differs from "
        "one in a single process."
    )


def steps_until_due(steps: int, seconds: float, window_seconds: float) -> int:
    """Return how many steps take about `window_seconds`, if `steps` took `seconds`.

    Processes cannot each look at the clock to end a window: they would end it at different steps.
    At most twice as many as last time, for one pace may be a fluke.

    >>> steps_until_due(10, 0.05, 0.1), steps_until_due(10, 0.3, 0.1), steps_until_due(1, 9, 0.1)
    (20, 4, 1)
    """
    return max(1, min(2 * steps, math.ceil(steps * window_seconds / max(seconds, 1e-9))))
