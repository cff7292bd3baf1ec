"""The files of a run's folder, without torch: names, atomic writing, reading predictions."""

import os
import secrets
from pathlib import Path

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays

from cnn_core.errors import StorageError, WeightsError

WEIGHTS_FILE = "weights.safetensors"
PREDICTIONS_FILE = "predictions.safetensors"
JUDGED_FILE = "judged.safetensors"
"""What a fine-tuned network said: `PART.pictures|labels|probabilities|embeddings` (Judged)."""
JUDGEMENT_FILE = "judgement.json"

TEMPORARY = ".writing-"
ROOM = "Make room on the disk, or set CNN_LAB_RUNS to another folder, and resume."


def write_whole(path: Path, payload: bytes, *, hint: str = ROOM) -> None:
    """Put `payload` at `path`, whole or not at all: temporary file, synchronised, renamed.

    Raises:
        StorageError: the disk is full or the folder cannot be written; says `hint`.
    """
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    try:
        try:
            with temporary.open("xb") as file:
                file.write(payload)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)  # mkstemp makes files for the owner alone
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise StorageError(
            f"{path.name} could not be written ({exc.strerror}).",
            hint=hint,
        ) from exc


def make_folder(path: Path) -> Path:
    """Return the folder `path`, made if need be.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(
            f"The folder for runs cannot be made ({exc.strerror}).",
            hint="Set CNN_LAB_RUNS to a folder that you can write to.",
        ) from exc
    return path


def read_probabilities(path: Path) -> NDArray[np.float32]:
    """Return what a finished run said of each test picture: float32 (N, classes), rows sum to 1.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    try:
        probabilities: NDArray[np.float32] = load_arrays(path.read_bytes())["probabilities"]
    except (OSError, KeyError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            "The predictions of this run are missing or damaged.", hint="Train the run again."
        ) from exc
    return probabilities
