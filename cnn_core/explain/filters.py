"""The kernels of a convolution, as numbers of their own."""

import numpy as np
from torch import nn

from cnn_core.errors import UnknownNameError
from cnn_core.explain.activations import named_layer
from cnn_core.models.lenet1998_layers import SparseConvolution
from cnn_core.results.inspection import Filters


def filters(model: nn.Module, layer: str) -> Filters:
    """Return a copy of a convolution's kernels, float32 (out, in / groups, height, width).

    The kernels of LeNet-5's sparse C3 are zero where maps are not connected.

    Raises:
        UnknownNameError: there is no such layer, or it has no kernels.

    >>> filters(nn.Sequential(nn.Conv2d(4, 6, 3, groups=2)), "0").kernels.shape
    (6, 2, 3, 3)
    """
    module = named_layer(model, layer)
    if isinstance(module, SparseConvolution):
        weight, groups = module.dense_weight(), 1
    elif isinstance(module, nn.Conv2d):
        weight, groups = module.weight, module.groups
    else:
        convolutions = [
            name
            for name, other in model.named_modules()
            if isinstance(other, nn.Conv2d | SparseConvolution)
        ]
        raise UnknownNameError(
            f"Only convolutions have kernels, but {layer!r} is a {type(module).__name__}.",
            hint=f"The convolutions are {', '.join(convolutions)}.",
        )
    kernels = np.array(weight.detach().cpu().numpy(), dtype=np.float32, copy=True)
    return Filters(layer=layer, kernels=kernels, groups=groups)
