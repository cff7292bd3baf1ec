"""Which ReLU follows a layer, and what it makes of the layer's output: found from the run itself.

A ReLU follows a layer when it is the first function that is applied to the layer's output, directly
or behind BatchNorm or dropout (ResNet, GoogLeNet, EfficientNet-Lite0): then what it makes is the
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

    Tell it each output with `begin` as soon as it is there; of a layer that runs several times the
    first one counts. Holds the tensors that it follows.

    Args:
        on_settled: called with a layer and the name of the function that follows, "" if it is no
            ReLU, as soon as that is known. What it raises ends the run.

    Attributes:
        after: by layer, its output after the ReLU that follows, a tensor of its own.
    """

    def __init__(self, on_settled: Callable[[str, str], None]) -> None:
        super().__init__()
        self.after: dict[str, Tensor] = {}
        self._on_settled = on_settled
        self._begun: set[str] = set()
        # By the id of a tensor (held, so that the id stays its own): the layers that it comes from,
        # each with the tensor before max pooling.
        self._chains: dict[int, tuple[Tensor, dict[str, Tensor]]] = {}

    def begin(self, layer: str, output: Tensor) -> None:
        """Follow what becomes of a layer's output from now on."""
        if layer not in self._begun:
            self._begun.add(layer)
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
        if id(source) not in self._chains:
            return func(*args, **kwargs)
        _, layers = self._chains[id(source)]
        follows = name if is_relu(name, args, kwargs) else ""
        if follows:
            for layer, unpooled in layers.items():
                self.after[layer] = func(unpooled.clone(), *args[1:], **kwargs)
        result = func(*args, **kwargs)
        if not isinstance(result, Tensor):  # a look at its shape, say
            return result
        del self._chains[id(source)]
        if name in _PASSING:
            pooled = name == "max_pool2d"
            onwards = {layer: unpooled if pooled else result for layer, unpooled in layers.items()}
            self._chains[id(result)] = (result, onwards)
        else:
            for layer in layers:
                self._on_settled(layer, follows)
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
