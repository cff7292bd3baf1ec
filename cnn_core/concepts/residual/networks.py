"""The residual network for small pictures of He et al. 2016, section 4.2, and its plain twin.

A 3x3 convolution, three stages of n blocks with two 3x3 convolutions each (6n + 2 layers with the
last, fully connected one), mean over the last maps. A stage after the first begins with stride 2
and doubles the channels. Shortcuts have no weights (option A): the identity, at the begin of a
stage every second pixel with channels of noughts appended. So a plain and a residual network have
the same parameters, and of one seed the same weights to begin with.

Where the paper has 16 channels at 32x32 pixels, the experiment takes fewer at 16x16: for time.
"""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from cnn_core.concepts.residual.arms import Arm
from cnn_core.concepts.training import drawn_by


class Block(nn.Module):
    """Two convolutions (the branch) and, with `shortcut`, the identity that is added to them.

    Args:
        channels: of input and output; from one to the other they are equal or more.
        stride: 1, or 2 at the begin of a stage.
        shortcut: whether the input is added (He et al. 2016, equation 1).
        norm: whether BatchNorm follows each convolution, which then has no bias.
    """

    def __init__(
        self, channels: tuple[int, int], *, stride: int, shortcut: bool, norm: bool
    ) -> None:
        super().__init__()
        before, after = channels
        self.stride, self.more, self.has_shortcut = stride, after - before, shortcut
        self.conv1 = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=not norm)
        self.norm1 = nn.BatchNorm2d(after) if norm else nn.Identity()
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=not norm)
        self.norm2 = nn.BatchNorm2d(after) if norm else nn.Identity()

    def branch(self, maps: Tensor) -> Tensor:
        """Return F(x), float32 (batch, channels, height, width), before the sum."""
        result: Tensor = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(maps)))))
        return result

    def identity(self, maps: Tensor) -> Tensor:
        """Return x as it is added: every `stride`-th pixel, with noughts for new channels."""
        if self.stride > 1:
            maps = maps[:, :, :: self.stride, :: self.stride]
        return F.pad(maps, (0, 0, 0, 0, 0, self.more)) if self.more else maps

    def forward(self, maps: Tensor) -> Tensor:
        """Return relu(F(x) + x), or relu(F(x)) without a shortcut."""
        if self.has_shortcut:
            return F.relu(self.branch(maps) + self.identity(maps))
        return F.relu(self.branch(maps))


class SmallResNet(nn.Module):
    """The network of `arm`, with the weights that torch draws for it.

    Args:
        arm: shortcut, BatchNorm and initialisation.
        depth: layers with weights, 6n + 2.
        width: channels of the first stage.
        in_channels: 1 or 3.
        num_classes: outputs.

    >>> import torch
    >>> net = SmallResNet(Arm("residual", "bn", "he"), 8, width=4, in_channels=1)
    >>> net(torch.zeros(2, 1, 16, 16)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self, arm: Arm, depth: int, *, width: int, in_channels: int, num_classes: int = 10
    ) -> None:
        super().__init__()
        norm, shortcut = arm.norm == "bn", arm.shortcut != "plain"
        self.conv = nn.Conv2d(in_channels, width, 3, padding=1, bias=not norm)
        self.norm = nn.BatchNorm2d(width) if norm else nn.Identity()
        blocks, before = [], width
        for stage in range(3):
            for place in range((depth - 2) // 6):
                channels = (before, width << stage)
                stride = 2 if stage and not place else 1
                blocks.append(Block(channels, stride=stride, shortcut=shortcut, norm=norm))
                before = channels[1]
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(before, num_classes)
        _initialise(self, arm)

    def stem(self, pixels: Tensor) -> Tensor:
        """Return the first convolution's maps."""
        return F.relu(self.norm(self.conv(pixels)))

    def top(self, maps: Tensor) -> Tensor:
        """Return logits (batch, classes) of the last block's maps."""
        result: Tensor = self.head(maps.mean(dim=(2, 3)))
        return result

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits, float32 (batch, classes), of normalised pixels (batch, channels, h, w)."""
        maps = self.stem(pixels)
        for block in self.blocks:
            maps = block(maps)
        return self.top(maps)


def _initialise(net: SmallResNet, arm: Arm) -> None:
    """Draw the convolutions' weights anew for "he"; for "zero", have every branch begin at nought.

    "he": He et al. 2015, equation 10, variance 2 / (9 times the input channels), biases 0.
    "default": PyTorch's, variance 1 / (3 times those), biases too. The last layer is PyTorch's.
    "zero": the last BatchNorm's factor of each branch (Goyal et al. 2017, section 5.1), or without
    BatchNorm the last convolution (Zhang et al. 2019, "Fixup", section 3) is 0.
    """
    if arm.init == "he":
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
    if arm.shortcut == "zero":
        for each in net.blocks:
            block = cast(Block, each)
            last = block.conv2 if arm.norm == "none" else block.norm2
            for parameter in last.parameters():
                nn.init.zeros_(parameter)


def drawn_network(
    arm: Arm, depth: int, *, width: int, in_channels: int, num_classes: int, seed: int
) -> SmallResNet:
    """Return the network with weights decided by `seed`; torch's own generator stays as it was."""
    with drawn_by(seed):
        return SmallResNet(
            arm, depth, width=width, in_channels=in_channels, num_classes=num_classes
        )
