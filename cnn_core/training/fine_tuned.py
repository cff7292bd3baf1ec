"""A network to fine-tune, before its first step: front frozen, new head, an optimizer by blocks."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from cnn_core.errors import ConfigError
from cnn_core.models.fine_tuning import (
    assemble,
    build_fine_tuned,
    validate_auxiliary,
    validate_fine_tuning,
)
from cnn_core.models.model_row import ModelRow
from cnn_core.models.stages import front_and_rest
from cnn_core.results.config import TrainConfig
from cnn_core.training.averaging import running_average
from cnn_core.training.memory import keep_freed_memory
from cnn_core.training.precision import compute_precision
from cnn_core.training.state import TrainState, build_optimizer


def new_fine_tuned_state(
    row: ModelRow,
    config: TrainConfig,
    *,
    num_classes: int,
    base: Mapping[str, Tensor] | None,
    device: torch.device,
    dropout: float | None = None,
) -> TrainState:
    """Return the state before the first step; `state.front` is the frozen part.

    New layers are drawn from `config.seed` alone. The network works on `base` itself where that is
    float32 on the CPU, and may change it.

    Args:
        row: of the registry, one of `fine_tuning.BACKBONES` or `fine_tuning.MADE_FOR_32`.
        config: with mode, head and the weight of auxiliary heads.
        num_classes: how many outputs.
        base: trained tensors under the network's names (`weights.fitting_tensors`); not looked at
            in mode "scratch".
        device: where the network goes.
        dropout: share of what the head takes that is dropped in training; None for the network's
            own.

    Raises:
        ConfigError: the network cannot be fine-tuned so, has no auxiliary heads to train, or there
            are no weights to begin with.
        WeightsError: the weights are not complete.
    """
    validate_fine_tuning(row, config.mode, config.head)
    validate_auxiliary(row, config.mode, config.auxiliary)
    network = _network(row, config, num_classes, base, dropout)
    network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    front, rest = front_and_rest(network, row.id, config.mode, config.head)
    blocks = tuple(
        (name, tuple(stage.parameters()))
        for name, stage in rest.parts
        if any(True for _ in stage.parameters())
    )
    fast = compute_precision(config.precision, device)
    state = TrainState(
        model=rest,
        optimizer=build_optimizer(rest, config, blocks),
        average=running_average(rest, config.averaging) if config.averaging else None,
        front=front,
        # a head alone is quick in float32: casting its weights would cost what it saves
        precision=torch.float32 if config.mode == "frozen" else fast,
        front_precision=fast,
        blocks=blocks,
        drops=any(isinstance(part, _DropoutNd) and part.p > 0 for part in rest.modules()),
    )
    keep_freed_memory(large=state.large)
    return state


def _network(
    row: ModelRow,
    config: TrainConfig,
    num_classes: int,
    base: Mapping[str, Tensor] | None,
    dropout: float | None,
) -> nn.Module:
    auxiliary = config.auxiliary > 0
    if config.mode == "scratch":
        torch.manual_seed(config.seed)
        return build_fine_tuned(
            row, head=config.head, num_classes=num_classes, auxiliary=auxiliary, dropout=dropout
        )
    if base is None:
        raise ConfigError(
            f"There are no weights of {row.title} to begin with.",
            hint="Fetch them, choose another network, or train from scratch (mode scratch).",
        )
    return assemble(
        row,
        head=config.head,
        num_classes=num_classes,
        base=base,
        seed=config.seed,
        auxiliary=auxiliary,
        dropout=dropout,
    )
