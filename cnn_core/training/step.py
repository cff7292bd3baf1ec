"""One optimizer step: gather, normalise, forward, backward, update."""

from collections.abc import Callable

import torch
from torch import Tensor

from cnn_core.results.config import TrainConfig
from cnn_core.training.augment import augment
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
) -> Tensor:
    """Take a step on the images at `indices`; return the mean loss, still on the device.

    `mark` is called five times: before the data, and after data, forward, backward and optimizer.
    """
    mark()
    images = examples.images.index_select(0, indices)
    labels = examples.labels.index_select(0, indices)
    if config.shift or config.resamples:
        draw = torch.Generator().manual_seed(derived_seed(config.seed, _AUGMENT, step))
        images = augment(
            images,
            shift=config.shift,
            rotation=config.rotation,
            scale=config.scale,
            shear=config.shear,
            generator=draw,
        )
    pixels = normalise(images, examples)
    mark()
    loss = objective(state.model, state.model(pixels), labels)
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
