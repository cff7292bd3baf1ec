"""Which trials the experiment of convolutions makes, and how it permutes pixels."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.concepts.experiment import Planned

CNN, PARAMETERS, MACS, LOCAL, LARGE = "cnn", "mlp-parameters", "mlp-macs", "local", "large"
ARMS = (CNN, PARAMETERS, MACS, LOCAL, LARGE)
MLPS = (PARAMETERS, MACS)
NAMES = {
    CNN: "CNN",
    PARAMETERS: "MLP of equal parameters",
    MACS: "MLP of equal MACs",
    LOCAL: "locally connected network",
    LARGE: "CNN with large kernels",
}
"""Of the networks, in a chart and within a sentence."""

SHIFTS = (0, 1, 2, 3, 4)
ROTATIONS = (0, 10, 20, 30, 40)
NOISES = (0, 20, 40, 60)
"""What tolerance is measured at: pixels, degrees, per cent of the span from black to white."""

_SECONDS = {CNN: 2.2, PARAMETERS: 0.4, MACS: 1.0, LOCAL: 3.8, LARGE: 4.0}
"""About how long an arm learns in `_STEPS` steps; being tested at `_JUDGED` images makes it half as
long again. Large kernels are those of `_SIDE` pixels."""

_STEPS, _JUDGED, _SIDE = 400, 1_000, 11


def condition(images: int, *, permuted: bool = False) -> str:
    """Return what a trial is made under.

    >>> condition(300), condition(1000, permuted=True)
    ('300 images', '1000 images, permuted')
    """
    return f"{images} images, permuted" if permuted else f"{images} images"


def of_condition(text: str) -> tuple[int, bool]:
    """Return how many training images, and whether the pixels are permuted.

    >>> of_condition("1000 images, permuted")
    (1000, True)
    """
    return int(text.split()[0]), text.endswith("permuted")


def plan(settings: ConvolutionSettings) -> tuple[Planned, ...]:
    """Return the trials, all of a seed before the next seed.

    Every network learns from the largest number of images, as they are and permuted; from fewer
    only the CNN and the MLPs do, whose lead is then told in images.
    """
    most = settings.most
    tested, permuted = condition(most), condition(most, permuted=True)
    fewer = [condition(images) for images in sorted(settings.images, reverse=True)[1:]]
    places = [(arm, each) for each in (tested, permuted) for arm in ARMS]
    places += [(arm, each) for each in fewer for arm in (CNN, *MLPS)]
    return tuple(
        Planned(
            arm=arm,
            seed=seed,
            condition=each,
            weight=_weight(arm, settings, tested=each == tested),
        )
        for seed in range(settings.seed, settings.seed + settings.seeds)
        for arm, each in places
    )


def _weight(arm: str, settings: ConvolutionSettings, *, tested: bool) -> float:
    """Return about the seconds that a trial takes on one core of a cloud machine."""
    work = (settings.side / _SIDE) ** 2 if arm == LARGE else 1.0
    looks = 0.5 * settings.judged / _JUDGED if tested else 0.0
    return _SECONDS[arm] * work * (settings.steps / _STEPS + looks)


def permutation(seed: int, pixels: int) -> NDArray[np.int64]:
    """Return the one permutation that all pictures of a seed go through, (pixels,)."""
    return np.random.default_rng([seed, 12]).permutation(pixels)


def permuted_images(images: NDArray[np.uint8], order: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return pictures (N, H, W) whose pixels stand in another order, the same for all of them.

    >>> permuted_images(np.array([[[1, 2], [3, 4]]], np.uint8), np.array([3, 0, 1, 2])).tolist()
    [[[4, 1], [2, 3]]]
    """
    return images.reshape(len(images), -1)[:, order].reshape(images.shape)
