"""Occlusion: how much less probable the class becomes where the picture is covered.

Zeiler, Fergus 2014, "Visualizing and Understanding Convolutional Networks", ECCV, arXiv:1311.2901,
section 4.2: a grey square slides over the picture.
"""

from collections.abc import Callable

import numpy as np
from torch import Tensor, nn

from cnn_core.explain.prediction import batch_size, target_probabilities
from cnn_core.results.inspection import Floats

WINDOWS_A_SIDE = 6  # one is 37 pixels of 224: an eye or a wheel
_STRIDES_A_WINDOW = 2


def window_positions(side: int, windows: int = WINDOWS_A_SIDE) -> tuple[int, list[int]]:
    """Return the window's side and where it begins, so that it ends where the picture does.

    >>> window_positions(28)
    (4, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24])
    """
    window = max(1, side // windows)
    stride = max(1, window // _STRIDES_A_WINDOW)
    return window, [*range(0, side - window, stride), side - window]


def occlusion(
    model: nn.Module,
    inputs: Tensor,
    target: int,
    *,
    windows: int = WINDOWS_A_SIDE,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Return by how much the probability of a class falls while a pixel is covered.

    The window is a sixth of the picture, moves by half of itself and covers with 0 after
    normalisation: the mean grey of the data that the network was made for. A pixel gets the mean
    over all windows that cover it.

    Args:
        model: the network, in evaluation mode.
        inputs: float32 (1, C, H, W), normalised, on the network's device.
        target: the class.
        windows: how many fit side by side, at least 1.
        progress: called with windows done and windows in all after each batch.

    Returns:
        float32 (H, W), -1 to 1; negative where covering makes the class more probable.

    Raises:
        ConfigError: there is no such class.
    """
    height, tops = window_positions(inputs.shape[2], windows)
    width, lefts = window_positions(inputs.shape[3], windows)
    corners = [(top, left) for top in tops for left in lefts]

    def covered(first: int, last: int) -> Tensor:
        """Pictures first to last - 1, of which the first one of all is not covered."""
        batch = inputs.repeat(last - first, 1, 1, 1)
        for picture, index in zip(batch, range(first, last), strict=True):
            if index > 0:
                top, left = corners[index - 1]
                picture[:, top : top + height, left : left + width] = 0
        return batch

    found = target_probabilities(
        model, covered, 1 + len(corners), target, batch=batch_size(inputs), progress=progress
    )
    fall, times = np.zeros(inputs.shape[2:]), np.zeros(inputs.shape[2:])
    for (top, left), probability in zip(corners, found[1:], strict=True):
        fall[top : top + height, left : left + width] += found[0] - probability
        times[top : top + height, left : left + width] += 1
    heat: Floats = (fall / times).astype(np.float32)
    return heat
