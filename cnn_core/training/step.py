"""One optimizer step: gather, normalise, forward, backward, update."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cnn_core.models.stages import main_logits
from cnn_core.results.config import TrainConfig
from cnn_core.training.averaging import update_average
from cnn_core.training.distributed import ALONE, World
from cnn_core.training.objective import Minimised, objective
from cnn_core.training.precision import forward
from cnn_core.training.schedule import learning_rate
from cnn_core.training.seeds import DROPOUT, ORDER, derived_seed
from cnn_core.training.state import TrainState
from cnn_core.training.tensors import TrainingExamples
from cnn_core.training.timing import no_mark


def epoch_order(examples: TrainingExamples, config: TrainConfig, epoch: int) -> Tensor:
    """Return the order of the training images, int64 (N,), decided by seed and epoch alone."""
    generator = torch.Generator().manual_seed(derived_seed(config.seed, ORDER, epoch))
    return torch.randperm(len(examples), generator=generator).to(examples.labels.device)


def train_step(
    state: TrainState,
    examples: TrainingExamples,
    indices: Tensor,
    config: TrainConfig,
    *,
    step: int,
    total_steps: int,
    mark: Callable[[], None],
    world: World = ALONE,
    replica: nn.Module | None = None,
    minimised: Minimised | None = None,
    counts: bool = False,
) -> Tensor:
    """Take a step on the images at `indices`; return what `update_weights` does.

    `mark` is called five times: before the data, and after data, forward, backward and optimizer.
    In a `world` of several processes each takes its shard of the batch through its `replica`; the
    mean over the processes of what they return is the mean loss.
    """
    mark()
    pixels, labels, weight = load_batch(examples, indices, config, step=step, world=world)
    mark()
    set_learning_rate(state.optimizer, config, step, total_steps)
    seed_dropout(state, config, step, world.rank)
    return update_weights(
        state,
        pixels,
        labels,
        begins=step == 1,
        weight=weight,
        replica=replica,
        minimised=minimised,
        counts=counts,
        mark=mark,
    )


def load_batch(
    examples: TrainingExamples,
    indices: Tensor,
    config: TrainConfig,
    *,
    step: int,
    world: World = ALONE,
) -> tuple[Tensor, Tensor, float]:
    """Return this process's part of a batch, augmented and normalised, and its weight.

    Returns:
        What the network takes, float32 (batch, ...); labels int64 (batch,); `World.shard`'s weight.
    """
    rows, weight = world.shard(len(indices))
    labels = examples.labels.index_select(0, indices[rows])
    return examples.training_batch(indices, config, step=step, rows=rows), labels, weight


def seed_dropout(state: TrainState, config: TrainConfig, step: int, rank: int = 0) -> None:
    """Seed torch's generators for what `step` drops, if the network drops anything."""
    if state.drops:
        torch.manual_seed(derived_seed(config.seed, DROPOUT, step, rank))


def set_learning_rate(
    optimizer: torch.optim.Optimizer, config: TrainConfig, step: int, total_steps: int
) -> None:
    """Give each group its share of the rate of `step`; a rate that is a tensor is filled."""
    rate = learning_rate(config, step, total_steps)
    for group in optimizer.param_groups:
        share = rate * group.get("factor", 1.0)
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(share)
        else:
            group["lr"] = share


def update_weights(
    state: TrainState,
    pixels: Tensor,
    labels: Tensor,
    *,
    begins: bool,
    weight: float = 1.0,
    replica: nn.Module | None = None,
    minimised: Minimised | None = None,
    counts: bool = False,
    mark: Callable[[], None] = no_mark,
) -> Tensor:
    """Go forward, backward and down the gradient. Nothing waits for the device.

    Args:
        state: changed in place.
        pixels: float32 (batch, ...), what the network takes.
        labels: int64 (batch,).
        begins: whether this is the run's first step, with which an average begins.
        weight: what the loss is multiplied with.
        replica: what to call for the model.
        minimised: what to go down; None for the loss that is returned.
        counts: whether right answers are counted.
        mark: called three times: after forward, backward and optimizer.

    Returns:
        The mean loss, a scalar; float32 (2,) with the number of right answers if `counts`. Both
        stay on the device.
    """
    outputs = forward(replica or state.model, pixels, state.precision)
    loss = objective(state.model, outputs, labels)
    descended = loss if minimised is None else minimised(outputs, labels)
    if weight != 1:
        loss, descended = loss * weight, descended * weight
    mark()
    state.optimizer.zero_grad(set_to_none=True)
    descended.backward()
    mark()
    state.optimizer.step()
    if state.average is not None:
        update_average(state.average, state.model, begins=begins)
    mark()
    if not counts:
        return loss.detach()
    right = (main_logits(outputs).argmax(dim=1) == labels).sum().float()
    return torch.stack([loss.detach(), right if weight else torch.zeros_like(right)])
