"""Tensors on disk: written whole or not at all, and checked by SHA-256 before they are believed.

A checkpoint is one safetensors file: `model.*`, `average.*`, `optimizer.*` and `best.*`, with the
scalars of `training.state.Progress` as JSON in the header. The last two are kept. Nothing here is
ever unpickled.

A network that is fine-tuned can be large: its best weights have a file of their own, which the
header names with its checksum, and one checkpoint is kept (`settle_checkpoint`). Large files are
written from the tensors where they lie, never put together in memory.
"""

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save as serialise
from safetensors.torch import save_file
from torch import Tensor, nn

from cnn_core.errors import StorageError, WeightsError
from cnn_core.models.weights_file import sha256_of
from cnn_core.runtime.files import ROOM, TEMPORARY, write_whole
from cnn_core.training.state import Progress, TrainState

KEPT = 2
_PATTERN, _BEST = "checkpoint-*.safetensors", "best-*.safetensors"
_IN_MEMORY = 64 << 20  # bytes; a larger file is not put together in memory


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Write a safetensors file atomically (temporary file, fsync, rename); return its SHA-256.

    Raises:
        StorageError: the disk is full or the folder cannot be written; the old file is as it was.
    """
    size = sum(tensor.nbytes for tensor in tensors.values())
    if size > _IN_MEMORY:
        return _write_from_tensors(path, tensors, metadata)
    payload = serialise(dict(tensors), metadata=dict(metadata))
    write_whole(path, payload)
    return hashlib.sha256(payload).hexdigest()


def _write_from_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> str:
    """Do what `save_tensors` says without a copy of the tensors in memory."""
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    try:
        try:
            save_file(dict(tensors), temporary, metadata=dict(metadata))
        except safetensors.SafetensorError as exc:  # it has the system's error in its text alone
            number = re.search(r"os error (\d+)", str(exc))
            code = int(number[1]) if number else errno.EIO
            raise OSError(code, os.strerror(code)) from exc
        with temporary.open("rb+") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as exc:
        raise StorageError(
            f"{path.name} could not be written ({exc.strerror}).", hint=ROOM
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)
    return digest


def save_checkpoint(folder: Path, state: TrainState) -> tuple[str, str]:
    """Write a checkpoint into `folder`, drop all but the last two; return (name, SHA-256).

    Of a network that is fine-tuned nothing is dropped before `settle_checkpoint`.
    """
    tensors = {f"model.{name}": tensor for name, tensor in _on_cpu(state.model).items()}
    if state.average is not None:
        average = _on_cpu(state.average)
        tensors |= {f"average.{name}": tensor for name, tensor in average.items()}
    metadata = {"progress": json.dumps(dataclasses.asdict(state.progress))}
    if state.front is None:
        tensors |= {f"best.{name}": tensor for name, tensor in state.best_weights.items()}
    elif state.best_weights:
        best = folder / _best_name(state.progress)
        digest = sha256_of(best) if best.exists() else save_tensors(best, state.best_weights, {})
        metadata["best"] = json.dumps([best.name, digest])
    for index, slots in state.optimizer.state_dict()["state"].items():
        tensors |= {
            f"optimizer.{index}.{slot}": value.detach().to("cpu").contiguous()
            for slot, value in slots.items()
            if isinstance(value, Tensor)
        }
    name = _name(state.progress)
    digest = save_tensors(folder / name, tensors, metadata)
    if state.front is None:
        for stale in sorted(folder.glob(_PATTERN))[:-KEPT]:
            stale.unlink(missing_ok=True)
    return name, digest


def _on_cpu(model: nn.Module) -> dict[str, Tensor]:
    """Return the model's state dict on the CPU, contiguous; not copied where it is so already."""
    return {
        name: tensor.detach().to("cpu").contiguous() for name, tensor in model.state_dict().items()
    }


def settle_checkpoint(folder: Path, name: str, state: TrainState) -> None:
    """Keep the checkpoint `name` alone, now that it can be found; of LeNet-5's the last two stay.

    Args:
        folder: the run's.
        name: of the newest checkpoint, which is on record.
        state: that it is of.
    """
    if state.front is None:
        return
    kept = {name, _best_name(state.progress)}
    _remove(folder, lambda path: path.name not in kept)


def clear_checkpoints(folder: Path, state: TrainState) -> None:
    """Remove what only a resume would need, of a fine-tuned network whose run has finished."""
    if state.front is not None:
        _remove(folder, lambda path: True)


def _remove(folder: Path, unwanted: Callable[[Path], bool]) -> None:
    for path in [*folder.glob(_PATTERN), *folder.glob(_BEST)]:
        if unwanted(path):
            path.unlink(missing_ok=True)


def _name(progress: Progress) -> str:
    """Return the file for where a run stands: before and after a validation are two places."""
    return f"checkpoint-{progress.step:08d}-{progress.epoch:04d}.safetensors"


def _best_name(progress: Progress) -> str:
    return f"best-{progress.best_epoch:04d}.safetensors"


def sweep_checkpoints(folder: Path, progress: Progress) -> None:
    """Remove what was written after the checkpoint with this `progress`, and stray halves."""
    for pattern, newest in ((_PATTERN, _name(progress)), (_BEST, _best_name(progress))):
        for path in folder.glob(pattern):
            if path.name > newest:
                path.unlink(missing_ok=True)
    for stray in folder.glob(f"{TEMPORARY}*"):
        stray.unlink(missing_ok=True)


def load_checkpoint(path: Path, sha256: str, state: TrainState) -> None:
    """Bring `state` (freshly built from the same configuration) to where the checkpoint was.

    Raises:
        WeightsError: the file is missing, changed, or of another network; `state` is as it was.
    """
    metadata, tensors = _checked(path, sha256)
    best = _under("best.", tensors)
    if "best" in metadata:
        name, digest = json.loads(metadata["best"])
        _, best = _checked(path.with_name(name), digest)
    weights = _under("model.", tensors)
    if _shapes(weights) != _shapes(state.model.state_dict()):
        raise WeightsError(f"The checkpoint {path.name} is of another network.")
    state.progress = Progress(**json.loads(metadata["progress"]))
    state.best_weights = best
    state.model.load_state_dict(weights)
    if state.average is not None:
        state.average.load_state_dict(_under("average.", tensors))
    optimizer = state.optimizer.state_dict()
    optimizer["state"] = _optimizer_state(
        tensors, [p for group in state.optimizer.param_groups for p in group["params"]]
    )
    state.optimizer.load_state_dict(optimizer)


def _checked(path: Path, sha256: str) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return the header and the tensors of a file whose checksum is `sha256`."""
    try:
        with path.open("rb") as payload:
            digest = hashlib.file_digest(payload, "sha256").hexdigest()
    except OSError as exc:
        raise WeightsError(f"The checkpoint {path.name} cannot be read ({exc.strerror}).") from exc
    if digest != sha256:
        raise WeightsError(f"The checkpoint {path.name} is damaged: its checksum differs.")
    with _opened(path) as file:
        names = file.keys()
        return file.metadata() or {}, {name: file.get_tensor(name) for name in names}


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
