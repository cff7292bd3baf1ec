"""Read a file of weights without running anything in it, and say in a sentence what is wrong.

safetensors (`.safetensors`) and torch state dicts (`.pth`, `.pt`: pickles, read with
`weights_only=True`, which builds tensors and refuses everything else). `tensor_names` does without
torch. Pure: files are read, never written.
"""

import hashlib
import json
import os
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_core.errors import WeightsError
from cnn_core.models.model_row import ModelRow

if TYPE_CHECKING:
    from torch import Tensor

SAFETENSORS = ".safetensors"
STATE_DICTS = (".pth", ".pt")
_HEADER_BYTES = 10_000_000  # a thousand tensors take about 100 kB
_HINT = "Get the file again, or add another one."


def unusable(path: Path, reason: str) -> WeightsError:
    """Return the error that says of a file by its name what is wrong."""
    return WeightsError(f"{path.name} cannot be used: {reason}.", hint=_HINT)


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256, hexadecimal.

    Raises:
        WeightsError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise unusable(path, f"it cannot be read ({exc.strerror})") from exc


def renamed(name: str, row: ModelRow) -> str:
    """Return what a tensor of a file is called in the network; "" if it is to be left out.

    >>> from cnn_core.models.registry import model_row
    >>> renamed("4.weight", model_row("alexnet-2012"))
    'features.4.weight'
    >>> renamed("aux1.fc1.bias", model_row("googlenet"))
    ''
    >>> renamed("_blocks.2._project_conv.weight", model_row("efficientnet-lite0"))
    'blocks.1.1.conv_pwl.weight'
    """
    if name.startswith(row.auxiliary):
        return ""
    for pattern, replacement in row.renames:
        name = re.sub(pattern, replacement, name)
    return name


def tensor_names(path: Path) -> tuple[str, ...]:
    """Return the names of the tensors in a safetensors file, whose layout is checked.

    Raises:
        WeightsError: it is truncated, has bytes too many, or is no safetensors file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_HEADER_BYTES, size - 8):
                raise unusable(
                    path,
                    f"expected a safetensors file, but its header would be {length:,} bytes long "
                    f"in a file of {size:,} bytes",
                )
            header = json.loads(file.read(length))
        tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
        data = max((entry["data_offsets"][1] for entry in tensors.values()), default=0)
    except OSError as exc:
        raise unusable(path, f"it cannot be read ({exc.strerror})") from exc
    except (ValueError, AttributeError, KeyError, TypeError, IndexError, RecursionError) as exc:
        raise unusable(path, "expected a safetensors file, but its header is damaged") from exc
    expected = 8 + length + data
    if size != expected:
        state = "is truncated" if size < expected else "has bytes after its last tensor"
        raise unusable(path, f"it {state} (expected {expected:,} bytes, but got {size:,})")
    return tuple(tensors)


def read_tensors(path: Path) -> "dict[str, Tensor]":
    """Return the tensors of a file by their names in it, on the CPU, in the file's dtypes.

    Raises:
        WeightsError: it is missing, damaged, of another kind, or holds more than tensors.
    """
    suffix = path.suffix.lower()
    if suffix == SAFETENSORS:
        return _read_safetensors(path)
    if suffix in STATE_DICTS:
        return _read_state_dict(path)
    raise unusable(
        path, f"expected a file that ends in .safetensors, .pth or .pt, but got {suffix or 'none'}"
    )


def _read_safetensors(path: Path) -> "dict[str, Tensor]":
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    tensor_names(path)
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError, KeyError) as exc:
        raise unusable(path, "expected a safetensors file, but it is damaged") from exc
    return tensors


def _read_state_dict(path: Path) -> "dict[str, Tensor]":
    import torch

    try:
        if not os.access(path, os.R_OK):
            raise FileNotFoundError(2, "No such file, or it may not be read")
        mapped = zipfile.is_zipfile(path)  # not read whole beside the network that it fills
        found: object = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as exc:
        raise unusable(
            path, "expected a state dict, but it is damaged or holds more than tensors"
        ) from exc
    except OSError as exc:
        raise unusable(path, f"it cannot be read ({exc.strerror})") from exc
    except (RuntimeError, EOFError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise unusable(path, "expected a state dict, but it is truncated or damaged") from exc
    if not isinstance(found, Mapping) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in found.items()
    ):
        raise unusable(path, f"expected names with tensors, but got a {type(found).__name__}")
    return dict(found)
