"""The gate of a served model as it is kept: a file beside its run, or arrays among others.

Free of torch: what runs on ONNX Runtime alone reads it too.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save as serialise

from cnn_core.errors import WeightsError
from cnn_core.results.xray_decision import Gate
from cnn_core.runtime.files import write_whole

GATE_FILE = "gate.safetensors"

_ARRAYS = ("weights", "mean", "scale", "known")
_BIAS, _FIGURES = "bias", "figures"


def gate_arrays(gate: Gate) -> dict[str, NDArray[Any]]:
    """Return what a gate consists of, by name; `gate_of_arrays` makes it whole again."""
    arrays = {name: np.ascontiguousarray(getattr(gate, name)) for name in _ARRAYS}
    figures = np.array([gate.neighbours, gate.limit], dtype=np.float64)
    return {**arrays, _BIAS: np.atleast_1d(gate.bias).astype(np.float64), _FIGURES: figures}


def gate_of_arrays(arrays: Mapping[str, NDArray[Any]]) -> Gate:
    """Return the gate that `gate_arrays` took apart.

    A gate of an earlier version has one head, its bias among the figures.

    Raises:
        KeyError: an array is missing.
        ValueError: there are too few figures, or too many.
    """
    *before, neighbours, limit = arrays[_FIGURES].tolist()
    bias = np.array(before) if before else arrays[_BIAS]
    whole = {name: arrays[name] for name in _ARRAYS}
    heads = np.atleast_2d(whole["weights"]).shape
    if np.shape(bias) != heads[:1]:
        raise ValueError(f"expected the bias of {heads[0]} heads, but got {np.shape(bias)}.")
    return Gate(**whole, bias=bias, neighbours=int(neighbours), limit=limit)


def write_gate(path: Path, gate: Gate) -> None:
    """Keep a gate, whole or not at all.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    write_whole(path, serialise(gate_arrays(gate)))


def read_gate(path: Path) -> Gate:
    """Return the gate that was kept at `path`.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return gate_of_arrays({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (OSError, KeyError, ValueError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            "The gate of this study is missing or damaged.", hint="Evaluate the study again."
        ) from exc
