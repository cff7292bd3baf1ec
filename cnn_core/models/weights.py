"""Weights of a file for a network of the registry: which they are, whether they fit, loaded.

`weights_state` does without torch, and knows a file by its checksum, not by its name. A file need
not have the classifier ("features"); everything else must be there, and nothing besides. Nothing is
loaded of a file that does not fit. Pure: only the model that is given changes.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_core.errors import WeightsError
from cnn_core.models.model_row import ModelRow, WeightsSource
from cnn_core.models.weights_file import (
    SAFETENSORS,
    read_tensors,
    renamed,
    sha256_of,
    tensor_names,
    unusable,
)
from cnn_core.results.inspection import WeightsKind, WeightsState

if TYPE_CHECKING:
    from torch import Tensor, nn

_COUNTER = "num_batches_tracked"  # of batch normalisation; older files do without


def stamp_of(path: Path) -> tuple[int, int]:
    """Return size and time of change: differs when the file does; (0, 0) if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


@functools.lru_cache(maxsize=256)
def _sha256(path: Path, stamp: tuple[int, int]) -> str:
    del stamp  # part of the key alone
    return sha256_of(path)


def known_source(row: ModelRow, sha256: str) -> WeightsSource | None:
    """Return the source that a file with this checksum is, None for a file of somebody's own."""
    for source in row.weights:
        if sha256.startswith(source.sha256):
            return source
    return None


def weights_state(row: ModelRow, path: Path) -> WeightsState:
    """Return what the file at `path` is for `row`'s network, as far as can be said without torch.

    The checksum of a file is computed once for each process. Whether a file with an unknown
    checksum fits is found by `load_weights`.

    Raises:
        WeightsError: the file cannot be read.
    """
    digest = _sha256(path, stamp_of(path))
    source = known_source(row, digest)
    if source is not None:
        return WeightsState(
            kind=source.kind, sentence=source.sentence, licence=source.licence, sha256=digest
        )
    kind = _kind_by_names(row, path)
    part = "" if kind == "trained" else ", convolutions alone"
    return WeightsState(
        kind=kind,
        sentence=f"A file of yours, {path.name}{part}; where it comes from is not known.",
        licence="not known",
        sha256=digest,
    )


def _kind_by_names(row: ModelRow, path: Path) -> WeightsKind:
    if path.suffix.lower() != SAFETENSORS:
        return "trained"
    try:
        names = [renamed(name, row) for name in tensor_names(path)]
    except WeightsError:  # said when it is loaded
        return "trained"
    return "trained" if any(name.startswith(row.head) for name in names) else "features"


def fitting_tensors(
    model: "nn.Module", row: ModelRow, path: Path
) -> "tuple[dict[str, Tensor], WeightsKind]":
    """Return the tensors of a file under the network's names, and how much of it they fill.

    Args:
        model: the network, or one of the same shapes on the meta device.
        row: its row in the registry.
        path: the file.

    Returns:
        Tensors in the file's dtypes, and "trained" or "features". Those of auxiliary heads are
        among them where `model` has these heads and the file too.

    Raises:
        WeightsError: the file is damaged; a tensor is missing, too many, of another shape, or
            holds a value that is not a finite number.
    """
    wanted = model.state_dict()
    tensors = {
        name if name in wanted else renamed(name, row): tensor
        for name, tensor in read_tensors(path).items()
    }
    tensors.pop("", None)
    _validate_names(tensors, wanted, row, path)
    _validate_values(tensors, wanted, row, path)
    complete = any(name.startswith(row.head) for name in tensors)
    return tensors, "trained" if complete else "features"


def _validate_names(
    tensors: "Mapping[str, Tensor]", wanted: "Mapping[str, Tensor]", row: ModelRow, path: Path
) -> None:
    strangers = [name for name in tensors if name not in wanted]
    if strangers:
        raise unusable(
            path,
            f"expected the tensors of {row.title}, but got {len(strangers)} that it does not have "
            f"({strangers[0]!r})",
        )
    missing = [
        name
        for name in wanted
        if name not in tensors
        and not name.endswith(_COUNTER)
        and not name.startswith(row.auxiliary)
    ]
    head = [name for name in wanted if name.startswith(row.head)]
    if missing and missing != head:
        raise unusable(
            path,
            f"expected the tensors of {row.title}, but {len(missing)} of {len(wanted)} are missing "
            f"({missing[0]!r})",
        )


def _validate_values(
    tensors: "Mapping[str, Tensor]", wanted: "Mapping[str, Tensor]", row: ModelRow, path: Path
) -> None:
    import torch

    for name, tensor in tensors.items():
        expected, got = tuple(wanted[name].shape), tuple(tensor.shape)
        if got != expected:
            if name.startswith(row.head) and got[1:] == expected[1:]:
                raise unusable(
                    path, f"expected {expected[0]} classes of {row.title}, but got {got[0]}"
                )
            raise unusable(path, f"expected {name} of shape {expected}, but got {got}")
        if tensor.dtype.is_complex or (
            wanted[name].is_floating_point() and not tensor.is_floating_point()
        ):
            raise unusable(path, f"expected {name} of real numbers, but got {tensor.dtype}")
        # A sum of which one term is not finite is not finite: a third of the time of isfinite.
        if tensor.is_floating_point() and not torch.isfinite(tensor.sum(dtype=torch.float32)):
            raise unusable(path, f"expected finite numbers, but {name} holds others (NaN or Inf)")


def load_weights(model: "nn.Module", row: ModelRow, path: Path) -> WeightsState:
    """Load a file into `model`, whole or not at all; return which weights it has now.

    Values of half precision become float32. With the features alone, the classifier stays as it is.

    Args:
        model: built by `registry.build_model` for `row`.
        row: its row in the registry.
        path: `.safetensors`, `.pth` or `.pt`.

    Raises:
        WeightsError: the file is missing, damaged, does not fit, or is not what its name and
            checksum promise; `model` is unchanged.
    """
    state = weights_state(row, path)
    tensors, kind = fitting_tensors(model, row, path)
    if kind != state.kind:
        raise unusable(path, f"expected all of {row.title}, but the classifier is missing")
    model.load_state_dict(tensors, strict=False)
    return state
