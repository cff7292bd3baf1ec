"""Why this class: a heat map together with what tells whether to believe it."""

from torch import Tensor, nn

from cnn_core.explain.attribution import Progress, heat_map, pictures_needed
from cnn_core.explain.faithfulness import STEPS, curves, random_order, sanity
from cnn_core.results.inspection import Attribution, Method


def attribute(
    model: nn.Module,
    random_model: nn.Module,
    inputs: Tensor,
    method: Method,
    target: int,
    *,
    layer: str = "",
    progress: Progress | None = None,
) -> Attribution:
    """Return a heat map with its deletion and insertion curves and its sanity check.

    Args:
        model: the network, in evaluation mode; may be frozen.
        random_model: the same with random weights, on the same device.
        inputs: float32 (1, C, H, W), normalised, on that device.
        method: one of `METHODS`.
        target: the class.
        layer: of Grad-CAM; "" for `grad_cam.last_maps_layer`'s.
        progress: called now and then with what is done and what there is to do, in pictures that
            the network could have predicted in that time.

    Raises:
        UnknownNameError: there is no such method or layer.
        ConfigError: there is no such class; the layer has no maps; a network is in training mode;
            there is not one picture.
    """
    a_map, a_pair = pictures_needed(method, inputs), 2 * (STEPS + 1)
    total = 2 * (a_map + a_pair)

    def part(begin: int, length: int) -> Progress | None:
        if progress is None:
            return None
        return lambda done, of: progress(begin + done * length // of, total)

    heat, layer = heat_map(model, inputs, method, target, layer, part(0, a_map))
    randomised, _ = heat_map(random_model, inputs, method, target, layer, part(a_map, a_map))
    ordered = curves(model, inputs, heat, target, progress=part(2 * a_map, a_pair))
    tiles = random_order(inputs.shape[2], inputs.shape[3])
    unordered = curves(model, inputs, tiles, target, progress=part(2 * a_map + a_pair, a_pair))
    return Attribution(
        method=method,
        target=target,
        layer=layer,
        heat=heat,
        signed=method != "grad-cam",
        deletion=ordered[0],
        insertion=ordered[1],
        deletion_random=unordered[0],
        insertion_random=unordered[1],
        sanity=sanity(heat, randomised),
    )
