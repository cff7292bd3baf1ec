"""A triage model: a folder that ONNX Runtime alone can ask about films. Free of torch.

The folder holds the network, the same network with its last block and head at random (what a heat
map is held against), arrays (gate, labels of the films that it knows, head, films to notice change
by), and `triage.json`, which names the SHA-256 of the others: a file that differs from it is
refused. `runtime.triage_export` writes it. A `TriageModel` is read once and never changes; any
number of threads may ask it at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays

from cnn_core.errors import UnknownNameError, WeightsError
from cnn_core.models.model_row import ModelRow
from cnn_core.models.registry import model_row
from cnn_core.models.weights_file import sha256_of
from cnn_core.results.monitoring import DriftSample
from cnn_core.results.triage import PROJECTION
from cnn_core.results.xray_decision import Gate
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.kept_gate import gate_of_arrays
from cnn_core.runtime.onnx_runtime import onnx_faults, onnx_runtime
from cnn_core.runtime.triage_description import (
    ARRAYS_FILE,
    DESCRIPTION_FILE,
    GATE,
    HEAD,
    HINT,
    INPUT,
    NETWORK_FILE,
    OUTPUTS,
    RANDOM_FILE,
    RANDOM_HEAD,
    read_whole,
)
from cnn_core.runtime.triage_reference import known_of, projected, projection_of, reference_of

_BATCH = 32

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What a network makes of films.

    Attributes:
        logits: float64 `(N, C)`: divided by the temperature, their softmax is at the prior.
        embeddings: float32 `(N, D)`: the mean of `maps` over their places.
        maps: float32 `(N, D, h, w)`, the last ones before pooling.
    """

    logits: NDArray[np.float64]
    embeddings: Floats
    maps: Floats


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TriageModel:
    """A triage model in memory.

    Attributes:
        sha256: of its `triage.json`, which names those of its other files: the name of the model in
            the log and in replies.
        title: for a person.
        synthetic: whether it was trained on drawn films.
        classes: of its outputs.
        prior: that its probabilities belong to, `(C,)`.
        temperature: that its logits are divided by.
        result: what its study found.
        row: the network's, of the registry: how `training.film_views.film_view` makes views.
        gate: what refuses films.
        known: label and source of each film of `gate.known`, "" where it is not known.
        reference: films to notice change by, None where none came along.
        parity: largest difference of a logit or probability from torch, where it was exported.
        threads: that one call takes.
        head: weights of the linear head, float32 `(C, D)`.
        random_head: of the head at random, likewise.
    """

    sha256: str
    title: str
    synthetic: bool
    classes: tuple[str, ...]
    prior: tuple[float, ...]
    temperature: float
    result: StudyResult
    row: ModelRow
    gate: Gate
    known: tuple[tuple[str, str], ...]
    reference: DriftSample | None
    parity: float
    threads: int
    head: Floats
    random_head: Floats
    _projection: Floats
    _network: Any
    _random: Any

    def ask(self, views: Floats) -> Seen:
        """Return what the network makes of views of films.

        Args:
            views: float32 `(N, 3, S, S)`, at least one, of `film_view`; S is `row.input_size`.

        Raises:
            ValueError: another shape or dtype.
            WeightsError: ONNX Runtime cannot answer: memory ran out, for example.
        """
        return _asked(self._network, views, self.row)

    def ask_random(self, views: Floats) -> Seen:
        """Return what it makes of them with its last block and head at random, as `ask` does."""
        return _asked(self._random, views, self.row)

    def project(self, embeddings: Floats) -> Floats:
        """Return the directions of embeddings `(N, D)` as float32 `(N, PROJECTION)`."""
        return projected(embeddings, self._projection)


def read_model(folder: Path, *, threads: int = 1) -> TriageModel:
    """Return the triage model in a folder, looked at and ready to be asked.

    Args:
        folder: that `runtime.triage_export.export_model` wrote.
        threads: that one call takes, 1 or more.

    Raises:
        WeightsError: a file is missing, damaged, or not the one that was exported.
    """
    described = read_whole(folder)
    arrays = _arrays(folder / ARRAYS_FILE)
    try:
        row = model_row(described.model)
        model = TriageModel(
            sha256=sha256_of(folder / DESCRIPTION_FILE),
            title=described.title,
            synthetic=described.synthetic,
            classes=described.result.classes,
            prior=described.result.prior,
            temperature=described.result.temperature,
            result=described.result,
            row=row,
            gate=gate_of_arrays(_below(arrays, GATE)),
            known=known_of(arrays),
            reference=reference_of(arrays) if "reference.scores" in arrays else None,
            parity=max(described.parity.logits, described.parity.probabilities),
            threads=threads,
            head=arrays[HEAD],
            random_head=arrays[RANDOM_HEAD],
            _projection=projection_of(arrays),
            _network=_session(folder / NETWORK_FILE, threads),
            _random=_session(folder / RANDOM_FILE, threads),
        )
        _validate_fits(model)
    except (KeyError, ValueError, IndexError, UnknownNameError) as exc:
        raise WeightsError(
            "The files of this triage model do not belong together.", hint=HINT
        ) from exc
    return model


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return load_arrays(path.read_bytes())
    except (OSError, safetensors.SafetensorError) as exc:
        raise WeightsError(f"{path.name} of this triage model is damaged.", hint=HINT) from exc


def _below(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {n.removeprefix(prefix): array for n, array in arrays.items() if n.startswith(prefix)}


def _session(path: Path, threads: int) -> Any:  # noqa: ANN401 - onnxruntime has no types
    """Return a file as a session that does not keep a core busy between two questions."""
    onnxruntime = onnx_runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, threads)
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except onnx_faults() as exc:
        raise WeightsError(
            f"{path.name} of this triage model cannot be run here.", hint=HINT
        ) from exc


def _asked(session: Any, views: Floats, row: ModelRow) -> Seen:  # noqa: ANN401 - as above
    shape = (row.channels, row.input_size, row.input_size)
    if views.dtype != np.float32 or views.ndim != 4 or views.shape[1:] != shape or not len(views):
        raise ValueError(f"expected float32 (N, *{shape}), but got {views.dtype} {views.shape}.")
    batches = [views[start : start + _BATCH] for start in range(0, len(views), _BATCH)]
    try:
        parts = [session.run(OUTPUTS, {INPUT: np.ascontiguousarray(each)}) for each in batches]
    except onnx_faults() as exc:
        raise WeightsError(
            "The network of this triage model cannot be asked.",
            hint="Memory may have run out: close other programs and try again.",
        ) from exc
    logits, embeddings, maps = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Seen(logits=logits.astype(np.float64), embeddings=embeddings, maps=maps)


def _validate_fits(model: TriageModel) -> None:
    """Ask both networks about an empty film: what comes out has to fit the arrays.

    Raises:
        ValueError: it does not.
    """
    size = model.row.input_size
    empty = np.zeros((1, model.row.channels, size, size), np.float32)
    (classes, width), known = (len(model.classes), model.gate.known.shape[1]), len(model.known)
    for seen, head in (
        (model.ask(empty), model.head),
        (model.ask_random(empty), model.random_head),
    ):
        shapes = seen.logits.shape, seen.embeddings.shape, seen.maps.shape[:2], head.shape
        if shapes != ((1, classes), (1, width), (1, width), (classes, width)):
            raise ValueError(f"the network gives {shapes}")
    if known != len(model.gate.known) or model._projection.shape != (width, PROJECTION):
        raise ValueError("the known films, or the projection, are others")
