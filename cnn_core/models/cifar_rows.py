"""The registry's rows of networks for pictures of 32x32, made to be trained from scratch.

No trained weights of them are published: they stand for something once a run has trained them.
"""

from dataclasses import replace

from cnn_core.models.model_row import ModelRow

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
"""Of CIFAR-10's training pictures, by channel, of pixels from 0 to 1."""

_SZEGEDY_2015 = (
    "Szegedy et al. (2015), Going deeper with convolutions, CVPR, arXiv:1409.4842 (with batch "
    "normalisation, 3x3 where the paper has 5x5, and a stem for 32x32)"
)


def _row(row_id: str, title: str, builder: str, parameters: int) -> ModelRow:
    return ModelRow(
        id=row_id,
        title=title,
        builder=f"cnn_core.models.cifar_googlenet:{builder}",
        input_size=32,
        resize=32,
        channels=3,
        mean=MEAN,
        std=STD,
        classes="cifar10",
        parameters=parameters,
        layers=(
            *("conv1.conv", "conv2.conv", "conv3.conv"),
            *(
                f"inception{name}"
                for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
            ),
        ),
        head="fc.",
        licence="Apache-2.0; its inception modules are torchvision's (BSD-3-Clause)",
        citation=_SZEGEDY_2015,
        auxiliary=("aux1.", "aux2."),
    )


CIFAR_ROWS = (
    _row("googlenet-cifar", "GoogLeNet for 32x32", "cifar_8", 5_602_474),
    _row("googlenet-cifar-16", "GoogLeNet for 32x32, 16x16 maps", "cifar_16", 5_602_474),
    _row("googlenet-cifar-small", "GoogLeNet for 32x32, half as wide", "cifar_small", 1_407_258),
    _row("googlenet-cifar-tiny", "GoogLeNet for 32x32, an eighth as wide", "cifar_tiny", 90_450),
)


def seeing_cifar(row: ModelRow, input_size: int) -> ModelRow:
    """Return `row` as its network sees CIFAR-10: how large, and how normalised.

    GoogLeNet takes the mean and deviation of CIFAR-10, as the reference recipe does; other networks
    keep those that their weights were trained with.

    Args:
        row: of the registry.
        input_size: pixels a side that pictures are enlarged to, for networks that are made for more
            than that; one made for less sees them at its own size.

    >>> from cnn_core.models.imagenet_rows import IMAGENET_ROWS
    >>> rows = {row.id: row for row in (*IMAGENET_ROWS, *CIFAR_ROWS)}
    >>> seen = [seeing_cifar(rows[name], 96) for name in ("googlenet", "googlenet-cifar")]
    >>> [(row.input_size, row.resize, row.mean[0]) for row in seen]
    [(96, 96, 0.4914), (32, 32, 0.4914)]
    >>> seeing_cifar(rows["resnet18"], 96).mean[0]
    0.485
    """
    side = min(row.input_size, input_size)
    if row.auxiliary:
        return replace(row, input_size=side, resize=side, mean=MEAN, std=STD)
    return replace(row, input_size=side, resize=side)
