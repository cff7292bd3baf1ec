"""Run a network's code on a batch of no pictures: every shape comes about, nothing is computed.

The run is that of a twin, which shares the weights and nothing else, so that its hooks touch no
network that others use.
"""

import copy
from collections import OrderedDict

import torch
from torch import Tensor, nn


def twin(model: nn.Module) -> nn.Module:
    """Return a copy of the network in evaluation mode, with the very same weights and no hooks.

    >>> network = nn.Sequential(nn.Linear(2, 3))
    >>> twin(network)[0] is network[0], twin(network)[0].weight is network[0].weight
    (False, True)
    """
    memo: dict[int, object] = {}
    for tensor in (*model.parameters(), *model.buffers()):
        memo[id(tensor)] = tensor
    for module in model.modules():
        # Hooks of just now are another's: another thread may be putting them there.
        memo[id(module._forward_hooks)] = OrderedDict()
    return copy.deepcopy(model, memo).eval()


def no_pictures(model: nn.Module, input_shape: tuple[int, int, int]) -> Tensor:
    """Return an empty batch (0, C, H, W) of the network's dtype, where the network is."""
    weights = next(model.parameters(), torch.empty(0))
    return torch.empty((0, *input_shape), dtype=weights.dtype, device=weights.device)
