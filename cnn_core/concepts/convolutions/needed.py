"""How many training images the CNN needs to read what an MLP reads with the most of them."""

import itertools
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from cnn_core.concepts.convolutions.plan import CNN, NAMES, condition
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.results.experiment_reading import Claim
from cnn_core.results.trial_words import of_share
from cnn_core.results.trials import Place, Share, Trials


@dataclass(frozen=True, kw_only=True)
class ImagesNeeded:
    """How many training images the CNN needs to read as many digits as an MLP with most of them.

    Attributes:
        fewest: the smallest number that was tried.
        most: the largest.
        by_seed: of each seed, between the two; `fewest` also where fewer might do; infinite where
            even the most do not.
    """

    fewest: int
    most: int
    by_seed: Mapping[int, float]


def images_needed(settings: ConvolutionSettings, trials: Trials, arm: str) -> ImagesNeeded:
    """Return them for the seeds that have every number of images.

    Between two numbers that were tried accuracy is taken to grow linearly in the logarithm of the
    number.
    """
    sizes = sorted(settings.images)
    target = trials.values("accuracy", Place(arm=arm, condition=condition(settings.most)))
    reached = {
        images: trials.values("accuracy", Place(arm=CNN, condition=condition(images)))
        for images in sizes
    }
    seeds = [seed for seed in target if all(seed in each for each in reached.values())]
    return ImagesNeeded(
        fewest=sizes[0],
        most=sizes[-1],
        by_seed={
            seed: crossing([(size, reached[size][seed]) for size in sizes], target[seed])
            for seed in seeds
            if len(sizes) > 1
        },
    )


def crossing(curve: list[tuple[int, float]], target: float) -> float:
    """Return where a curve first reaches `target`, its places taken logarithmically.

    Args:
        curve: (place, value), places ascending.
        target: what is to be reached.

    Returns:
        The first place if it does there already, infinity if it nowhere does.

    >>> round(crossing([(100, 0.8), (1000, 0.9)], 0.85)), crossing([(100, 0.8), (1000, 0.9)], 0.95)
    (316, inf)
    """
    if curve[0][1] >= target:
        return float(curve[0][0])
    for (before, low), (after, high) in itertools.pairwise(curve):
        if high >= target:
            part = (target - low) / (high - low)
            return math.exp((1 - part) * math.log(before) + part * math.log(after))
    return math.inf


def shown(needed: ImagesNeeded) -> str:
    """Return the median over the seeds in words, with the least and the most.

    >>> shown(ImagesNeeded(fewest=100, most=1000, by_seed={0: 100.0, 1: 228.0, 2: 262.0}))
    '230 images (median of 3 seeds, from at most 100 to 260)'
    """
    values = sorted(needed.by_seed.values())
    text = f"{_images(statistics.median_low(values), needed)} images"
    if len(values) == 1:
        return f"{text} (one seed)"
    low, high = (_images(end, needed) for end in (values[0], values[-1]))
    return f"{text} (median of {len(values)} seeds, from {low} to {high})"


def _images(value: float, needed: ImagesNeeded) -> str:
    """Return a number of images with two digits that say something, or beyond which it lies."""
    if value == math.inf:
        return f"more than {needed.most:,}"
    if value <= needed.fewest:
        return f"at most {needed.fewest:,}"
    unit: int = 10 ** max(0, len(str(round(value))) - 2)
    return f"{round(value / unit) * unit:,}"


def needed_claim(settings: ConvolutionSettings, trials: Trials, arm: str) -> Claim:
    """Return how many images the CNN needs for what an MLP reaches with most of them."""
    needed = images_needed(settings, trials, arm)
    text = f"For the accuracy that the {NAMES[arm]} reaches with {settings.most:,} images"
    name = f"images-{arm}"
    if not needed.by_seed:
        return Claim(id=name, sentence=f"{text}: not measured yet.", verdict="not measured")
    share = Share(
        count=sum(each < settings.most for each in needed.by_seed.values()), of=len(needed.by_seed)
    )
    return Claim(
        id=name,
        sentence=f"{text}, the CNN needs {shown(needed)}; fewer than {settings.most:,} in "
        f"{share.text}.",
        verdict=of_share(share),
        share=share,
    )
