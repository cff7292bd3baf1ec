"""How far a heat map can be believed: deletion and insertion, and a check with random weights.

* Petsiuk, Das, Saenko 2018, "RISE: Randomized Input Sampling for Explanation of Black-box Models",
  BMVC, arXiv:1806.07421, section 4.1: the class's probability while pixels go, or come, in the
  order of the map. They go into, and come out of, a blurred picture, which has no hard edges.
* Adebayo et al. 2018, "Sanity Checks for Saliency Maps", NeurIPS, arXiv:1810.03292, sections 3 and
  4: a map that is the same with random weights shows the picture, not the network.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.explain.prediction import batch_size, target_probabilities
from cnn_core.results.inspection import Curve, Floats

STEPS = 24
_TILES_A_SIDE = 14  # of the random order: 16 pixels of 224
_DEVIATIONS_A_SIDE = 20  # of the blur: its standard deviation is 11 pixels of 224
_REACH = 3  # of the blur, in standard deviations
_SANITY_SIDE = 28  # both maps are brought to this size before they are compared


def curves(
    model: nn.Module,
    inputs: Tensor,
    heat: Floats,
    target: int,
    *,
    steps: int = STEPS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Curve, Curve]:
    """Return deletion and insertion in the order of a heat map, the largest value first.

    Args:
        model: the network, in evaluation mode.
        inputs: float32 (1, C, H, W), normalised, on the network's device.
        heat: float32 (H, W); equal values come in the order of `random_order`.
        target: the class.
        steps: equal shares of the pixels, at least 1.
        seed: of that order.
        progress: called with pictures done and pictures in all, 2 * (steps + 1), after each batch.

    Returns:
        Deletion (the picture is blurred bit by bit) and insertion (the blurred picture becomes
        sharp), each of steps + 1 probabilities; deletion begins where insertion ends.

    Raises:
        ConfigError: there is no such class.
    """
    place = torch.from_numpy(_places(heat, seed)).to(inputs.device)
    soft = blurred(inputs)
    shares = torch.linspace(0, 1, steps + 1, device=inputs.device)

    def pictures(first: int, last: int) -> Tensor:
        index = torch.arange(first, last, device=inputs.device)
        changed = place < shares[index % (steps + 1)].view(-1, 1, 1, 1)
        return torch.where(changed == (index <= steps).view(-1, 1, 1, 1), soft, inputs)

    found = target_probabilities(
        model, pictures, 2 * (steps + 1), target, batch=batch_size(inputs), progress=progress
    )
    deletion, insertion = np.split(found, 2)
    return _curve(deletion), _curve(insertion)


def _curve(probabilities: Floats) -> Curve:
    shares = np.linspace(0, 1, len(probabilities), dtype=np.float32)
    area = float(np.trapezoid(probabilities, shares))
    return Curve(shares=shares, probabilities=probabilities, area=area)


def _places(heat: Floats, seed: int) -> Floats:
    """Return each pixel's place in the order, 0 (first) to below 1, float32 (H, W)."""
    height, width = heat.shape
    order = np.lexsort((-random_order(height, width, seed).ravel(), -heat.ravel()))
    places = np.empty(heat.size, dtype=np.float32)
    places[order] = np.arange(heat.size) / heat.size
    return places.reshape(height, width)


def random_order(height: int, width: int, seed: int = 0) -> Floats:
    """Return a map that knows nothing, to compare with: float32 (height, width), 0 to below 1.

    Tiles of a fourteenth of the side, each of one random value: single pixels in a random order
    would be noise of their own, which a network takes worse than any map's order.
    """
    side = max(1, min(height, width) // _TILES_A_SIDE)
    tiles = np.random.default_rng(seed).random((-(-height // side), -(-width // side)))
    values: NDArray[np.float32] = tiles.repeat(side, 0).repeat(side, 1).astype(np.float32)
    return values[:height, :width]


def blurred(inputs: Tensor) -> Tensor:
    """Return a picture under a Gaussian blur of a twentieth of its side, mirrored at its edges.

    Args:
        inputs: float32 (1, C, H, W).

    Returns:
        float32 (1, C, H, W).
    """
    deviation = min(inputs.shape[2:]) / _DEVIATIONS_A_SIDE
    reach = min(int(_REACH * deviation + 0.5), min(inputs.shape[2:]) - 1)
    offsets = torch.arange(-reach, reach + 1, device=inputs.device)
    kernel = torch.exp(-0.5 * (offsets / deviation) ** 2)
    kernel = (kernel / kernel.sum()).to(inputs.dtype)
    planes = F.pad(inputs.transpose(0, 1), [reach] * 4, mode="reflect")  # (C, 1, H, W)
    planes = F.conv2d(planes, kernel.view(1, 1, -1, 1))
    return F.conv2d(planes, kernel.view(1, 1, 1, -1)).transpose(0, 1)


def sanity(heat: Floats, random_heat: Floats) -> float:
    """Return Spearman's rank correlation of the magnitudes of two heat maps, -1 to 1.

    Both are brought to at most 28x28 first. 0 where one of them is the same everywhere: it orders
    nothing, so there is nothing to correlate.

    Args:
        heat: float32 (H, W), of the network.
        random_heat: float32 (H, W), of the same network with random weights.
    """
    first, second = (_ranks(_small(np.abs(values))) for values in (heat, random_heat))
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _small(values: Floats) -> Floats:
    sides = (min(values.shape[0], _SANITY_SIDE), min(values.shape[1], _SANITY_SIDE))
    small: Floats = F.adaptive_avg_pool2d(torch.from_numpy(values)[None], sides)[0].numpy()
    return small.ravel()


def _ranks(values: Floats) -> NDArray[np.float64]:
    """Return ranks from 1, equal values sharing the mean of theirs, as scipy's rankdata does."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: NDArray[np.float64] = np.cumsum(counts) - (counts - 1) / 2
    return means[inverse]
