"""One optimizer step: gather, normalise, forward, backward, update."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cnn_core.results.config import TrainConfig
from cnn_core.training.augment import augment
from cnn_core.training.distributed import ALONE, World
from cnn_core.training.objective import objective
from cnn_core.training.schedule import learning_rate
from cnn_core.training.state import TrainState, derived_seed
from cnn_core.training.tensors import Examples, normalise

_ORDER, _AUGMENT = 1, 2  # streams of derived_seed


def epoch_order(examples: Examples, config: TrainConfig, epoch: int) -> Tensor:
    """Return the order of the training images, int64 (N,), decided by seed and epoch alone."""
    generator = torch.Generator().manual_seed(derived_seed(config.seed, _ORDER, epoch))
    return torch.randperm(len(examples), generator=generator).to(examples.labels.device)


def train_step(
    state: TrainState,
    examples: Examples,
    indices: Tensor,
    config: TrainConfig,
    *,
    step: int,
    total_steps: int,
    mark: Callable[[], None],
    world: World = ALONE,
    replica: nn.Module | None = None,
) -> Tensor:
    """Take a step on the images at `indices`; return the mean loss, still on the device.

    `mark` is called five times: before the data, and after data, forward, backward and optimizer.
    In a `world` of several processes each takes its shard of the batch through its `replica`; the
    mean over the processes of what they return is the mean loss.
    """
    mark()
    rows, weight = world.shard(len(indices))
    own = indices[rows]
    images = examples.images.index_select(0, own)
    labels = examples.labels.index_select(0, own)
    if config.shift or config.resamples:
        draw = torch.Generator().manual_seed(derived_seed(config.seed, _AUGMENT, step))
        images = augment(
            images,
            shift=config.shift,
            rotation=config.rotation,
            scale=config.scale,
            shear=config.shear,
            generator=draw,
            rows=rows,
            batch_size=len(indices),
        )
    pixels = normalise(images, examples)
    mark()
    loss = objective(state.model, (replica or state.model)(pixels), labels)
    if weight != 1:
        loss = loss * weight
    mark()
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    mark()
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(config, step, total_steps)
    state.optimizer.step()
    if state.average is not None:
        state.average.update_parameters(state.model)
    mark()
    return loss.detach()
