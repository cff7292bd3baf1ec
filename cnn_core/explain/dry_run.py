"""Run a network's code without its numbers: a twin on torch's "meta" device has shapes only.

The twin is private to the call, so that hooks on it touch nothing that is shared; nothing is
computed and no memory is taken for maps.
"""

import copy
from collections import OrderedDict

import torch
from torch import Tensor, nn


def shapes_only(model: nn.Module) -> nn.Module:
    """Return a copy of the network in evaluation mode whose tensors have shapes but no numbers.

    The copy has none of the forward hooks that the network has just now (another thread's).
    """
    memo: dict[int, object] = {}
    for parameter in model.parameters():
        empty = torch.empty_like(parameter, device="meta")
        memo[id(parameter)] = nn.Parameter(empty, requires_grad=False)
    for buffer in model.buffers():
        memo[id(buffer)] = torch.empty_like(buffer, device="meta")
    for module in model.modules():
        memo[id(module._forward_hooks)] = OrderedDict()
    return copy.deepcopy(model, memo).eval()


def empty_picture(model: nn.Module, input_shape: tuple[int, int, int]) -> Tensor:
    """Return a (1, C, H, W) tensor without numbers, of the network's dtype."""
    dtype = next((parameter.dtype for parameter in model.parameters()), torch.float32)
    return torch.empty((1, *input_shape), dtype=dtype, device="meta")
