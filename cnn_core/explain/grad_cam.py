"""Grad-CAM: where the maps of a layer speak for a class.

Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra 2017, "Grad-CAM: Visual Explanations from Deep
Networks via Gradient-based Localization", ICCV, arXiv:1610.02391, section 3.

The gradient is asked for at the layer's output alone, which is cut off from what is before it: the
network may be frozen, gets no gradients, and only the part behind the layer is gone back through.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.activations import Hook, hooked
from cnn_core.explain.prediction import target_output

_KERNEL_DIMENSIONS = 3  # weights of convolutions have at least as many, of BatchNorm they have one


def grad_cam(model: nn.Module, inputs: Tensor, target: int, layer: str) -> Tensor:
    """Return the class-discriminative localisation map, at the resolution of the input.

    Args:
        model: the network, in evaluation mode.
        inputs: float32 (1, C, H, W), normalised, on the network's device.
        target: the class; y^c of the paper is its output before the softmax.
        layer: dotted name; of one that runs several times the last run counts.

    Returns:
        float32 (H, W), 0 or larger, interpolated bilinearly.

    Raises:
        UnknownNameError: there is no such layer, or it takes no part in the run.
        ConfigError: the layer has no maps; there is no such class.
    """
    maps: list[Tensor] = []

    def cut(_module: nn.Module, _inputs: tuple[Any, ...], output: object) -> Tensor:
        if not isinstance(output, Tensor) or output.dim() != 4:
            raise ConfigError(
                f"Grad-CAM needs a layer with maps, but the output of {layer!r} has none.",
                hint="Choose a convolution.",
            )
        maps.append(output.detach().requires_grad_())
        return maps[-1].clone()  # a ReLU that follows may work in place

    with torch.inference_mode(False), torch.enable_grad():
        with hooked(model, [(layer, cut)]):
            score = target_output(model(inputs.clone()), target).sum()
        if not maps:
            raise UnknownNameError(
                f"The layer {layer!r} takes no part when this network runs.",
                hint="Choose another layer of the network.",
            )
        (gradient,) = torch.autograd.grad(score, maps[-1])
    weights = gradient.mean(dim=(2, 3), keepdim=True)  # Eq. (1)
    cam = F.relu((weights * maps[-1].detach()).sum(dim=1, keepdim=True))  # Eq. (2)
    heat = F.interpolate(cam, size=inputs.shape[2:], mode="bilinear", align_corners=False)
    return heat[0, 0]


def last_maps_layer(model: nn.Module, inputs: Tensor) -> str:
    """Return the layer that Grad-CAM looks at where none is chosen.

    It is the last convolution whose maps are larger than 1x1 or, where other paths pass it by, the
    smallest block round it through which all of them run: of a ResNet the last block with its
    shortcut, of GoogLeNet the last Inception block with its four branches.

    Args:
        model: the network, in evaluation mode.
        inputs: float32 (1, C, H, W), on the network's device.

    Returns:
        Its dotted name.

    Raises:
        ConfigError: the network has no convolution with maps.
    """
    modules = dict(model.named_modules())
    outputs: dict[str, Any] = {}  # by layer, the node of the graph that made its maps
    last = ""

    def note(layer: str) -> Hook:
        def hook(module: nn.Module, _inputs: tuple[Any, ...], output: object) -> None:
            nonlocal last
            if isinstance(output, Tensor) and output.dim() == 4 and max(output.shape[2:]) > 1:
                outputs[layer] = output.grad_fn
                if not any(module.children()) and _is_convolution(module):
                    last = layer

        return hook

    with torch.inference_mode(False), torch.enable_grad():
        picture = inputs.clone().requires_grad_()
        with hooked(model, [(name, note(name)) for name in modules if name]):
            result = model(picture).grad_fn
    if not last:
        raise ConfigError(
            "Grad-CAM needs a convolution with maps, but this network has none.",
            hint="Choose another method.",
        )
    names = last.split(".")
    blocks = [".".join(names[:length]) for length in range(len(names), 0, -1)]
    around = [block for block in blocks if outputs.get(block) is not None]
    return next((b for b in around if not _reaches_picture(result, picture, outputs[b])), last)


def _is_convolution(module: nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    return isinstance(weight, Tensor) and weight.dim() >= _KERNEL_DIMENSIONS


def _reaches_picture(result: Any, picture: Tensor, without: Any) -> bool:  # noqa: ANN401 - nodes
    """Say whether a path of the graph leads from the result to the picture round one node."""
    seen, waiting = {without}, [result]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        if getattr(node, "variable", None) is picture:
            return True
        seen.add(node)
        waiting += [before for before, _ in node.next_functions]
    return False
