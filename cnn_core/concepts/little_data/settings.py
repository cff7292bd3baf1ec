"""The settings of "little-data", its arms, and the rate each of them learns at."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnn_core.concepts.settings import ExperimentSettings, setting

FLOWERS, DRAWN = "flower-photos", "drawn-flowers"
"""Ids of the pictures that are no snapshot of a person's own; any other is a snapshot's."""

NETWORK = "efficientnet-lite0"
MODE = "frozen"
"""A `TrainConfig.mode` that begins with trained weights."""

FROZEN, LAST_BLOCK, ALL = "frozen", "last-block", "all"
SCRATCH, RANDOM, SMALL = "scratch", "random", "small"
ARMS = (FROZEN, RANDOM, LAST_BLOCK, ALL, SCRATCH, SMALL)
SLOW = (ALL, SCRATCH, SMALL)
"""The arms that learn from pixels; of the others the frozen part looks at a picture once."""

EVERY = "every"
SIZES = ("5", "10", "20", "50", EVERY)
"""Training pictures a class; `EVERY` is all that are not held out."""

ASKED = "5"
"""The one of them that the question and its statistic are about."""

RATES: Mapping[str, float] = MappingProxyType(
    {FROZEN: 0.003, RANDOM: 0.001, LAST_BLOCK: 0.003, ALL: 0.001, SCRATCH: 0.003, SMALL: 0.001}
)
"""Adam's learning rate of each arm, the best of three to five.

They were tried on other draws than are judged, but on draws from the same flower photos: they have
had a look at the pictures that any draw is judged on.
"""

IN_IMAGENET = ("daisy",)
"""Which of the flower photos' five classes are among ImageNet's 1,000."""


@dataclass(frozen=True, kw_only=True)
class LittleDataSettings(ExperimentSettings):
    """What is compared, and how it is trained.

    Attributes:
        data: `FLOWERS`, `DRAWN`, or the beginning of a snapshot's id.
        arms: what learns.
        images: training pictures a class, each a part of the next.
        slow_images: those of them at which the slow arms (`SLOW`) train.
        slow_seeds: in how many of the seeds they train.
        side: pixels a side that the pictures are brought to.
        steps: optimizer steps where convolutions learn, of `batch` pictures.
        batch: pictures a step.
        small_steps: how many times as many steps the small network takes.
        judged: pictures of each class that are held out, at most a third of the class.
    """

    data: str = setting(FLOWERS, "Pictures", "Flower photos, drawn flowers or a folder of yours.")
    arms: tuple[str, ...] = setting(ARMS, "What learns", "The things compared.", choices=ARMS)
    images: tuple[str, ...] = setting(
        SIZES, "Training pictures a class", "Each draw is a part of the next.", choices=SIZES
    )
    slow_images: tuple[str, ...] = setting(
        ("5", EVERY),
        "... where convolutions learn",
        "Which of those the slow ones train on.",
        choices=SIZES,
    )
    slow_seeds: int = setting(
        2, "Seeds where convolutions learn", "The slow ones take the first so many.", low=1, high=50
    )
    side: int = setting(
        128, "Side (pixels)", "The pictures are brought to this size.", low=64, high=224
    )
    steps: int = setting(
        40, "Steps", "Optimizer steps where convolutions learn.", low=5, high=2_000
    )
    batch: int = setting(16, "Batch size", "Pictures a step.", low=4, high=128)
    small_steps: int = setting(
        4, "Steps of the small network", "So many times as many: each is quick.", low=1, high=50
    )
    judged: int = setting(
        50, "Held-out pictures a class", "At most a third of the class.", low=5, high=1_000
    )
