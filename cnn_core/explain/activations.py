"""The outputs of layers in one run, before and after the ReLU that follows.

Hooks are put on the given network for the length of one run and always taken off again. They fire
for the thread that put them there alone, so that several threads may run one network at a time; the
network itself (mode, weights, gradients) is not touched.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import Tensor, nn

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.models.rectified import Rectified
from cnn_core.results.inspection import FeatureMaps

Hook = Callable[[nn.Module, tuple[Any, ...], Any], Any]


def named_layer(model: nn.Module, layer: str) -> nn.Module:
    """Return the module of that dotted name.

    Raises:
        UnknownNameError: there is none.
    """
    modules: dict[str, nn.Module] = dict(model.named_modules())
    if not layer or layer not in modules:
        names = [name for name, module in modules.items() if name and not list(module.children())]
        raise UnknownNameError(
            f"This network has no layer named {layer!r}.",
            hint=f"Its layers are {', '.join(names)}.",
        )
    return modules[layer]


@contextmanager
def hooked(model: nn.Module, hooks: Iterable[tuple[str, Hook]]) -> Iterator[None]:
    """Call hooks with (module, inputs, output) when layers ran, in this thread only, for a while.

    What a hook returns takes the output's place, unless it is None.

    Raises:
        UnknownNameError: there is no such layer.
    """
    own = threading.get_ident()

    def in_own_thread(hook: Hook) -> Hook:
        def call(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> Any:  # noqa: ANN401
            return hook(module, inputs, output) if threading.get_ident() == own else None

        return call

    found = [(named_layer(model, layer), in_own_thread(hook)) for layer, hook in hooks]
    handles = [module.register_forward_hook(hook) for module, hook in found]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def capture(model: nn.Module, layers: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """Collect the outputs of layers while the network runs inside the `with`.

    Each output is a copy made before anything that follows (an in-place ReLU, a sum) can write over
    it. With gradients on, the copy is part of the graph. A layer that runs several times leaves its
    last output; one that does not run, or returns no tensor, leaves none. The network is to be in
    evaluation mode: LeNet-5 in training goes past its modules.

    Several threads may do this with one network at a time: each collects its own run only.

    Raises:
        UnknownNameError: there is no such layer.

    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True)).eval()
    >>> with capture(network, ["0"]) as outputs:
    ...     _ = network(torch.rand(1, 1, 8, 8))
    >>> outputs["0"].shape
    torch.Size([1, 2, 6, 6])
    """
    outputs: dict[str, Tensor] = {}

    def keep(layer: str) -> Hook:
        def hook(_module: nn.Module, _inputs: tuple[Any, ...], output: object) -> None:
            if isinstance(output, Tensor):
                outputs[layer] = output.clone()

        return hook

    with hooked(model, [(layer, keep(layer)) for layer in layers]):
        yield outputs


def feature_maps(model: nn.Module, inputs: Tensor, layer: str) -> FeatureMaps:
    """Return what a layer answers to one picture, before and after the ReLU that follows.

    Which ReLU that is, `cnn_core.models.rectified` says: with BatchNorm between, `after` is the
    activation behind it. A layer of units gives maps of 1x1. The network runs no further than it
    must; of a layer that runs several times the first run counts.

    Args:
        model: the network, in evaluation mode.
        inputs: float32 (1, C, H, W), normalised, on the network's device.
        layer: dotted name of a module that returns a tensor.

    Returns:
        float32 (C, H, W) arrays of their own.

    Raises:
        UnknownNameError: there is no such layer, or it takes no part in a run.
        ConfigError: the network is in training mode, or there is not one picture.

    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True)).eval()
    >>> maps = feature_maps(network, torch.rand(1, 1, 8, 8), "0")
    >>> bool((maps.after == maps.before.clip(min=0)).all())
    True
    """
    one_picture_in_evaluation(model, inputs)
    before: dict[str, Tensor] = {}

    def settled(_layer: str, _follows: str) -> None:
        raise _EnoughError

    rectified = Rectified(settled)

    def keep(_module: nn.Module, _inputs: tuple[Any, ...], output: object) -> None:
        if isinstance(output, Tensor) and layer not in before:
            before[layer] = output.clone()
            rectified.begin(layer, output)

    with (
        hooked(model, [(layer, keep)]),
        torch.inference_mode(),
        suppress(_EnoughError),
        rectified,
    ):
        model(inputs)
    if layer not in before:
        raise UnknownNameError(
            f"The layer {layer!r} takes no part when this network runs.",
            hint="Choose another layer of the network.",
        )
    after = rectified.after.get(layer)
    return FeatureMaps(
        layer=layer,
        before=as_maps(before[layer]),
        after=None if after is None else as_maps(after),
    )


class _EnoughError(Exception):
    """The layer has run, and what follows it is known: the rest of the network need not run."""


def one_picture_in_evaluation(model: nn.Module, inputs: Tensor) -> None:
    """Raise ConfigError unless the network is in evaluation mode and there is one picture."""
    if model.training:
        raise ConfigError(
            "The network is in training mode, but it can be inspected in evaluation mode only.",
            hint="Call its eval() first.",
        )
    if inputs.dim() != 4 or len(inputs) != 1:
        raise ConfigError(
            f"Expected one picture, (1, C, H, W), but got {tuple(inputs.shape)}.",
            hint="Inspect pictures one by one.",
        )


def as_maps(output: Tensor) -> Any:  # noqa: ANN401 - NDArray[np.float32], as numpy() cannot say
    """Return a (1, ...) tensor as float32 (C, H, W) on the CPU; units become maps of 1x1."""
    maps = output[0].float()
    maps = maps if maps.dim() == 3 else maps.reshape(-1, 1, 1)
    return maps.cpu().contiguous().numpy()
