"""Published errors on ImageNet's validation pictures, and what was measured how. Free of torch.

Two tables that must not be mixed: what one network scores on one crop of each picture, with the
weights that can be had (torchvision's); and what papers and contests quote, which are mostly
several networks on many crops, averaged.
"""

from dataclasses import dataclass

SOURCE = "torchvision's weight metadata (IMAGENET1K_V1)"
MEASURED = "one network, the middle crop of 224×224 of each of 50,000 validation pictures"


@dataclass(frozen=True, kw_only=True)
class OneCrop:
    """Errors of one network on one crop, in percent."""

    top1: float
    top5: float


ONE_CROP = {
    "alexnet": OneCrop(top1=43.478, top5=20.934),
    "vgg16": OneCrop(top1=28.408, top5=9.618),
    "googlenet": OneCrop(top1=30.222, top5=10.470),
    "resnet18": OneCrop(top1=30.242, top5=10.922),
    "resnet34": OneCrop(top1=26.686, top5=8.580),
    "resnet50": OneCrop(top1=23.870, top5=7.138),
    "squeezenet1_1": OneCrop(top1=41.822, top5=19.376),
}
"""Of the registry's networks, those that torchvision publishes weights and errors of."""


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """An error as a paper states it.

    Attributes:
        network: as the paper calls it.
        top5: error in percent.
        how: what was measured: how many networks, crops, pictures.
        source: where it stands.
    """

    network: str
    top5: float
    how: str
    source: str


QUOTED = (
    Quoted(
        network="AlexNet, ILSVRC 2012 (winner)",
        top5=15.3,
        how="7 networks averaged, 10 crops each; test pictures; 2 of the 7 had also learned from "
        "ImageNet's 22,000 classes",
        source="Krizhevsky, Sutskever, Hinton (2012), table 2",
    ),
    Quoted(
        network="AlexNet, one network",
        top5=18.2,
        how="1 network, 10 crops; validation pictures",
        source="Krizhevsky, Sutskever, Hinton (2012), table 2",
    ),
    Quoted(
        network="VGG, ILSVRC 2014 (second place)",
        top5=7.3,
        how="7 networks averaged, at several sizes of picture; test pictures",
        source="Simonyan, Zisserman (2015), table 7",
    ),
    Quoted(
        network="GoogLeNet, ILSVRC 2014 (winner)",
        top5=6.67,
        how="7 networks averaged, 144 crops each; test pictures",
        source="Szegedy et al. (2015), tables 2 and 3",
    ),
    Quoted(
        network="GoogLeNet, one network",
        top5=10.07,
        how="1 network, 1 crop; validation pictures",
        source="Szegedy et al. (2015), table 3",
    ),
    Quoted(
        network="ResNet, ILSVRC 2015 (winner)",
        top5=3.57,
        how="6 networks averaged, at several sizes of picture; test pictures",
        source="He, Zhang, Ren, Sun (2016), table 5",
    ),
)
"""What is often quoted beside each other, with what was measured."""
