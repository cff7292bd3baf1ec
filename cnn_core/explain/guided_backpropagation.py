"""Guided backpropagation: the gradient at the picture, along paths that speak for the class only.

Springenberg, Dosovitskiy, Brox, Riedmiller 2015, "Striving for Simplicity: The All Convolutional
Net", ICLR workshop, arXiv:1412.6806, section 3.4 and figure 1: on its way back through a ReLU a
gradient passes where the input was positive and where it is positive itself.

No module is touched: torch's own functions are listened to while the network runs in this thread,
so that it makes no difference whether a ReLU is a module, a function, or works in place.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnn_core.explain.prediction import target_output
from cnn_core.models.rectified import is_relu


class _Guided(TorchFunctionMode):
    """Clamps the gradient that comes back to the output of each ReLU."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the function returns
        """Call the function; behind a ReLU, wait for the gradient."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if is_relu(func.__name__, args, kwargs) and result.requires_grad:
            result.register_hook(lambda gradient: gradient.clamp(min=0))
        return result


def guided_backpropagation(model: nn.Module, inputs: Tensor, target: int) -> Tensor:
    """Return the guided gradient of a class's output before the softmax, summed over channels.

    A network without ReLUs has nothing to guide: then it is the plain gradient.

    Args:
        model: the network, in evaluation mode; may be frozen.
        inputs: float32 (1, C, H, W), normalised, on the network's device.
        target: the class.

    Returns:
        float32 (H, W), signed.

    Raises:
        ConfigError: there is no such class.
    """
    with torch.inference_mode(False), torch.enable_grad():
        picture = inputs.clone().requires_grad_()
        with _Guided():
            outputs = model(picture)
        (gradient,) = torch.autograd.grad(target_output(outputs, target).sum(), picture)
    return gradient[0].sum(dim=0)
