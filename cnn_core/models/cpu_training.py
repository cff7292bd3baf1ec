"""LeNet-5's convolutional layers in the forms whose training a CPU takes soonest.

torch's max pooling and oneDNN's convolutions go by vectors of eight or sixteen channels; with one
and six channels they take most of a step. Two rearrangements compute the same numbers sooner:

* `conv_pool_relu`: the four places of a 2x2 pool become four times the channels of one convolution
  with stride 2, whose kernel is the given one at four offsets in a frame one pixel larger. The
  maximum is then taken over whole planes at a time.
* `conv`: the gradient for the input is taken channels first and that for the weights channels
  last, each in the layout in which oneDNN is faster at it.

Equal to the plain layers up to the order of additions, which a test holds; deterministic. Used in
training on the CPU alone: everything else runs the plain layers, whose hooks see every map.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812


def conv_pool_relu(images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return relu(max_pool2d(conv2d(images, weight, bias), 2)).

    Args:
        images: float (batch, channels, H, W); H and W less the kernel's side are odd (28 - 5).
        weight: float (maps, channels, side, side).
        bias: float (maps,), or None.

    Returns:
        float (batch, maps, (H - side + 1) / 2, (W - side + 1) / 2), contiguous.
    """
    count, channels, side, _ = weight.shape
    offsets = [(row, column) for row in (0, 1) for column in (0, 1)]
    frames = torch.stack([F.pad(weight, (c, 1 - c, r, 1 - r)) for r, c in offsets])
    frames = frames.flatten().view(4 * count, channels, side + 1, side + 1)  # strides as written
    biases = None if bias is None else bias.repeat(4)
    places = F.conv2d(images.contiguous(), frames, biases, stride=2).contiguous()
    # as an image of 2x2 pixels with a channel for each map and place
    pools = places.view(len(images), 2, 2, -1).permute(0, 3, 1, 2)
    # permuted back before it is viewed, or its gradient is taken for another layout and copied
    pooled = F.max_pool2d(pools, 2).permute(0, 2, 3, 1)
    return F.relu(pooled.view(len(images), count, *places.shape[2:]))


def conv(maps: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return conv2d(maps, weight, bias), channels last; differentiable once.

    Args:
        maps: float (batch, channels, H, W).
        weight: float (maps, channels, side, side).
        bias: float (maps,), or None.
    """
    out: Tensor = _Conv.apply(maps, weight, bias)
    return out


class _Conv(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        maps: Tensor,
        weight: Tensor,
        bias: Tensor | None,
    ) -> Tensor:
        last = maps.contiguous(memory_format=torch.channels_last)
        ctx.save_for_backward(maps.contiguous(), last, weight)
        return F.conv2d(last, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ANN401
        first, last, weight = ctx.saved_tensors
        for_maps, _, _ = _gradients(
            grad.contiguous(), first, weight.contiguous(), [True, False, False]
        )
        grad = grad.contiguous(memory_format=torch.channels_last)
        wanted = [False, True, ctx.needs_input_grad[2]]
        _, for_weight, for_bias = _gradients(grad, last, weight, wanted)
        return for_maps, for_weight, for_bias


def _gradients(
    grad: Tensor, maps: Tensor, weight: Tensor, wanted: list[bool]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients for maps, weight and bias; those not `wanted` are undefined."""
    gradients: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(
        grad, maps, weight, [len(weight)], [1, 1], [0, 0], [1, 1], False, [0, 0], 1, wanted
    )
    return gradients
