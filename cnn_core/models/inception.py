"""The parts of GoogLeNet (Szegedy et al. 2015), with batch normalisation, built to be looked into.

Names and sums are torchvision's; every ReLU is a module of its own that runs once and not in place.
"""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torchvision.models.googlenet import Inception

AUXILIARY_DROPOUT = 0.7  # section 5: before the last layer of an auxiliary head


class ConvBatchNormReLU(nn.Module):
    """torchvision's `BasicConv2d` of GoogLeNet with its ReLU as a module."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **options)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)
        self.relu = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """Return relu(bn(conv(maps)))."""
        result: Tensor = self.relu(self.bn(self.conv(maps)))
        return result


class AuxiliaryHead(nn.Module):
    """A classifier on maps from the middle of the network, for training alone (section 5).

    Averages to 4x4, 1x1 convolution, a hidden layer and the classes. The paper averages windows of
    5x5 with stride 3, which at its size of input gives the same 4x4 places.

    Args:
        in_channels: of the maps.
        num_classes: how many outputs.
        conv_block: as torchvision calls it; ours or its own.
        dropout: before the last layer.
        share: of the paper's 128 and 1,024 channels, that many times less.

    >>> import torch
    >>> AuxiliaryHead(8, 10, share=8)(torch.zeros(2, 8, 7, 7)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        conv_block: type[nn.Module] | None = None,
        dropout: float = AUXILIARY_DROPOUT,
        *,
        share: int = 1,
    ) -> None:
        super().__init__()
        self.conv = (conv_block or ConvBatchNormReLU)(in_channels, 128 // share, kernel_size=1)
        self.fc1 = nn.Linear(128 // share * 4 * 4, 1024 // share)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.fc2 = nn.Linear(1024 // share, num_classes)

    def forward(self, maps: Tensor) -> Tensor:
        """Return logits (batch, num_classes) of maps (batch, in_channels, height, width)."""
        units = self.conv(F.adaptive_avg_pool2d(maps, (4, 4))).flatten(1)
        logits: Tensor = self.fc2(self.dropout(self.relu(self.fc1(units))))
        return logits


def inception(in_channels: int, *widths: int) -> nn.Module:
    """Return torchvision's inception module (figure 2b, with 3x3 where the paper has 5x5).

    Args:
        in_channels: of the maps that come in.
        widths: of table 1: 1x1, 3x3 reduced, 3x3, 5x5 reduced, 5x5, projection after pooling.
    """
    module: nn.Module = Inception(in_channels, *widths, conv_block=ConvBatchNormReLU)
    return module
