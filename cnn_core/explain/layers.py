"""The layers of a network as they run: shapes, parameters, work, windows, receptive fields.

The network's code runs once on no pictures (`explain.dry_run`); nothing of the network changes.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnn_core.explain.dry_run import no_pictures, twin
from cnn_core.explain.receptive_field import Fields
from cnn_core.explain.windows import Window, window_of
from cnn_core.models.rectified import Rectified
from cnn_core.results.inspection import LayerInfo

_DO_NOTHING = (nn.Identity, nn.Dropout, nn.Dropout2d)


def layer_infos(
    model: nn.Module, input_shape: tuple[int, int, int], of_interest: Collection[str] = ()
) -> tuple[LayerInfo, ...]:
    """Return the layers that run, in the order in which they end.

    Layers are the modules without modules inside, those with parameters of their own, and those of
    interest (a block of a ResNet, say), but not dropout and identities, which do nothing here. A
    module that runs several times stands at its first run, with the work of all.

    Multiply-accumulates are those of convolutions and linear layers, without biases, as torchinfo
    and fvcore count them: each weight once for each position of the output. `relu` is the name of
    the ReLU that follows (`models.rectified`), or the function's where no module stands for it.

    Args:
        model: the network.
        input_shape: (C, H, W).
        of_interest: dotted names of the modules worth a look.

    >>> network = nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU())
    >>> conv, relu = layer_infos(network, (3, 32, 32))
    >>> conv.shape, conv.parameters, conv.macs, conv.receptive_field, conv.relu
    ((8, 14, 14), 608, 117600, (5, 5), '1')
    """
    network, batch = twin(model), no_pictures(model, input_shape)
    trainable = _own_parameters(model)
    running: list[str] = []
    relus: dict[str, str] = {}
    modules = dict(network.named_modules())

    def settled(layer: str, follows: str) -> None:
        is_module = follows and not any(modules[running[-1]].children())
        relus[layer] = running[-1] if is_module else follows

    fields, rectified, work = Fields(batch), Rectified(settled), _Work(running, modules)
    infos: dict[str, LayerInfo] = {}

    def enter(name: str) -> Callable[[nn.Module, object], None]:
        return lambda _module, _inputs: running.append(name)

    def leave(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, _inputs: object, output: object) -> None:
            running.pop()
            if name and isinstance(output, Tensor) and name not in infos:
                rectified.begin(name, output)
                window, field = work.windows.get(name), fields.of(output)
                infos[name] = LayerInfo(
                    name=name,
                    kind=type(module).__name__,
                    shape=tuple(output.shape[1:]),
                    parameters=trainable[name],
                    macs=0,  # not known before its last run
                    kernel=window.kernel if window else None,
                    stride=window.stride if window else None,
                    receptive_field=field.size if field else None,
                    of_interest=name in of_interest,
                )

        return hook

    for name, module in modules.items():
        module.register_forward_pre_hook(enter(name))
        module.register_forward_hook(leave(name))
    with torch.inference_mode(), fields, rectified, work:
        network(batch)
    return tuple(
        replace(info, macs=work.macs.get(name, 0), relu=relus.get(name, ""))
        for name, info in infos.items()
        if name in of_interest or _is_layer(modules[name])
    )


def _is_layer(module: nn.Module) -> bool:
    inside, own = any(module.children()), any(True for _ in module.parameters(recurse=False))
    return (own or not inside) and not isinstance(module, _DO_NOTHING)


def _own_parameters(model: nn.Module) -> dict[str, int]:
    return {
        name: sum(p.numel() for p in module.parameters(recurse=False) if p.requires_grad)
        for name, module in model.named_modules()
    }


class _Work(TorchFunctionMode):
    """Notes for each module the window and the multiply-accumulates of the functions it calls."""

    def __init__(self, running: list[str], modules: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.windows: dict[str, Window] = {}
        self.macs: dict[str, int] = {}
        self._running = running
        self._modules = modules

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the function returns
        """Call the function, and count its work."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        window = window_of(func.__name__, args, kwargs)
        if window is not None:
            self.windows[self._running[-1]] = window
        if func.__name__ in ("conv2d", "linear"):
            layer = self._running[-1]
            # The module's own weights: a sparse convolution has fewer than it calls conv2d with.
            weight = getattr(self._modules[layer], "weight", None)
            weights = (kwargs.get("weight", *args[1:2]) if weight is None else weight).numel()
            positions = math.prod(
                result.shape[2:] if func.__name__ == "conv2d" else result.shape[1:-1]
            )
            self.macs[layer] = self.macs.get(layer, 0) + weights * positions
        return result
