"""Integrated gradients: what each pixel adds on the way from an empty picture to this one.

Sundararajan, Taly, Yan 2017, "Axiomatic Attribution for Deep Networks", ICML, arXiv:1703.01365.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cnn_core.explain.prediction import batch_size, target_output

STEPS = 32
_GRADIENTS_SHARE = 2  # as many maps again are kept for the way back: half the pictures at a time


def integrated_gradients(
    model: nn.Module,
    inputs: Tensor,
    target: int,
    *,
    steps: int = STEPS,
    progress: Callable[[int, int], None] | None = None,
) -> Tensor:
    """Return integrated gradients of a class's output before the softmax, summed over channels.

    The baseline is 0 after normalisation: the mean grey of the data that the network was made for
    (of the LeNets, close to an empty sheet). By the completeness axiom (proposition 1) all values
    sum to the output for the picture minus that for the baseline, up to the error of the sum of
    Eq. (3), taken in the middle of each step.

    Args:
        model: the network, in evaluation mode; may be frozen.
        inputs: float32 (1, C, H, W), normalised, on the network's device.
        target: the class.
        steps: of the sum, at least 1.
        progress: called with steps done and `steps` after each batch.

    Returns:
        float32 (H, W), signed.

    Raises:
        ConfigError: there is no such class.
    """
    size = max(1, batch_size(inputs) // _GRADIENTS_SHARE)
    with torch.inference_mode(False), torch.enable_grad():
        picture = inputs.clone()
        total = torch.zeros_like(picture[0])
        shares = (torch.arange(steps, device=inputs.device) + 0.5) / steps
        for first in range(0, steps, size):
            on_the_way = shares[first : first + size].view(-1, 1, 1, 1) * picture
            on_the_way.requires_grad_()
            score = target_output(model(on_the_way), target).sum()
            (gradients,) = torch.autograd.grad(score, on_the_way)
            total += gradients.sum(dim=0)
            if progress is not None:
                progress(min(first + size, steps), steps)
    return (inputs[0] * total / steps).sum(dim=0)  # Eq. (1), its integral as the sum of Eq. (3)
