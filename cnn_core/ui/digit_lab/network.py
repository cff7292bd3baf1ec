"""From a weights file to a network that the browser can run: a list of layers and one float32 blob.

The layer list is what `network.js` interprets. Each layer is a dictionary of plain values:

    op          "conv" (stride 1, no padding), "max_pool", "relu", "flatten" or "linear"; for the
                network of 1998 also "pad", "subsample" (sum of a window, times a coefficient, plus
                a bias, a map), "squash" (amplitude * tanh(slope * a)) and "rbf" (minus the squared
                distance from each code)
    in, out     channels or units (conv, linear, rbf)
    kernel      side of the square kernel (conv)
    size        side of the window (max_pool, subsample)
    by, value   how many pixels a side, and of what (pad)
    amplitude, slope    (squash)
    weight, bias    offsets into the blob, counted in float32 values
    show        name under which its output is drawn, from 0 (less is drawn as 0) to its largest
    bounds      ... from the first of these to the second instead
    across      units drawn as a picture so many wide

Reads safetensors without torch. Refuses a file that is not a LeNet-5 for 28x28 pictures, in today's
form or in that of 1998.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from cnn_core.errors import WeightsError
from cnn_core.models.registry import model_row
from cnn_core.ui.digit_lab import lenet1998

INPUT_SIDE = 28
_PARAMETERS = tuple(
    f"{layer}.{part}"
    for layer in ("conv1", "conv2", "fc1", "fc2", "fc3")
    for part in ("weight", "bias")
)

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class BrowserNetwork:
    """A network as the browser gets it.

    Attributes:
        layers: layer list (see the module's docstring); the last layer gives the logits.
        weights: all parameters, float32, little endian, in the order of the offsets in `layers`.
        mean: subtracted from a pixel of 0 to 1 ...
        std: ... which is then divided by this.
        title: what the network is, for a person.
        untrained: how many numbers of `weights` training leaves alone.
        token: names the content; equal networks have equal tokens.
    """

    layers: tuple[dict[str, Any], ...]
    weights: bytes
    mean: float
    std: float
    title: str
    untrained: int = 0
    token: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Name the content."""
        described = repr((self.layers, self.mean, self.std, self.title)).encode()
        digest = hashlib.sha256(described + self.weights).hexdigest()
        object.__setattr__(self, "token", digest[:16])

    @property
    def parameters(self) -> int:
        """How many trained weights and biases it has."""
        return len(self.weights) // 4 - self.untrained

    @property
    def classes(self) -> int:
        """How many classes the last layer has."""
        return int(self.layers[-1]["out"])


def browser_network_from_safetensors(path: Path, title: str) -> BrowserNetwork:
    """Return the LeNet-5 in a safetensors file, normalised as the registry says of its kind.

    Args:
        path: state dict with `conv1`, `conv2`, `fc1`, `fc2`, `fc3`, each `.weight` and `.bias`, of
            any number of maps and units; or of the network of 1998 (`lenet1998.SHAPES`); any
            floating-point type.
        title: what the network is, for a person.

    Raises:
        WeightsError: the file is missing or damaged, a parameter is missing, unknown, of another
            shape or not finite.
    """
    arrays = _read(path)
    old = "c1.weight" in arrays
    _validate_names(arrays, tuple(lenet1998.SHAPES) if old else _PARAMETERS, path.name)
    if old:
        _validate_1998_shapes(arrays, path.name)
    else:
        _validate_shapes(arrays, path.name)
    _validate_values(arrays, path.name)
    if old:
        layers, blob, untrained = lenet1998.pack(arrays)
    else:
        layers, untrained = _lenet5_layers(arrays), 0
        blob = b"".join(arrays[name].astype("<f4").tobytes() for name in _PARAMETERS)
    row = model_row("lenet5-1998" if old else "lenet5")
    return BrowserNetwork(layers, blob, row.mean[0], row.std[0], title, untrained)


def _read(path: Path) -> Arrays:
    try:
        arrays: Arrays = load_file(path)
    except FileNotFoundError as exc:
        raise WeightsError(
            f"The weights {path.name} are missing.",
            hint="Get the project's files again; its weights are in the folder `weights`.",
        ) from exc
    except (OSError, SafetensorError, KeyError, ValueError) as exc:
        raise WeightsError(
            f"The weights {path.name} cannot be read: expected a whole safetensors file ({exc}).",
            hint="Copy the file again from where it came.",
        ) from exc
    return arrays


def _validate_names(arrays: Arrays, names: tuple[str, ...], file: str) -> None:
    missing = [name for name in names if name not in arrays]
    unknown = sorted(set(arrays) - set(names))
    if missing or unknown:
        came = ", ".join(sorted(arrays)) or "none"
        raise WeightsError(
            f"The weights {file} are of another network: expected the parameters "
            f"{', '.join(names)}, but got {came}.",
            hint="Choose weights of a LeNet-5 (conv1, conv2, fc1, fc2, fc3; 1998: c1 to output).",
        )


def _validate_shapes(arrays: Arrays, file: str) -> None:
    """Check each shape against the ones before it, from the picture to the logits."""
    channels, side = 1, INPUT_SIDE
    for name in ("conv1", "conv2"):
        shape = arrays[f"{name}.weight"].shape
        expected = f"(maps, {channels}, k, k) with k from 1 to {side - 1}"
        square = len(shape) == 4 and shape[2] == shape[3] and 1 <= shape[2] < side
        if not square or shape[1] != channels or shape[0] < 1:
            raise _shape_error(file, f"{name}.weight", expected, shape)
        channels, side = shape[0], (side - shape[2] + 1) // 2
        _validate_bias(arrays, file, name, channels)
    features = channels * side * side
    for name in ("fc1", "fc2", "fc3"):
        shape = arrays[f"{name}.weight"].shape
        if len(shape) != 2 or shape[1] != features or shape[0] < 1:
            raise _shape_error(file, f"{name}.weight", f"(units, {features})", shape)
        features = shape[0]
        _validate_bias(arrays, file, name, features)
    if features != 10:
        raise _shape_error(file, "fc3.bias", "(10,)", (features,))


def _validate_1998_shapes(arrays: Arrays, file: str) -> None:
    for name, expected in lenet1998.SHAPES.items():
        if arrays[name].shape != expected:
            raise _shape_error(file, name, str(expected), arrays[name].shape)


def _validate_bias(arrays: Arrays, file: str, name: str, out: int) -> None:
    shape = arrays[f"{name}.bias"].shape
    if shape != (out,):
        raise _shape_error(file, f"{name}.bias", f"({out},)", shape)


def _shape_error(file: str, name: str, expected: str, shape: tuple[int, ...]) -> WeightsError:
    return WeightsError(
        f"The weights {file} do not fit: {name} must have the shape {expected}, but has {shape}.",
        hint="Choose weights of a LeNet-5 for ten classes and pictures of 28x28 pixels.",
    )


def _validate_values(arrays: Arrays, file: str) -> None:
    for name, array in arrays.items():
        if not np.issubdtype(array.dtype, np.floating) or not np.isfinite(array).all():
            raise WeightsError(
                f"The weights {file} cannot be used: {name} must hold finite floating-point "
                f"numbers, but holds {array.dtype} values that are not.",
                hint="Choose the weights of a run that did not diverge.",
            )


def _lenet5_layers(arrays: Arrays) -> tuple[dict[str, Any], ...]:
    offsets: dict[str, int] = {}
    position = 0
    for name in _PARAMETERS:
        offsets[name] = position
        position += arrays[name].size

    def parameters(name: str) -> dict[str, Any]:
        shape = arrays[f"{name}.weight"].shape
        return {
            "out": shape[0],
            "in": shape[1],
            "weight": offsets[f"{name}.weight"],
            "bias": offsets[f"{name}.bias"],
        }

    def convolution(index: int) -> list[dict[str, Any]]:
        name = f"conv{index}"
        kernel = arrays[f"{name}.weight"].shape[2]
        return [
            {"op": "conv", "kernel": kernel, "show": name, **parameters(name)},
            {"op": "max_pool", "size": 2},
            {"op": "relu", "show": f"pool{index}"},
        ]

    return (
        *convolution(1),
        *convolution(2),
        {"op": "flatten"},
        {"op": "linear", **parameters("fc1")},
        {"op": "relu", "show": "fc1"},
        {"op": "linear", **parameters("fc2")},
        {"op": "relu", "show": "fc2"},
        {"op": "linear", **parameters("fc3")},
    )
