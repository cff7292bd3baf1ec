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


def gate_arrays(gate: Gate) -> dict[str, NDArray[Any]]:
    """Return what a gate consists of, by name; `gate_of_arrays` makes it whole again."""
    arrays = {name: np.ascontiguousarray(getattr(gate, name)) for name in _ARRAYS}
    figures = np.array([gate.bias, gate.neighbours, gate.limit], dtype=np.float64)
    return {**arrays, "figures": figures}


def gate_of_arrays(arrays: Mapping[str, NDArray[Any]]) -> Gate:
    """Return the gate that `gate_arrays` took apart.

    Raises:
        KeyError: an array is missing.
        ValueError: there are not three figures.
    """
    bias, neighbours, limit = arrays["figures"].tolist()
    whole = {name: arrays[name] for name in _ARRAYS}
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
            return gate_of_arrays({name: file.get_tensor(name) for name in (*_ARRAYS, "figures")})
    except (OSError, ValueError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            "The gate of this study is missing or damaged.", hint="Evaluate the study again."
        ) from exc
