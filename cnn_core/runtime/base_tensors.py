"""The tensors that fine-tuning begins with, read from the file of weights on this machine."""

import torch
from torch import Tensor

from cnn_core.models.model_row import ModelRow
from cnn_core.models.registry import build_model
from cnn_core.models.weights import fitting_tensors
from cnn_core.results.config import TrainConfig
from cnn_core.runtime.picture_runs import base_weights
from cnn_core.settings import Settings


def base_tensors(
    settings: Settings, row: ModelRow, config: TrainConfig
) -> tuple[dict[str, Tensor] | None, dict[str, str]]:
    """Return the tensors under the network's names, and what the new file of weights says of them.

    The first is None in mode "scratch". The second is "base" (SHA-256 of the file, "" from
    scratch), "model", "mode", "head".

    Raises:
        WeightsError: there are none on this machine, or they lack the layers that are kept.
    """
    at_hand = base_weights(settings, row, config)
    told = {"base": at_hand.state.sha256, "model": row.id, "mode": config.mode}
    told["head"] = config.head
    if at_hand.path is None:
        return None, told
    with torch.device("meta"):
        whole = build_model(row.id, auxiliary=config.auxiliary > 0)
    base, _ = fitting_tensors(whole, row, at_hand.path)
    return base, told
