"""Everything that a training run is at one moment, and nothing that can be computed from it.

All randomness of the loop is a function of seed and step: the order of an epoch and the
augmentation of a step are seeded afresh (`derived_seed`), so a checkpoint holds no generator, and a
run resumed at any step draws what it would have drawn. Dropout draws from torch's own generator,
which is seeded anew for each step of a network that has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from cnn_core.models.optimizers import SGD, Adam, AdamW
from cnn_core.models.registry import build_model
from cnn_core.results.config import TrainConfig
from cnn_core.training.averaging import running_average
from cnn_core.training.memory import keep_freed_memory

LARGE = 50_000_000  # parameters

_ADAMS: dict[str, type[torch.optim.Adam]] = {"adam": Adam, "adamw": AdamW}

HEAD_STAGES = ("pool", "hidden", "head")
"""The stages (`models.stages`) that are not of the backbone."""


@dataclass(kw_only=True)
class Progress:
    """The scalars of a run: what a checkpoint keeps beside tensors.

    Attributes:
        step: optimizer steps taken.
        epoch: epochs completed.
        loss_sum: sum over the current epoch's images of their training loss.
        right_sum: how many of the current epoch's images were right as they were trained on, where
            that is counted.
        epoch_seconds: training time of the current epoch.
        train_seconds: training time over all legs.
        elapsed_seconds: time over all legs, with evaluation and checkpoints.
        images_seen: over all legs.
        best_epoch: the epoch that was best on validation, 0 before the first.
        best_accuracy: its validation accuracy, 0 to 1; -1 before the first.
        best_loss: its validation loss.
        best_auroc: its macro-averaged AUROC, 0 to 1, where the best epoch goes by it; else -1.
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
    right_sum: int = 0
    best_auroc: float = -1.0


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
        front: fine-tuning alone: the frozen part that comes before `model` (empty where nothing is
            frozen), on the device; else None.
        precision: what the model computes in; torch.bfloat16 is mixed precision.
        front_precision: likewise of the front.
        blocks: fine-tuning alone: names and parameters of the blocks of `model`, the head last.
        drops: whether the model has dropout, and torch's generator is seeded for each step.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    average: AveragedModel | None = None
    progress: Progress = field(default_factory=Progress)
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    test_logits: Tensor | None = None
    diverged_at: int = 0
    stop: bool = False
    front: nn.Module | None = None
    precision: torch.dtype = torch.float32
    front_precision: torch.dtype = torch.float32
    blocks: tuple[tuple[str, tuple[nn.Parameter, ...]], ...] = ()
    drops: bool = False

    @property
    def scored(self) -> nn.Module:
        """The network that is validated, tested and kept: the average if there is one."""
        return self.model if self.average is None else self.average.module

    @property
    def large(self) -> bool:
        """Whether the model is too large to be copied in passing: above 50 million parameters."""
        return sum(p.numel() for p in self.model.parameters()) > LARGE


def build_optimizer(
    model: nn.Module,
    config: TrainConfig,
    blocks: Sequence[tuple[str, Sequence[nn.Parameter]]] = (),
) -> torch.optim.Optimizer:
    """Return the optimizer that `config` names, fused where torch has it (CPU and CUDA).

    On a GPU its learning rate is a tensor there, to be filled (`step.set_learning_rate`), so that
    a CUDA graph reads it anew each step.

    Args:
        model: what is trained.
        config: names optimizer, rate and decay.
        blocks: the model's blocks in their order, the head last: each block has a group of its own,
            whose rate is that of the next one times `config.backbone_rate` (`rate_factors`; in mode
            "scratch" all have the full rate: none knows anything yet); layers of the head
            ("hidden", "head") share one rate. () for one group.
    """
    device = next(model.parameters()).device
    on_gpu = device.type == "cuda"

    def rate(factor: float) -> float | Tensor:
        if on_gpu:
            return torch.tensor(config.learning_rate * factor, dtype=torch.float32, device=device)
        return config.learning_rate * factor

    groups: Any = model.parameters()
    if blocks:
        rates = (config.backbone_rate, config.last_block_rate)
        factors = rate_factors(
            [name for name, _ in blocks], *((1.0,) if config.mode == "scratch" else rates)
        )
        groups = [
            {"params": list(parameters), "lr": rate(factor), "factor": factor}
            for (_, parameters), factor in zip(blocks, factors, strict=True)
        ]
    decay = config.weight_decay
    if config.optimizer in _ADAMS:
        return _ADAMS[config.optimizer](
            groups, lr=rate(1.0), weight_decay=decay, fused=True, capturable=on_gpu
        )
    return SGD(groups, lr=rate(1.0), momentum=0.9, nesterov=True, weight_decay=decay, fused=True)


def rate_factors(blocks: Sequence[str], decay: float, last_block: float = 0.0) -> list[float]:
    """Return each block's share of the learning rate (Howard & Ruder 2018, section 3.2).

    Args:
        blocks: names of stages, in their order.
        decay: from one block of the backbone to the one before it.
        last_block: share of the last block of the backbone; 0: `decay`.

    >>> rate_factors(["block4", "block5", "hidden", "head"], 0.5)
    [0.25, 0.5, 1.0, 1.0]
    >>> rate_factors(["layer3", "layer4", "head"], 0.5, last_block=0.1)
    [0.05, 0.1, 1.0]
    """
    backbone = sum(name not in HEAD_STAGES for name in blocks)
    before_head = [backbone - place for place in range(len(blocks))]  # 1: the last block
    if not last_block:
        return [decay ** max(0, way) for way in before_head]
    return [last_block * decay ** (way - 1) if way > 0 else 1.0 for way in before_head]


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
