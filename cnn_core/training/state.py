"""Everything that a training run is at one moment, and nothing that can be computed from it.

All randomness of the loop is a function of seed and step: the order of an epoch and the
augmentation of a step are seeded afresh (`derived_seed`), so a checkpoint holds no generator, and a
run resumed at any step draws what it would have drawn. (A network with dropout, which draws from
torch's own generator, would have to be seeded so too.)
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from cnn_core.models.registry import build_model
from cnn_core.results.config import TrainConfig
from cnn_core.training.averaging import running_average
from cnn_core.training.memory import keep_freed_memory


@dataclass(kw_only=True)
class Progress:
    """The scalars of a run: what a checkpoint keeps beside tensors.

    Attributes:
        step: optimizer steps taken.
        epoch: epochs completed.
        loss_sum: sum over the current epoch's images of their training loss.
        epoch_seconds: training time of the current epoch.
        train_seconds: training time over all legs.
        elapsed_seconds: time over all legs, with evaluation and checkpoints.
        images_seen: over all legs.
        best_epoch: the epoch that was best on validation, 0 before the first.
        best_accuracy: its validation accuracy, 0 to 1; -1 before the first.
        best_loss: its validation loss.
    """

    step: int = 0
    epoch: int = 0
    loss_sum: float = 0.0
    epoch_seconds: float = 0.0
    train_seconds: float = 0.0
    elapsed_seconds: float = 0.0
    images_seen: int = 0
    best_epoch: int = 0
    best_accuracy: float = -1.0
    best_loss: float = float("inf")


@dataclass(kw_only=True)
class TrainState:
    """A network in training; `fit` moves it on, and it is whole whenever `fit` has yielded.

    Attributes:
        average: the running average of the model's weights, None without averaging.
        best_weights: state dict (on the CPU) of the best epoch by validation, empty before the
            first.
        test_logits: float32 (N, classes) of the test set once it has been looked at.
        diverged_at: the step whose loss was not finite, else 0. From then on the state is of no
            step and not to be saved to resume from.
        stop: set by whoever drives `fit` to end it after the event just yielded.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    average: AveragedModel | None = None
    progress: Progress = field(default_factory=Progress)
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    test_logits: Tensor | None = None
    diverged_at: int = 0
    stop: bool = False

    @property
    def scored(self) -> nn.Module:
        """The network that is validated, tested and kept: the average if there is one."""
        return self.model if self.average is None else self.average.module


def derived_seed(*numbers: int) -> int:
    """Return a 63-bit seed that depends on all the numbers, mixed so that neighbours are unrelated.

    >>> derived_seed(0, 1) != derived_seed(1, 0)
    True
    """
    words = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))


def build_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Return the optimizer that `config` names, fused where torch has it (CPU and CUDA).

    On a GPU its learning rate is a tensor there, to be filled (`step.set_learning_rate`), so that
    a CUDA graph reads it anew each step.
    """
    device = next(model.parameters()).device
    on_gpu = device.type == "cuda"
    rate: float | Tensor = config.learning_rate
    if on_gpu:
        rate = torch.tensor(config.learning_rate, dtype=torch.float32, device=device)
    decay = config.weight_decay
    if config.optimizer == "adam":
        return torch.optim.Adam(
            model.parameters(), lr=rate, weight_decay=decay, fused=True, capturable=on_gpu
        )
    return torch.optim.SGD(
        model.parameters(), lr=rate, momentum=0.9, nesterov=True, weight_decay=decay, fused=True
    )


def new_state(
    model_name: str, config: TrainConfig, *, num_classes: int, device: torch.device
) -> TrainState:
    """Return the state before the first step: weights drawn from `config.seed` alone."""
    keep_freed_memory()
    torch.manual_seed(config.seed)
    model = build_model(model_name, num_classes=num_classes)
    # channels_last: oneDNN and cuDNN convolve in this layout without reordering every batch
    model = model.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = None
    if config.averaging:
        average = running_average(model, config.averaging)
    return TrainState(model=model, optimizer=build_optimizer(model, config), average=average)


def weights_on_cpu(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the model's state dict on the CPU, contiguous, aliasing nothing."""
    return {
        name: tensor.detach().to("cpu", copy=True).contiguous()
        for name, tensor in model.state_dict().items()
    }
