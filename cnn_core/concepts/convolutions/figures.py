"""Figures of the experiment of convolutions as its sentences say them."""

import itertools
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from cnn_core.concepts.convolutions.plan import CNN, LARGE, LOCAL, MACS, PARAMETERS, condition
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.results.trials import Place, Spread, Trials

_NAMES = {
    CNN: "CNN",
    PARAMETERS: "MLP of equal parameters",
    MACS: "MLP of equal MACs",
    LOCAL: "locally connected network",
    LARGE: "CNN with large kernels",
}


def names(arm: str) -> str:
    """Return an arm within a sentence."""
    return _NAMES[arm]


def percent(share: float) -> str:
    """Return a share (0 to 1) in percent, one decimal.

    >>> percent(0.93751)
    '93.8'
    """
    return f"{100 * share:.1f}"


def points(difference: float) -> str:
    """Return a difference of shares in percentage points, with its sign.

    >>> points(-0.0712), points(0.00001)
    ('-7.1', '0.0')
    """
    text = f"{100 * difference:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def among(difference: Spread | None, *, turned: bool = False) -> str:
    """Return the interval of a difference of shares, in points, in brackets.

    Args:
        difference: of shares; None and one seed have no interval.
        turned: whether it is told the other way round, as where it is "fewer".

    >>> among(Spread(mean=0.01, interval=(0.002, 0.018), values={0: 0.0, 1: 0.02}))
    ' (95 %: 0.2 to 1.8)'
    >>> among(None)
    ''
    """
    if difference is None:
        return ""
    if difference.interval is None:
        return " (one seed, no interval)"
    low, high = difference.interval
    ends = (-high, -low) if turned else (low, high)
    return f" (95 %: {points(ends[0]).lstrip('+')} to {points(ends[1]).lstrip('+')})"


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
