"""Tensors on disk: written whole or not at all, and checked by SHA-256 before they are believed.

A checkpoint is one safetensors file: `model.*`, `average.*`, `optimizer.*` and `best.*`, with the
scalars of `training.state.Progress` as JSON in the header. The last two are kept. Nothing here is
ever unpickled.
"""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save as serialise
from torch import Tensor

from cnn_core.errors import WeightsError
from cnn_core.runtime.files import TEMPORARY, write_whole
from cnn_core.training.state import Progress, TrainState, weights_on_cpu

KEPT = 2
_PATTERN = "checkpoint-*.safetensors"


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Write a safetensors file atomically (temporary file, fsync, rename); return its SHA-256.

    Raises:
        StorageError: the disk is full or the folder cannot be written; the old file is as it was.
    """
    payload = serialise(dict(tensors), metadata=dict(metadata))
    write_whole(path, payload)
    return hashlib.sha256(payload).hexdigest()


def save_checkpoint(folder: Path, state: TrainState) -> tuple[str, str]:
    """Write a checkpoint into `folder`, drop all but the last two; return (name, SHA-256)."""
    tensors = {f"model.{name}": tensor for name, tensor in weights_on_cpu(state.model).items()}
    if state.average is not None:
        average = weights_on_cpu(state.average)
        tensors |= {f"average.{name}": tensor for name, tensor in average.items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best_weights.items()}
    for index, slots in state.optimizer.state_dict()["state"].items():
        tensors |= {
            f"optimizer.{index}.{slot}": value.detach().to("cpu", copy=True).contiguous()
            for slot, value in slots.items()
            if isinstance(value, Tensor)
        }
    name = _name(state.progress)
    scalars = json.dumps(dataclasses.asdict(state.progress))
    digest = save_tensors(folder / name, tensors, {"progress": scalars})
    for stale in sorted(folder.glob(_PATTERN))[:-KEPT]:
        stale.unlink(missing_ok=True)
    return name, digest


def _name(progress: Progress) -> str:
    """Return the file for where a run stands: before and after a validation are two places."""
    return f"checkpoint-{progress.step:08d}-{progress.epoch:04d}.safetensors"


def sweep_checkpoints(folder: Path, progress: Progress) -> None:
    """Remove what was written after the checkpoint with this `progress`, and stray halves."""
    for path in folder.glob(_PATTERN):
        if path.name > _name(progress):
            path.unlink(missing_ok=True)
    for stray in folder.glob(f"{TEMPORARY}*"):
        stray.unlink(missing_ok=True)


def load_checkpoint(path: Path, sha256: str, state: TrainState) -> None:
    """Bring `state` (freshly built from the same configuration) to where the checkpoint was.

    Raises:
        WeightsError: the file is missing, changed, or of another network; `state` is as it was.
    """
    try:
        payload = path.read_bytes()
    except OSError as exc:
        raise WeightsError(f"The checkpoint {path.name} cannot be read ({exc.strerror}).") from exc
    if hashlib.sha256(payload).hexdigest() != sha256:
        raise WeightsError(f"The checkpoint {path.name} is damaged: its checksum differs.")
    with _opened(path) as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    weights = _under("model.", tensors)
    if _shapes(weights) != _shapes(state.model.state_dict()):
        raise WeightsError(f"The checkpoint {path.name} is of another network.")
    state.progress = Progress(**json.loads(metadata["progress"]))
    state.best_weights = _under("best.", tensors)
    state.model.load_state_dict(weights)
    if state.average is not None:
        state.average.load_state_dict(_under("average.", tensors))
    optimizer = state.optimizer.state_dict()
    optimizer["state"] = _optimizer_state(tensors, list(state.model.parameters()))
    state.optimizer.load_state_dict(optimizer)


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[safetensors.safe_open]:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            yield file
    except (safetensors.SafetensorError, OSError) as exc:
        raise WeightsError(f"{path.name} is not a readable safetensors file.") from exc


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _optimizer_state(
    tensors: Mapping[str, Tensor], parameters: Sequence[Tensor]
) -> dict[int, dict[str, Tensor]]:
    """Return the optimizer's slots, each in its parameter's memory layout.

    The fused optimizers walk parameter and slots as flat memory, so that a slot in another layout
    would silently be applied to other weights.
    """
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimizer.", tensors).items():
        index, _, slot = name.partition(".")
        parameter = parameters[int(index)]
        if value.shape == parameter.shape:
            value = torch.empty_like(parameter).copy_(value)
        state.setdefault(int(index), {})[slot] = value
    return state


def save_predictions(path: Path, logits: Tensor) -> None:
    """Keep what the network said of each test picture: probabilities float32 (N, classes)."""
    save_tensors(path, {"probabilities": torch.softmax(logits, dim=1)}, {})
