"""How large the gradient is in each block before the first step, and by which way it came there.

The loss is the mean cross-entropy over one batch; BatchNorm takes the batch's statistics. All
norms are Euclidean. `weights` is that of the gradient with respect to the weights of a block's two
convolutions, biases left out; the others are of the gradient with respect to the block's input,
all examples of the batch together: what comes by the identity, what comes through the branch, and
the sum of the two, which is what the block before it receives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from cnn_core.concepts.residual.networks import Block, SmallResNet


@dataclass(frozen=True, kw_only=True)
class BlockGradient:
    """Norms of a block's gradient; `identity` is 0 in a plain network."""

    weights: float
    identity: float
    branch: float
    arriving: float


def block_gradients(
    net: SmallResNet, pixels: Tensor, labels: Tensor
) -> tuple[float, tuple[BlockGradient, ...]]:
    """Return the loss and each block's gradient, from the first block to the last.

    The network's weights, their `grad` and its mode stay as they are; BatchNorm's running
    statistics take in the batch.

    Args:
        net: in training mode.
        pixels: float32 (batch, channels, height, width), normalised.
        labels: int64 (batch,).
    """
    maps = net.stem(pixels)
    ways: list[Tensor] = []
    for each in net.blocks:
        block = cast(Block, each)
        by_identity, by_branch = maps.clone(), maps.clone()
        ways += [by_identity, by_branch]
        summed = block.branch(by_branch)
        if block.has_shortcut:
            summed = summed + block.identity(by_identity)
        maps = F.relu(summed)
    loss = F.cross_entropy(net.top(maps), labels)
    weights = [
        layer.weight
        for each in net.blocks
        for layer in (cast(Block, each).conv1, cast(Block, each).conv2)
    ]
    found = torch.autograd.grad(loss, [*ways, *weights], allow_unused=True)
    gradients = [None if each is None else each.double() for each in found]
    came, learned = gradients[: len(ways)], gradients[len(ways) :]
    return loss.item(), tuple(
        _block_gradient(came[place : place + 2], learned[place : place + 2])
        for place in range(0, len(ways), 2)
    )


def _block_gradient(
    came: Sequence[Tensor | None], learned: Sequence[Tensor | None]
) -> BlockGradient:
    identity, branch = (torch.zeros(()) if each is None else each for each in came)
    return BlockGradient(
        weights=sum(float(each.square().sum()) for each in learned if each is not None) ** 0.5,
        identity=float(identity.norm()),
        branch=float(branch.norm()),
        arriving=float((identity + branch).norm()),
    )
