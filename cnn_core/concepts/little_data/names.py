"""What the arms and sizes of "little-data" are called, in sentences, charts and settings alike."""

from types import MappingProxyType

from cnn_core.concepts.little_data.settings import (
    ALL,
    EVERY,
    FROZEN,
    LAST_BLOCK,
    RANDOM,
    SCRATCH,
    SMALL,
)

NAMES = MappingProxyType(
    {
        FROZEN: "a last layer on frozen ImageNet features",
        RANDOM: "a last layer on frozen random weights",
        LAST_BLOCK: "the last block of the ImageNet network",
        ALL: "all of the ImageNet network",
        SCRATCH: "the same network from scratch",
        SMALL: "a small network from scratch",
        "5": "5 a class",
        "10": "10 a class",
        "20": "20 a class",
        "50": "50 a class",
        EVERY: "all there are",
    }
)
"""Of arms and sizes."""
