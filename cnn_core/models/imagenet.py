"""torchvision's and timm's networks with random weights, built so that they can be looked into.

What they compute and how their parameters are called is unchanged; what changes is inside:

* nothing works in place: an activation that a hook has seen stays as it was;
* every ReLU is a module of its own and runs once, so that a hook on it is about one place (a
  ResNet's block reuses one, GoogLeNet's are a function inside a module).

Nothing is downloaded. Seed torch before for the same weights again.
"""

from typing import Any

import torchvision
from torch import Tensor, nn
from torchvision.models.googlenet import GoogLeNet
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from cnn_core.models.inception import (
    AUXILIARY_DROPOUT,
    AuxiliaryHead,
    ConvBatchNormReLU,
    inception,
)


def _not_in_place(network: nn.Module) -> nn.Module:
    for module in network.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
    return network


def alexnet(*, num_classes: int = 1000) -> nn.Module:
    """Return torchvision's AlexNet: one tower, 64-192-384-256-256 channels."""
    return _not_in_place(torchvision.models.alexnet(num_classes=num_classes))


def vgg16(*, num_classes: int = 1000) -> nn.Module:
    """Return torchvision's VGG-16, without batch normalisation."""
    return _not_in_place(torchvision.models.vgg16(num_classes=num_classes))


def squeezenet1_1(*, num_classes: int = 1000) -> nn.Module:
    """Return torchvision's SqueezeNet 1.1."""
    return _not_in_place(torchvision.models.squeezenet1_1(num_classes=num_classes))


def efficientnet_lite0(*, num_classes: int = 1000) -> nn.Module:
    """Return timm's EfficientNet-Lite0 with TensorFlow's padding (more right and below)."""
    import timm  # takes as long as torchvision; only this network needs it

    network: nn.Module = timm.create_model(
        "tf_efficientnet_lite0", pretrained=False, num_classes=num_classes
    )
    return _not_in_place(network)


def googlenet(*, num_classes: int = 1000, auxiliary: bool = False) -> nn.Module:
    """Return torchvision's GoogLeNet, with or without the auxiliary heads, which only training has.

    Its published weights want their input rescaled, from torchvision's normalisation to
    TensorFlow's (`transform_input`): torchvision sets that when it loads them, here it is always.
    """
    network: nn.Module = GoogLeNet(
        num_classes=num_classes,
        aux_logits=auxiliary,
        transform_input=True,
        init_weights=True,
        blocks=[ConvBatchNormReLU, inception, AuxiliaryHead],
        dropout_aux=AUXILIARY_DROPOUT,
    )
    return network


class _BasicBlock(BasicBlock):  # type: ignore[misc]
    """torchvision's, with a module for each ReLU and a sum that leaves its terms as they are."""

    def __init__(self, *sizes: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*sizes, **options)
        del self.relu
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        maps = self.relu1(self.bn1(self.conv1(x)))
        maps = self.bn2(self.conv2(maps))
        result: Tensor = self.relu2(maps + (self.downsample(x) if self.downsample else x))
        return result


class _Bottleneck(Bottleneck):  # type: ignore[misc]
    """The same for the block of three convolutions."""

    def __init__(self, *sizes: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*sizes, **options)
        del self.relu
        self.relu1, self.relu2, self.relu3 = nn.ReLU(), nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        maps = self.relu1(self.bn1(self.conv1(x)))
        maps = self.relu2(self.bn2(self.conv2(maps)))
        maps = self.bn3(self.conv3(maps))
        result: Tensor = self.relu3(maps + (self.downsample(x) if self.downsample else x))
        return result


def resnet18(*, num_classes: int = 1000) -> nn.Module:
    """Return torchvision's ResNet-18."""
    return _not_in_place(ResNet(_BasicBlock, [2, 2, 2, 2], num_classes=num_classes))


def resnet34(*, num_classes: int = 1000) -> nn.Module:
    """Return torchvision's ResNet-34."""
    return _not_in_place(ResNet(_BasicBlock, [3, 4, 6, 3], num_classes=num_classes))


def resnet50(*, num_classes: int = 1000) -> nn.Module:
    """Return torchvision's ResNet-50."""
    return _not_in_place(ResNet(_Bottleneck, [3, 4, 6, 3], num_classes=num_classes))
