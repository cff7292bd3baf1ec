"""The running average of the weights, moved on by one step without a look at the device."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def running_average(model: nn.Module, decay: float) -> AveragedModel:
    """Return an average of `model`'s weights that keeps `decay` of the past a step."""
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))


@torch.no_grad()
def update_average(average: AveragedModel, model: nn.Module, *, begins: bool) -> None:
    """Do what `AveragedModel.update_parameters` does, bit for bit.

    It asks its counter whether this is the first update; on a GPU that waits for the device, and
    cannot be captured.

    Args:
        average: made by `running_average`; changed in place.
        model: the network as the step left it.
        begins: whether this is the first update, which copies the weights.
    """
    kept, latest = list(average.module.parameters()), list(model.parameters())
    if begins:
        _copy(kept, latest)
    elif average.multi_avg_fn is not None:
        average.multi_avg_fn(kept, latest, average.n_averaged)  # type: ignore[arg-type]
    _copy(list(average.module.buffers()), list(model.buffers()))
    average.n_averaged += 1


def _copy(kept: Sequence[Tensor], latest: Sequence[Tensor]) -> None:
    for old, new in zip(kept, latest, strict=True):
        old.copy_(new)
