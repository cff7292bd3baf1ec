"""Which ReLU follows a layer, and what it makes of the layer's output: found from the run itself.

A ReLU follows a layer when it is applied to the layer's output, either directly or behind
BatchNorm or dropout alone (ResNet, GoogLeNet, EfficientNet-Lite0): then what it makes is the
activation behind that BatchNorm. Max pooling may stand between (LeNet-5): both are monotone, so the
ReLU is taken at the layer's own size. A ReLU behind a sum follows the sum, not the convolutions
that were added up. It makes no difference whether the ReLU is a module or a function.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

_PASSING = {"batch_norm", "dropout", "feature_dropout", "max_pool2d"}
_RELUS = {"relu", "relu_", "relu6"}


class Rectified(TorchFunctionMode):
    """Listens to a run in this thread for the ReLUs behind layers' outputs.

    Tell it each output with `begin` as soon as it is there. Holds the tensors of the chains that it
    follows, and of each layer one map for each ReLU.

    Attributes:
        after: by layer, its output after the ReLU that follows, a tensor of its own.
    """

    def __init__(self, on_relu: Callable[[str, str], None] = lambda layer, function: None) -> None:
        super().__init__()
        self.after: dict[str, Tensor] = {}
        self._on_relu = on_relu
        # By the id of a tensor (held, so that the id stays its own): the layers that it comes from,
        # each with the tensor before max pooling.
        self._chains: dict[int, tuple[Tensor, dict[str, Tensor]]] = {}

    def begin(self, layer: str, output: Tensor) -> None:
        """Follow what becomes of a layer's output from now on."""
        self.after.pop(layer, None)
        _, layers = self._chains.get(id(output), (output, {}))
        self._chains[id(output)] = (output, {**layers, layer: output})

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the function returns
        """Call the function, and follow its input to its output."""
        kwargs = kwargs or {}
        name = func.__name__
        source = args[0] if args else kwargs.get("input")
        _, layers = self._chains.get(id(source), (source, {}))
        if layers and is_relu(name, args, kwargs):
            for layer in layers.keys() - self.after.keys():
                self.after[layer] = func(layers[layer].clone(), *args[1:], **kwargs)
                self._on_relu(layer, name)
            layers = {}
        result = func(*args, **kwargs)
        if layers and name in _PASSING:
            pooled = name == "max_pool2d"
            onwards = {layer: unpooled if pooled else result for layer, unpooled in layers.items()}
            self._chains[id(result)] = (result, onwards)
        elif result is source:  # written over in place: it is no longer the layer's output
            self._chains.pop(id(source), None)
        return result


def is_relu(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Say whether a call of one of torch's functions is a ReLU, of whichever form."""
    if name == "hardtanh":  # nn.ReLU6 calls it with 0 and 6
        return _lowest(*args, **kwargs) == 0
    return name in _RELUS


def _lowest(
    input: Tensor,
    min_val: float = -1.0,
    max_val: float = 1.0,
    inplace: bool = False,
) -> float:
    return min_val
