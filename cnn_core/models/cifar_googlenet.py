"""GoogLeNet for pictures of 32x32: another stem, the nine inception modules as they are.

The stem of 2014 leaves an eighth of each side before the first inception module, 4x4 of 32x32.
These leave 8x8 or 16x16. Modules are called as in torchvision's GoogLeNet.
"""

from functools import partial

import torch
from torch import Tensor, nn

from cnn_core.models.inception import AuxiliaryHead, ConvBatchNormReLU, inception

# Table 1 of Szegedy et al. (2015)
_WIDTHS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class CifarGoogLeNet(nn.Module):
    """3x3, pooling, 1x1, 3x3, pooling; then the inception modules, averages and one linear layer.

    Shapes: input float32 (batch, 3, 32, 32), normalised; output logits (batch, num_classes). In
    training mode the auxiliary heads are not asked either: that is for the stages
    (`models.stages`), which give their logits beside the main head's.

    Args:
        num_classes: how many outputs.
        auxiliary: whether it has the heads aux1 and aux2.
        side: of the maps before the first inception module, 8 or 16.
        share: of the paper's channels, that many times less: 1, 2, 4 or 8.

    >>> CifarGoogLeNet(share=8).eval()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self, *, num_classes: int = 10, auxiliary: bool = False, side: int = 8, share: int = 1
    ) -> None:
        super().__init__()
        width = 64 // share
        self.conv1 = ConvBatchNormReLU(3, width, kernel_size=3, padding=1)
        self.maxpool1 = nn.MaxPool2d(2)
        self.conv2 = ConvBatchNormReLU(width, width, kernel_size=1)
        self.conv3 = ConvBatchNormReLU(width, 3 * width, kernel_size=3, padding=1)
        self.maxpool2 = nn.MaxPool2d(2) if side == 8 else nn.Identity()
        channels = 3 * width
        inside = {}
        for name, widths in _WIDTHS.items():
            if name in ("4a", "5a"):
                pool = nn.MaxPool2d(3 if name == "4a" else 2, stride=2, ceil_mode=True)
                self.add_module(f"maxpool{int(name[0]) - 1}", pool)
            own = [width // share for width in widths]
            self.add_module(f"inception{name}", inception(channels, *own))
            channels = own[0] + own[2] + own[4] + own[5]
            inside[name] = channels
        if auxiliary:
            self.aux1 = AuxiliaryHead(inside["4a"], num_classes, share=share)
            self.aux2 = AuxiliaryHead(inside["4d"], num_classes, share=share)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (batch, num_classes) of normalised images (batch, 3, 32, 32)."""
        maps = images
        for name, module in self.named_children():
            if name == "avgpool":
                break
            if not name.startswith("aux"):
                maps = module(maps)
        logits: Tensor = self.fc(self.dropout(torch.flatten(self.avgpool(maps), 1)))
        return logits


cifar_8 = partial(CifarGoogLeNet, side=8)
cifar_16 = partial(CifarGoogLeNet, side=16)  # three times the work
cifar_small = partial(CifarGoogLeNet, share=2)
cifar_tiny = partial(CifarGoogLeNet, share=8)
