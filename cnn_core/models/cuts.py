"""Where a network that is fine-tuned is cut, and what crosses the cut. Free of torch.

The stages of a network (`models.stages`) are the blocks of its backbone, "pool" (to a vector),
"hidden" (where its head has hidden layers) and "head". What comes before the cut is frozen: it runs
once for each picture and view. The rest is trained.
"""

from cnn_core.models.fine_tuning import WITH_HIDDEN_LAYERS, validate_fine_tuning
from cnn_core.models.registry import model_row

BLOCKS: dict[str, tuple[str, ...]] = {
    "vgg16": ("block1", "block2", "block3", "block4", "block5"),
    "alexnet": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    "googlenet": ("stem", "inception3", "inception4", "inception5"),
    "resnet18": ("stem", "layer1", "layer2", "layer3", "layer4"),
    "resnet50": ("stem", "layer1", "layer2", "layer3", "layer4"),
    "efficientnet-lite0": ("stem", *(f"blocks.{index}" for index in range(7))),
}
"""The blocks of each backbone, in the order in which they run."""

SQUARE = 256  # pixels: the short side of a picture, as networks that learn from pixels see it

# What crosses the cut, at an input of 224 x 224, and the multiply-accumulates before it.
_LAST_BLOCK = {
    "vgg16": ((512, 14, 14), 13_959_364_608),
    "alexnet": ((256, 13, 13), 555_886_272),
    "googlenet": ((832, 7, 7), 1_383_603_200),
    "resnet18": ((256, 14, 14), 1_402_519_552),
    "resnet50": ((1024, 14, 14), 3_277_897_728),
    "efficientnet-lite0": ((192, 7, 7), 334_427_744),
}
_FROZEN = {
    "vgg16": ((512, 7, 7), 15_346_630_656),
    "alexnet": ((256, 6, 6), 655_566_528),
    "googlenet": ((1024,), 1_497_352_192),
    "resnet18": ((512,), 1_813_561_344),
    "resnet50": ((2048,), 4_087_136_256),
    "efficientnet-lite0": ((1280,), 383_907_552),
}
_HIDDEN_MACS = {"vgg16": 119_537_664, "alexnet": 54_525_952}


def backbone_end(row_id: str) -> int:
    """Return how many stages the backbone has.

    Where the network itself averages its last maps, that belongs to it; VGG-16 and AlexNet hand on
    maps.
    """
    return len(BLOCKS[row_id]) + (row_id not in WITH_HIDDEN_LAYERS)


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
    if mode == "last-block":
        return len(BLOCKS[row_id]) - 1
    return len(BLOCKS[row_id]) + 2 if head == "original" else backbone_end(row_id)


def front_shape(row_id: str, mode: str, head: str) -> tuple[int, ...]:
    """Return the shape of what crosses the cut for one picture.

    That is what the cache keeps: numbers of the frozen part, or, where nothing is frozen, the bytes
    of a square picture.

    >>> front_shape("vgg16", "frozen", "reference"), front_shape("resnet18", "frozen", "light")
    ((512, 7, 7), (512,))
    >>> front_shape("vgg16", "all", "light")
    (256, 256, 3)
    """
    cut = cut_of(row_id, mode, head)
    if not cut:
        return (SQUARE, SQUARE, 3)
    if mode == "last-block":
        return _LAST_BLOCK[row_id][0]
    return (4096,) if head == "original" else _FROZEN[row_id][0]


def front_macs(row_id: str, mode: str, head: str) -> int:
    """Return the multiply-accumulates of the frozen part for one picture (convolutions, linear)."""
    if not cut_of(row_id, mode, head):
        return 0
    if mode == "last-block":
        return _LAST_BLOCK[row_id][1]
    return _FROZEN[row_id][1] + (_HIDDEN_MACS[row_id] if head == "original" else 0)
