"""Where a network that is fine-tuned is cut, and what crosses the cut. Free of torch.

The stages of a network (`models.stages`) are the blocks of its backbone, "pool" (to a vector),
"hidden" (where its head has hidden layers) and "head". What comes before the cut is frozen: it runs
once for each picture and view. The rest is trained.
"""

from cnn_core.errors import ConfigError
from cnn_core.models.fine_tuning import MADE_FOR_32, WITH_HIDDEN_LAYERS, validate_fine_tuning
from cnn_core.models.registry import model_row

_Table = dict[tuple[str, int], tuple[tuple[int, ...], int]]

BLOCKS: dict[str, tuple[str, ...]] = {
    "vgg16": ("block1", "block2", "block3", "block4", "block5"),
    "alexnet": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    "googlenet": ("stem", "inception3", "inception4", "inception5"),
    "resnet18": ("stem", "layer1", "layer2", "layer3", "layer4"),
    "resnet34": ("stem", "layer1", "layer2", "layer3", "layer4"),
    "resnet50": ("stem", "layer1", "layer2", "layer3", "layer4"),
    "efficientnet-lite0": ("stem", *(f"blocks.{index}" for index in range(7))),
    **dict.fromkeys(MADE_FOR_32, ("stem", "inception3", "inception4", "inception5")),
}
"""The blocks of each backbone, in the order in which they run."""

IMAGENET_SIZE = 224  # pixels a side

SQUARE = 256  # pixels: the short side of a picture, as networks that learn from pixels see it

# What crosses the cut, and the multiply-accumulates before it, by pixels a side of the input.
_LAST_BLOCK: _Table = {
    ("vgg16", 224): ((512, 14, 14), 13_959_364_608),
    ("vgg16", 96): ((512, 6, 6), 2_563_964_928),
    ("alexnet", 224): ((256, 13, 13), 555_886_272),
    ("alexnet", 96): ((256, 5, 5), 88_168_128),
    ("googlenet", 224): ((832, 7, 7), 1_383_603_200),
    ("googlenet", 96): ((832, 3, 3), 254_131_200),
    ("resnet18", 224): ((256, 14, 14), 1_402_519_552),
    ("resnet18", 96): ((256, 6, 6), 257_605_632),
    ("resnet34", 224): ((256, 14, 14), 3_020_996_608),
    ("resnet34", 96): ((256, 6, 6), 554_876_928),
    ("resnet50", 224): ((1024, 14, 14), 3_277_897_728),
    ("resnet50", 96): ((1024, 6, 6), 602_062_848),
    ("efficientnet-lite0", 224): ((192, 7, 7), 334_427_744),
    ("efficientnet-lite0", 96): ((192, 3, 3), 61_425_504),
}
_BACKBONE: _Table = {
    ("vgg16", 224): ((512, 7, 7), 15_346_630_656),
    ("vgg16", 96): ((512, 3, 3), 2_818_768_896),
    ("alexnet", 224): ((256, 6, 6), 655_566_528),
    ("alexnet", 96): ((256, 2, 2), 102_913_728),
    ("googlenet", 224): ((1024,), 1_497_352_192),
    ("googlenet", 96): ((1024,), 275_023_872),
    ("resnet18", 224): ((512,), 1_813_561_344),
    ("resnet18", 96): ((512,), 333_103_104),
    ("resnet34", 224): ((512,), 3_663_249_408),
    ("resnet34", 96): ((512,), 672_841_728),
    ("resnet50", 224): ((2048,), 4_087_136_256),
    ("resnet50", 96): ((2048,), 750_698_496),
    ("efficientnet-lite0", 224): ((1280,), 383_907_552),
    ("efficientnet-lite0", 96): ((1280,), 70_513_632),
    ("googlenet-cifar", 32): ((1024,), 114_368_512),
    ("googlenet-cifar-16", 32): ((1024,), 364_085_248),
    ("googlenet-cifar-small", 32): ((512,), 29_034_496),
    ("googlenet-cifar-tiny", 32): ((128,), 1_980_544),
}
_HIDDEN_MACS = {"vgg16": 119_537_664, "alexnet": 54_525_952}


