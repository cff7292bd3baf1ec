"""What a triage model is held against later: its known films' labels, and films as it saw them.

Kept with the served run of a study (`REFERENCE_FILE`), and packed with the models that come along:
for each film that the gate compares with, its label and source; of films that the model was not
trained on, one a patient, what the watch over drift compares windows with (threshold, sets and gate
may have been set on some of them: see `study_reference`); and the projection that both go through.
No picture, no name, no patient. Free of torch.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save as serialise

from cnn_core.errors import WeightsError
from cnn_core.results.monitoring import DriftSample
from cnn_core.results.triage import PROJECTION
from cnn_core.runtime.files import write_whole

REFERENCE_FILE = "reference.safetensors"

_SEED = 20_170  # of the projection: another one would make windows of two versions differ
_BETWEEN = "\0"  # stands in no label and no source
_SAMPLE = ("scores", "distances", "brightness", "contrast", "projections", "referred", "refused")
_KNOWN = ("known.labels", "known.sources", "known.names")
_NAMES = (*_KNOWN, "projection", *(f"reference.{name}" for name in _SAMPLE))

Arrays = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float32]


def projection_matrix(size: int) -> Floats:
    """Return the random projection of embeddings of `size` numbers, float32 `(size, PROJECTION)`.

    Its rows are drawn from a normal distribution of variance 1/PROJECTION, so that distances are
    kept on average (Johnson, Lindenstrauss 1984).

    >>> projection_matrix(1280).shape
    (1280, 16)
    """
    drawn = np.random.default_rng([_SEED, size]).standard_normal((size, PROJECTION))
    return np.asarray(drawn / np.sqrt(PROJECTION), dtype=np.float32)


def projected(embeddings: Floats, matrix: Floats) -> Floats:
    """Return the directions of embeddings in few numbers, float32 `(N, PROJECTION)`.

    Args:
        embeddings: float32 `(N, D)`.
        matrix: float32 `(D, PROJECTION)`, see `projection_matrix`.
    """
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    directions = embeddings / np.maximum(lengths, np.finfo(np.float32).tiny)
    return np.asarray(directions @ matrix, dtype=np.float32)


def reference_arrays(
    known: Sequence[tuple[str, str]], sample: DriftSample, matrix: Floats
) -> dict[str, NDArray[Any]]:
    """Return what is kept, by name; `known_of`, `reference_of` and `projection_of` read it.

    Args:
        known: label and source of each film that the gate compares with, in the order of
            `Gate.known`; "" where the source is not known.
        sample: films that the model was not trained on, as it saw them.
        matrix: float32 `(D, PROJECTION)`, that the projections of `sample` were made with.
    """
    names = sorted({name for pair in known for name in pair})
    place = {name: number for number, name in enumerate(names)}
    text = np.frombuffer(_BETWEEN.join(names).encode(), dtype=np.uint8)
    return {
        "known.labels": np.array([place[label] for label, _ in known], dtype=np.int64),
        "known.sources": np.array([place[source] for _, source in known], dtype=np.int64),
        "known.names": text.copy(),
        "projection": np.ascontiguousarray(matrix, dtype=np.float32),
        **{f"reference.{name}": np.ascontiguousarray(getattr(sample, name)) for name in _SAMPLE},
    }


def known_of(arrays: Arrays) -> tuple[tuple[str, str], ...]:
    """Return label and source of each film that the gate compares with, from `reference_arrays`.

    Raises:
        KeyError: an array is missing.
    """
    labels, sources, text = (arrays[name] for name in _KNOWN)
    names = text.tobytes().decode().split(_BETWEEN)
    return tuple(
        (names[label], names[source])
        for label, source in zip(labels.tolist(), sources.tolist(), strict=True)
    )


def reference_of(arrays: Arrays) -> DriftSample:
    """Return the films that windows are compared with, from `reference_arrays`.

    Raises:
        KeyError: an array is missing.
    """
    return DriftSample(**{name: arrays[f"reference.{name}"] for name in _SAMPLE})


def projection_of(arrays: Arrays) -> Floats:
    """Return the projection, float32 `(D, PROJECTION)`, from `reference_arrays`.

    Raises:
        KeyError: it is missing.
    """
    return np.asarray(arrays["projection"], dtype=np.float32)


def write_reference(path: Path, arrays: Arrays) -> None:
    """Keep `reference_arrays`, whole or not at all.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    write_whole(path, serialise(dict(arrays)))


def read_reference(path: Path) -> dict[str, NDArray[Any]]:
    """Return what `write_reference` kept at `path`.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in _NAMES}
    except (OSError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            "What this study's model is held against later (labels of the films that it knows, "
            "films to notice change by) is missing or damaged.",
            hint="Evaluate the study again.",
        ) from exc
