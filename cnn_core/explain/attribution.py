"""Which pixels speak for a class: one heat map, by any of the methods.

Each method has a file of its own, with its paper. They agree in this: the network is left as it
was (no hook, gradient, mode or number changes), it may be frozen, and a ReLU may work in place.
"""

from collections.abc import Callable

from torch import Tensor, nn

from cnn_core.errors import UnknownNameError
from cnn_core.explain.activations import one_picture_in_evaluation
from cnn_core.explain.grad_cam import grad_cam, last_maps_layer
from cnn_core.explain.guided_backpropagation import guided_backpropagation
from cnn_core.explain.integrated_gradients import STEPS, integrated_gradients
from cnn_core.explain.occlusion import occlusion, window_positions
from cnn_core.results.inspection import METHODS, Floats, Method

_WITH_GRADIENT = 3  # a run with its way back takes about as long as three without

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do in all."""


def heat_map(
    model: nn.Module,
    inputs: Tensor,
    method: Method,
    target: int,
    layer: str = "",
    progress: Progress | None = None,
) -> tuple[Floats, str]:
    """Return which pixels speak for a class, and the layer that was looked at.

    Args:
        model: the network, in evaluation mode.
        inputs: float32 (1, C, H, W), normalised, on the network's device.
        method: one of `METHODS`.
        target: the class.
        layer: of Grad-CAM; "" for `grad_cam.last_maps_layer`'s. The others take none.
        progress: called now and then, at the end with equal numbers.

    Returns:
        float32 (H, W), signed except for Grad-CAM, and the layer's name, "" for the others.

    Raises:
        UnknownNameError: there is no such method or layer.
        ConfigError: there is no such class; the layer has no maps; the network is in training mode;
            there is not one picture.
    """
    one_picture_in_evaluation(model, inputs)
    if method not in METHODS:
        raise UnknownNameError(
            f"There is no method named {method!r}.", hint=f"The methods are {', '.join(METHODS)}."
        )
    if method == "occlusion":
        return occlusion(model, inputs, target, progress=progress), ""
    if method == "integrated-gradients":
        heat = integrated_gradients(model, inputs, target, progress=progress)
        return _as_floats(heat), ""
    if method == "guided-backpropagation":
        heat, layer = guided_backpropagation(model, inputs, target), ""
    else:
        layer = layer or last_maps_layer(model, inputs)
        heat = grad_cam(model, inputs, target, layer)
    if progress is not None:
        progress(1, 1)
    return _as_floats(heat), layer


def pictures_needed(method: Method, inputs: Tensor) -> int:
    """Return about how many pictures a network could predict in the time of a heat map."""
    if method == "occlusion":
        height, width = inputs.shape[2:]
        return 1 + len(window_positions(height)[1]) * len(window_positions(width)[1])
    return _WITH_GRADIENT * (STEPS if method == "integrated-gradients" else 1)


def _as_floats(heat: Tensor) -> Floats:
    values: Floats = heat.detach().float().cpu().numpy()
    return values
