"""What a triage model is made from: a model that comes along, or a study's served model.

What there is, and whether it changed (`source_digest`), is known without torch; `source_of` loads
it.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
from numpy.typing import NDArray

from cnn_core.errors import RunStateError, UnknownNameError, WeightsError
from cnn_core.models.bundled import bundled_folder
from cnn_core.models.weights_file import sha256_of
from cnn_core.results.monitoring import DriftSample
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_decision import Gate
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.files import WEIGHTS_FILE
from cnn_core.runtime.groups import runs_of
from cnn_core.runtime.kept_gate import GATE_FILE, read_gate
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.triage_reference import (
    REFERENCE_FILE,
    projection_matrix,
    read_reference,
    reference_arrays,
)
from cnn_core.runtime.xray_study import STUDY_FILE, read_study, study_runs
from cnn_core.settings import Settings

if TYPE_CHECKING:
    from cnn_core.runtime.film_network import FilmNetwork

DEMONSTRATION, PHANTOMS = "demonstration", "phantoms"
BUNDLED = {DEMONSTRATION: "xray-demonstration", PHANTOMS: "xray-phantoms"}
"""Files in `weights/` of the models that come along, without their endings."""
TITLES = {
    DEMONSTRATION: "Demonstration model, trained on real films",
    PHANTOMS: "Model for synthetic films, trained on drawn ones",
}

_COMPARED = 24
"""So many films are asked about through torch and through ONNX Runtime."""
_SEED = 4_242
_LEAST_SHARE = 1e-12

Pictures = Iterator[NDArray[np.uint8]]


@dataclass(frozen=True, kw_only=True, eq=False)
class TriageSource:
    """A trained model with all that triage needs of it.

    Attributes:
        title: for a person.
        synthetic: whether it was trained on drawn films.
        network: that is to be exported.
        head: see `TrainConfig`.
        offset: float32 `(C,)`, what its logits need for their softmax to be at the prior.
        result: what its study found.
        gate: what refuses films.
        held: arrays of `triage_reference`.
        sha256: of what it is made from.
        pictures: gives films to compare on, canonical.
    """

    title: str
    synthetic: bool
    network: "FilmNetwork"
    head: str
    offset: NDArray[np.float32]
    result: StudyResult
    gate: Gate
    held: dict[str, NDArray[Any]]
    sha256: str
    pictures: Callable[[], Pictures]


def source_files(settings: Settings, source: str) -> tuple[Path, ...]:
    """Return the files that a triage model is made from.

    Raises:
        UnknownNameError: there is no such model that comes along, or no such study.
        RunStateError: the study has no served model, or was not evaluated.
    """
    if source in BUNDLED:
        found = [bundled_folder() / f"{BUNDLED[source]}.{end}" for end in ("safetensors", "json")]
        if not all(path.exists() for path in found):
            raise UnknownNameError(
                f"{TITLES[source]}: its files did not come along.",
                hint="Get the project's folder weights/ again.",
            )
        return tuple(found)
    store = RunStore(settings.runs, examine=False)
    folder = store.run_folder(_served(store, source).id)
    if not (folder / STUDY_FILE).exists():
        raise _not_evaluated()
    return tuple(folder / name for name in (WEIGHTS_FILE, STUDY_FILE, GATE_FILE, REFERENCE_FILE))


def source_digest(settings: Settings, source: str) -> str:
    """Return one SHA-256 over all files that a triage model is made from, hexadecimal.

    Raises:
        UnknownNameError, RunStateError: as `source_files`.
        WeightsError: a file is missing.
    """
    whole = hashlib.sha256()
    for path in source_files(settings, source):
        try:
            stamp = path.stat()
        except OSError as exc:
            raise WeightsError(
                f"{path.name} of this model is missing.",
                hint="Evaluate the study again, on the page X-ray study.",
            ) from exc
        whole.update(_digest(path, stamp.st_mtime_ns, stamp.st_size).encode())
    return whole.hexdigest()


@functools.lru_cache(maxsize=256)
def _digest(path: Path, stamp: int, size: int) -> str:
    del stamp, size  # the key: a file that was written anew is read anew
    return sha256_of(path)


def source_of(settings: Settings, source: str) -> TriageSource:
    """Return a trained model with all that triage needs of it. Loads torch.

    Raises:
        UnknownNameError: there is no such model that comes along, or no such study.
        RunStateError: the study has no served model, or was not evaluated.
        WeightsError: its files are missing or damaged.
        CnnLabError: its films or its plan are gone.
    """
    digest = source_digest(settings, source)
    if source in BUNDLED:
        return _bundled(settings, source, digest)
    return _of_study(settings, source, digest)


def _served(store: RunStore, group: str) -> RunRecord:
    served = study_runs(store, group)[1]
    if served is None and not runs_of(store, group):
        raise UnknownNameError(
            f"There is no triage model and no study named {group!r}.",
            hint="Choose one that the triage page lists.",
        )
    if served is None:
        raise RunStateError(
            "This study has no served model.", hint="Wait for its last run, or resume it."
        )
    return served


def _not_evaluated() -> RunStateError:
    return RunStateError(
        "This study's served model was not evaluated yet.",
        hint="Evaluate the study on the page X-ray study.",
    )


def _bundled(settings: Settings, source: str, digest: str) -> TriageSource:
    from cnn_core.runtime.xray_demonstration import demonstration, demonstration_network

    known = demonstration(BUNDLED[source])
    network, gate = demonstration_network(name=BUNDLED[source], settings=settings)
    if known is None:
        raise UnknownNameError(f"{TITLES[source]}: its files did not come along.")
    path = source_files(settings, source)[0]
    return TriageSource(
        title=TITLES[source],
        synthetic=source == PHANTOMS,
        network=network,
        head=known.head,
        offset=np.zeros(len(known.result.classes), np.float32),
        result=known.result,
        gate=gate,
        held=_packed_reference(path, gate),
        sha256=digest,
        pictures=drawn_films,
    )


def _packed_reference(path: Path, gate: Gate) -> dict[str, NDArray[Any]]:
    """Return the arrays of `triage_reference` that were packed with weights, else empty ones."""
    with safetensors.safe_open(path, framework="numpy") as file:
        names = [
            name
            for name in file.keys()  # noqa: SIM118
            if name == "projection" or name.startswith(("known.", "reference."))
        ]
        if names:
            return {name: file.get_tensor(name) for name in names}
    known = [("", "")] * len(gate.known)
    none = np.zeros(0)
    empty = DriftSample(
        scores=none,
        distances=none,
        brightness=none,
        contrast=none,
        projections=np.zeros((0, 0), np.float32),
        referred=none.astype(bool),
        refused=none.astype(bool),
    )
    arrays = reference_arrays(known, empty, projection_matrix(gate.known.shape[1]))
    return {name: array for name, array in arrays.items() if not name.startswith("reference.")}


def _of_study(settings: Settings, group: str, digest: str) -> TriageSource:
    from cnn_core.data.films.store import film_pixels
    from cnn_core.runtime.film_network import run_network
    from cnn_core.runtime.picture_runs import read_plan
    from cnn_core.runtime.xray_runs import film_store, study_of
    from cnn_core.runtime.xray_scored import shares_of

    store = RunStore(settings.runs, examine=False)
    served, result = _served(store, group), read_study(store, group)
    if result is None or result.run != served.id:
        raise _not_evaluated()
    film_set, plan = study_of(settings, served)
    films, folder = film_store(settings), store.run_folder(served.id)
    classes = len(result.classes)
    offset = np.zeros(classes)
    if served.config.class_weights == "balanced":  # learnt at a uniform prior
        shares = np.maximum(shares_of(read_plan(served.dataset)), _LEAST_SHARE)
        offset = np.log(shares * classes)

    def pictures() -> Pictures:
        count = min(_COMPARED, len(plan.films))
        for number in range(count):
            place = plan.films[number * len(plan.films) // count]
            yield film_pixels(films, film_set.films[place])

    return TriageSource(
        title=film_set.title,
        synthetic=film_set.synthetic,
        network=run_network(settings, served),
        head=served.config.head,
        offset=offset.astype(np.float32),
        result=result,
        gate=read_gate(folder / GATE_FILE),
        held=read_reference(folder / REFERENCE_FILE),
        sha256=digest,
        pictures=pictures,
    )


def drawn_films() -> Pictures:
    """Give canonical pictures of drawn films, and those that tell one file of weights from another.

    A machine without any film has these.
    """
    from cnn_core.data.films.decoding import decode_film
    from cnn_core.data.films.phantom_plan import planned_phantoms
    from cnn_core.data.films.phantoms import phantom_png
    from cnn_core.runtime.xray_demonstration import probes

    yield from probes()
    planned = planned_phantoms("clean", seed=_SEED)
    for phantom in planned[:: max(1, len(planned) // _COMPARED)][:_COMPARED]:
        yield decode_film(phantom_png("clean", phantom, seed=_SEED)).pixels
