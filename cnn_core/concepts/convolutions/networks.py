"""The networks compared: LeNet-5, the same without sharing or with large kernels, and MLPs."""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from cnn_core.concepts.convolutions.plan import CNN, LARGE, LOCAL
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.concepts.convolutions.sizes import KERNEL, mlp_widths
from cnn_core.models.cpu_training import conv, conv_pool_relu
from cnn_core.models.lenet import LeNet5


class LocallyConnected2d(nn.Module):
    """A convolution without padding whose every place has weights and biases of its own.

    Weights start as those of `nn.Conv2d` do (uniform within 1 / sqrt(fan in)), drawn for each
    place. The pictures of a batch are the last axis throughout, so that what a place sees is
    gathered in whole rows. Shapes: float32 (side * side * in_channels, batch) to
    (places * out_channels, batch), places being (side - kernel + 1)**2; rows go by row of the
    picture, column, channel.

    >>> LocallyConnected2d(1, 6, kernel=5, side=28)(torch.zeros(28 * 28, 2)).shape
    torch.Size([3456, 2])
    """

    seen: Tensor

    def __init__(self, in_channels: int, out_channels: int, *, kernel: int, side: int) -> None:
        super().__init__()
        out_side = side - kernel + 1
        self.places, fan_in = out_side**2, in_channels * kernel**2
        bound = 1 / math.sqrt(fan_in)
        shape = (self.places, out_channels)
        self.weight = nn.Parameter(torch.empty(*shape, fan_in).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(*shape, 1).uniform_(-bound, bound))
        pixels = torch.arange(side * side).view(side, side)
        corners = pixels[:out_side, :out_side].reshape(-1, 1, 1)
        within = pixels[:kernel, :kernel].reshape(1, -1, 1)
        rows = (corners + within) * in_channels + torch.arange(in_channels)
        self.register_buffer("seen", rows.flatten(), persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Return what each place makes of the square it sees."""
        squares = rows.index_select(0, self.seen).view(self.places, -1, rows.shape[1])
        return torch.baddbmm(self.bias, self.weight, squares).flatten(0, 1)


class LocalLeNet(nn.Module):
    """LeNet-5 without weight sharing: as many multiply-accumulates, six times the parameters.

    >>> LocalLeNet()(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self) -> None:
        super().__init__()
        self.local1 = LocallyConnected2d(1, 6, kernel=KERNEL, side=28)
        self.local2 = LocallyConnected2d(6, 16, kernel=KERNEL, side=12)
        self.dense = _dense((256, 120, 84, 10))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (batch, 10) of normalised images (batch, 1, 28, 28)."""
        rows = images.flatten(1).t().contiguous()
        rows = F.relu(_pooled(self.local1(rows), side=24, channels=6))
        rows = F.relu(_pooled(self.local2(rows), side=8, channels=16))
        logits: Tensor = self.dense(rows.t())
        return logits


def _pooled(rows: Tensor, *, side: int, channels: int) -> Tensor:
    """Return the greatest of each 2x2 of rows laid out as `LocallyConnected2d` has them."""
    half = side // 2
    places = rows.view(half, 2, half, 2, channels, -1)
    upper = torch.maximum(places[:, 0, :, 0], places[:, 0, :, 1])
    lower = torch.maximum(places[:, 1, :, 0], places[:, 1, :, 1])
    return torch.maximum(upper, lower).flatten(0, 2)


class LargeKernelLeNet(nn.Module):
    """LeNet-5 with kernels of `side` pixels, padded so that every map is as large as with 5x5.

    In training on the CPU the layers take the forms of `models.cpu_training`, as `LeNet5` does.

    >>> LargeKernelLeNet(11)(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.padding = (side - KERNEL) // 2
        self.conv1 = nn.Conv2d(1, 6, side, padding=self.padding)
        self.conv2 = nn.Conv2d(6, 16, side, padding=self.padding)
        self.dense = _dense((256, 120, 84, 10))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (batch, 10) of normalised images (batch, 1, 28, 28)."""
        if self.training and images.device.type == "cpu":
            frame = (self.padding,) * 4
            maps = conv_pool_relu(F.pad(images, frame), self.conv1.weight, self.conv1.bias)
            maps = conv(F.pad(maps, frame), self.conv2.weight, self.conv2.bias)
        else:
            maps = self.conv2(F.relu(F.max_pool2d(self.conv1(images), 2)))
        logits: Tensor = self.dense(F.relu(F.max_pool2d(maps, 2)).flatten(1))
        return logits


def _dense(widths: tuple[int, ...]) -> nn.Sequential:
    """Return fully connected layers with ReLU between them."""
    layers: list[nn.Module] = []
    for incoming, outgoing in itertools.pairwise(widths):
        layers += [nn.Linear(incoming, outgoing), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def build(arm: str, settings: ConvolutionSettings) -> nn.Module:
    """Return an arm's network, its weights drawn from torch's generator, PyTorch's default way."""
    if arm == CNN:
        return LeNet5()
    if arm == LOCAL:
        return LocalLeNet()
    if arm == LARGE:
        return LargeKernelLeNet(settings.side)
    return nn.Sequential(nn.Flatten(), *_dense(mlp_widths(arm, settings.hidden)))