def backbone_end(row_id: str) -> int:
    """Return how many stages the backbone has.

    Where the network itself averages its last maps, that belongs to it; VGG-16 and AlexNet hand on
    maps.
    """
    return len(BLOCKS[row_id]) + (row_id not in WITH_HIDDEN_LAYERS)


def frozen_end(row_id: str, head: str) -> int:
    """Return how many stages mode "frozen" freezes: the backbone, and fc6 and fc7 if kept."""
    return len(BLOCKS[row_id]) + 2 if head == "original" else backbone_end(row_id)


def cut_of(row_id: str, mode: str, head: str) -> int:
    """Return how many of the network's stages are frozen.

    Raises:
        ConfigError: the network cannot be fine-tuned so.

    >>> [cut_of("vgg16", mode, "light") for mode in ("frozen", "last-block", "all", "scratch")]
    [5, 4, 0, 0]
    >>> cut_of("vgg16", "frozen", "original")
    7
    """
    validate_fine_tuning(model_row(row_id), mode, head)
    if mode in ("all", "scratch"):
        return 0
    return len(BLOCKS[row_id]) - 1 if mode == "last-block" else frozen_end(row_id, head)


def front_shape(
    row_id: str, mode: str, head: str, input_size: int = IMAGENET_SIZE
) -> tuple[int, ...]:
    """Return the shape of what crosses the cut for one picture.

    That is what the cache keeps: numbers of the frozen part, or, where nothing is frozen, the bytes
    of a square picture.

    Args:
        row_id: one of `fine_tuning.BACKBONES`, or with nothing frozen of `MADE_FOR_32`.
        mode: which part of the network learns.
        head: its head.
        input_size: pixels a side of what the network sees, 224 or 96.

    Raises:
        ConfigError: the network cannot be fine-tuned so, or not at that size.

    >>> front_shape("vgg16", "frozen", "reference"), front_shape("resnet18", "frozen", "light")
    ((512, 7, 7), (512,))
    >>> front_shape("vgg16", "all", "light")
    (256, 256, 3)
    >>> front_shape("googlenet", "last-block", "light", 96)
    (832, 3, 3)
    """
    if not cut_of(row_id, mode, head):
        return (SQUARE, SQUARE, 3)
    if mode == "last-block":
        return _at(_LAST_BLOCK, row_id, input_size)[0]
    return (4096,) if head == "original" else backbone_shape(row_id, input_size)


def front_macs(row_id: str, mode: str, head: str, input_size: int = IMAGENET_SIZE) -> int:
    """Return the multiply-accumulates of the frozen part for one picture (convolutions, linear).

    Args and errors are those of `front_shape`.
    """
    if not cut_of(row_id, mode, head):
        return 0
    if mode == "last-block":
        return _at(_LAST_BLOCK, row_id, input_size)[1]
    return backbone_macs(row_id, input_size) + (_HIDDEN_MACS[row_id] if head == "original" else 0)


def backbone_shape(row_id: str, input_size: int) -> tuple[int, ...]:
    """Return the shape of what the backbone makes of one picture, whatever part of it learns.

    Raises:
        ConfigError: the network does not see pictures of that size.

    >>> backbone_shape("googlenet-cifar-tiny", 32)
    (128,)
    """
    return _at(_BACKBONE, row_id, input_size)[0]


def backbone_macs(row_id: str, input_size: int) -> int:
    """Return the multiply-accumulates of the whole backbone for one picture.

    Raises:
        ConfigError: the network does not see pictures of that size.
    """
    return _at(_BACKBONE, row_id, input_size)[1]


def _at(table: _Table, row_id: str, input_size: int) -> tuple[tuple[int, ...], int]:
    if (row_id, input_size) not in table:
        sizes = " or ".join(str(size) for name, size in table if name == row_id)
        raise ConfigError(
            f"{model_row(row_id).title} takes pictures of {sizes} pixels a side, but got "
            f"{input_size}."
        )
    return table[row_id, input_size]
