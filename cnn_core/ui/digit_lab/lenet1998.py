"""LeNet-5 of 1998 as layers for the browser: the arrays of its weights file, packed.

C3 goes as a full convolution, with noughts where table I has no connection.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.models.lenet1998_constants import (
    AMPLITUDE,
    BACKGROUND,
    C3_TABLE,
    CODE_WIDTH,
    PADDING,
    SLOPE,
)

SHAPES: dict[str, tuple[int, ...]] = {
    "c1.weight": (6, 1, 5, 5),
    "c1.bias": (6,),
    "s2.coefficient": (6,),
    "s2.bias": (6,),
    "c3.weight": (60, 5, 5),
    "c3.bias": (16,),
    "s4.coefficient": (16,),
    "s4.bias": (16,),
    "c5.weight": (120, 16, 5, 5),
    "c5.bias": (120,),
    "f6.weight": (84, 120),
    "f6.bias": (84,),
    "output.codes": (10, 84),
}
"""Every array of a weights file, by name."""

Layers = tuple[dict[str, Any], ...]


def pack(arrays: Mapping[str, NDArray[np.float32]]) -> tuple[Layers, bytes, int]:
    """Return the layer list, the blob, and how many of its numbers training leaves alone.

    Args:
        arrays: of the names and shapes in `SHAPES`.
    """
    packed = {**arrays, "c3.weight": _dense_c3(arrays["c3.weight"])}
    offsets: dict[str, int] = {}
    position = 0
    for name, array in packed.items():
        offsets[name] = position
        position += array.size
    blob = b"".join(array.astype("<f4").tobytes() for array in packed.values())
    untrained = (
        position - sum(array.size for array in arrays.values()) + arrays["output.codes"].size
    )
    return _layers(packed, offsets), blob, untrained


def _dense_c3(kernels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (60, 5, 5) kernels of table I as a full convolution's, (16, 6, 5, 5)."""
    dense = np.zeros((len(C3_TABLE), 6, 5, 5), np.float32)
    slots = [(map_, seen) for map_, row in enumerate(C3_TABLE) for seen in row]
    for (map_, seen), kernel in zip(slots, kernels, strict=True):
        dense[map_, seen] = kernel
    return dense


def _layers(arrays: Mapping[str, NDArray[np.float32]], offsets: Mapping[str, int]) -> Layers:
    def weighted(op: str, name: str, **more: int) -> dict[str, Any]:
        weight = f"{name}.weight"
        out, inputs = arrays[weight].shape[:2]
        places = {"weight": offsets[weight], "bias": offsets[f"{name}.bias"]}
        return {"op": op, "out": out, "in": inputs, **places, **more}

    def subsampling(name: str) -> dict[str, Any]:
        places = {"weight": offsets[f"{name}.coefficient"], "bias": offsets[f"{name}.bias"]}
        return {"op": "subsample", "size": 2, **places}

    def squashed(layer: dict[str, Any], name: str, **more: int) -> Layers:
        squash = {"op": "squash", "amplitude": AMPLITUDE, "slope": SLOPE, "show": name}
        return layer, {**squash, "bounds": (-AMPLITUDE, AMPLITUDE), **more}

    classes, units = arrays["output.codes"].shape
    return (
        {"op": "pad", "by": PADDING, "value": BACKGROUND},
        *squashed(weighted("conv", "c1", kernel=5), "C1"),
        *squashed(subsampling("s2"), "S2"),
        *squashed(weighted("conv", "c3", kernel=5), "C3"),
        *squashed(subsampling("s4"), "S4"),
        *squashed(weighted("conv", "c5", kernel=5), "C5"),
        {"op": "flatten"},
        *squashed(weighted("linear", "f6"), "F6", across=CODE_WIDTH),
        {"op": "rbf", "out": classes, "in": units, "weight": offsets["output.codes"]},
    )
