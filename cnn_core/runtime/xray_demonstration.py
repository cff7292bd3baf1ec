"""The X-ray models that come with the project: served models of studies, packed to go along.

One is trained on real films, to demonstrate the workflow; it refuses drawn films, as it should. The
other is trained on drawn films, for machines without a radiograph. Three files each in `weights/`:
what was trained of the network, in half precision, with its gate and what it is held against later
(safetensors), what its study found (JSON: no film, no name, no patient), and the card. The rest of
the network are the weights that training began with, known by their SHA-256. Reading what was found
is free of torch.
"""

import dataclasses
import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save as serialise

from cnn_core.data.films.store import film_pixels
from cnn_core.errors import CnnLabError, RunStateError, WeightsError
from cnn_core.models.bundled import bundled_folder
from cnn_core.models.registry import model_row
from cnn_core.results.films import SIDE
from cnn_core.results.from_plain import from_plain
from cnn_core.results.xray_decision import Gate, GateRow
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime import weights
from cnn_core.runtime.files import WEIGHTS_FILE, write_whole
from cnn_core.runtime.kept_gate import GATE_FILE, gate_arrays, gate_of_arrays, read_gate
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.triage_reference import REFERENCE_FILE, read_reference
from cnn_core.runtime.xray_runs import film_store, study_of
from cnn_core.runtime.xray_study import read_study, study_runs, study_scored
from cnn_core.settings import Settings

if TYPE_CHECKING:
    from cnn_core.runtime.film_network import FilmNetwork

NAME, PHANTOMS = "xray-demonstration", "xray-phantoms"
"""What the files of the two are called: of the model on real films, and of that on drawn ones."""

_FORMAT = 2
_NETWORK, _GATE = "network.", "gate."
_COMPARED = 100
"""So many locked films are asked about in both precisions."""
_HINT = "Get the project's folder weights/ again."


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """What is known of a model that comes along without loading it.

    Attributes:
        result: what its study found.
        model: the network's name in the registry.
        base: SHA-256 of the weights that training began with.
        head: see `TrainConfig`.
        trained: the date, ISO 8601.
        films: that took part, by licence.
        half_precision: greatest change of a probability that half precision makes, on locked films.
        probed: what the network says of `probes`, in single precision, a row of probabilities each:
            whether the files that came along are whole is asked with it.
    """

    result: StudyResult
    model: str
    base: str
    head: str
    trained: str
    films: dict[str, int]
    half_precision: float
    probed: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class _Packed:
    """The JSON file."""

    format: int
    demonstration: Demonstration


def pack(
    settings: Settings,
    store: RunStore,
    group: str,
    out: Path,
    *,
    trained: str,
    films: dict[str, int],
    name: str = NAME,
    gate: tuple[GateRow, ...] = (),
) -> Demonstration:
    """Write the served model of an evaluated study to `out` as a model that comes along.

    Args:
        settings: for the homes.
        store: where the study's runs are.
        group: the study's; its locked test was opened.
        out: a folder.
        trained: the date, ISO 8601.
        films: that took part, by licence.
        name: `NAME` or `PHANTOMS`.
        gate: how its gate fares by kind on more pictures than the study tried; () for the study's.

    Raises:
        RunStateError: it has no served model, or was not evaluated on its locked test.
        CnnLabError: the weights are gone, or the folder cannot be written.
    """
    from cnn_core.runtime.film_network import run_network

    result, served = read_study(store, group), study_runs(store, group)[1]
    if result is None or served is None or result.locked is None:
        raise RunStateError(
            "Only a study with a served model and an opened locked test can be packed.",
            hint="Evaluate it and open its locked test first.",
        )
    network, folder = run_network(settings, served), store.run_folder(served.id)
    trained_names, base = _trained(folder / WEIGHTS_FILE)
    own = {n: _halved(array) for n, array in network.arrays().items() if n in trained_names}
    kept = gate_arrays(read_gate(folder / GATE_FILE))
    kept["known"] = _halved(kept["known"])
    arrays = {_NETWORK + n: array for n, array in own.items()}
    arrays |= {_GATE + n: array for n, array in kept.items()}
    arrays |= read_reference(folder / REFERENCE_FILE)
    write_whole(out / f"{name}.safetensors", serialise(arrays, {"model": network.row.id}))
    described = Demonstration(
        result=dataclasses.replace(result, gate=gate) if gate else result,
        model=network.row.id,
        base=base,
        head=served.config.head,
        trained=trained,
        films=films,
        half_precision=0.0,
        probed=(),
    )
    _write(out, name, described)  # without which the network cannot be read
    pictures = _locked_pictures(settings, store, group)
    halved, _ = demonstration_network(out, name, settings)
    change = float(np.abs(halved.ask(pictures)[0] - network.ask(pictures)[0]).max())
    probed = tuple(map(tuple, network.ask(probes())[0].tolist()))
    described = dataclasses.replace(described, half_precision=change, probed=probed)
    _write(out, name, described)
    return described


def _trained(path: Path) -> tuple[frozenset[str], str]:
    """Return the names of what a run has trained, and SHA-256 of what it began with."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return frozenset(file.keys()), (file.metadata() or {}).get("base", "")
    except (OSError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            "The weights of this study's served model are missing or damaged.",
            hint="Train the study again.",
        ) from exc


def _halved(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array in half precision where it is in single, its rows one after the other.

    (safetensors writes memory as it lies, and convolutions lie channels last.)
    """
    kind = np.float16 if array.dtype == np.float32 else array.dtype
    return np.ascontiguousarray(array, dtype=kind).reshape(array.shape)  # it makes () into (1,)


def probes() -> list[NDArray[np.uint8]]:
    """Return three pictures that tell one file of weights from another: two ramps and a disc."""
    across, down = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    shapes = (across / 2 + 0.5, down / 2 + 0.5, (across**2 + down**2 < 0.5).astype(float))
    return [np.rint(255 * shape).astype(np.uint8) for shape in shapes]


def _write(out: Path, name: str, described: Demonstration) -> None:
    packed = _Packed(format=_FORMAT, demonstration=described)
    text = json.dumps(dataclasses.asdict(packed), allow_nan=False, ensure_ascii=False, indent=1)
    write_whole(out / f"{name}.json", text.encode() + b"\n")


def _locked_pictures(settings: Settings, store: RunStore, group: str) -> list[NDArray[np.uint8]]:
    """Return the canonical pictures of the first locked films."""
    from cnn_core.runtime.xray_judging import LOCKED

    scored = study_scored(store, group)[LOCKED].films.tolist()
    served = study_runs(store, group)[1]
    if served is None:
        raise RunStateError("This study has no served model.")
    film_set, _ = study_of(settings, served)
    films = film_store(settings)
    return [film_pixels(films, film_set.films[place]) for place in scored[:_COMPARED]]


@functools.cache
def demonstration(name: str = NAME) -> Demonstration | None:
    """Return what is known of a model that comes along; None where the files do not.

    Args:
        name: `NAME` or `PHANTOMS`.

    Raises:
        WeightsError: what is known is damaged.
    """
    there = (bundled_folder() / f"{name}.json").exists()
    return _read(bundled_folder(), name) if there else None


def demonstration_card(name: str = NAME) -> str:
    """Return the card of a model that comes along, Markdown.

    Raises:
        WeightsError: it is missing.
    """
    try:
        return (bundled_folder() / f"{name}.md").read_text(encoding="utf-8")
    except OSError as exc:
        raise WeightsError(f"The card of {_titles(name)} is missing.", hint=_HINT) from exc


def _titles(name: str) -> str:
    return "the model for synthetic films" if name == PHANTOMS else "the demonstration model"


def _read(folder: Path, name: str) -> Demonstration:
    try:
        told = json.loads((folder / f"{name}.json").read_bytes())
        if told["format"] != _FORMAT:
            raise WeightsError(
                f"The files of {_titles(name)} are of format {told['format']}, but {_FORMAT} is "
                "read here.",
                hint=_HINT,
            )
        return from_plain(_Packed, told).demonstration
    except WeightsError:
        raise
    except (OSError, ValueError, LookupError, TypeError, CnnLabError) as exc:
        raise WeightsError(
            f"What is known of {_titles(name)} is missing or damaged.", hint=_HINT
        ) from exc


def demonstration_network(
    folder: Path | None = None, name: str = NAME, settings: Settings | None = None
) -> "tuple[FilmNetwork, Gate]":
    """Return a model that comes along, ready to be asked, in single precision, and its gate.

    Args:
        folder: with its files, the project's own unless given.
        name: `NAME` or `PHANTOMS`.
        settings: for the weights that its training began with; the environment's unless given.

    Raises:
        WeightsError: the files are missing or damaged, or those weights are not here.
    """
    from cnn_core.runtime.film_network import network_on_base

    folder = folder or bundled_folder()
    known, path = _read(folder, name), folder / f"{name}.safetensors"
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            f"The weights of {_titles(name)} are missing or damaged.", hint=_HINT
        ) from exc

    def below(prefix: str) -> dict[str, NDArray[Any]]:
        found = {n: a for n, a in arrays.items() if n.startswith(prefix)}
        return {
            key.removeprefix(prefix): array.astype(np.float32)
            if array.dtype == np.float16
            else array
            for key, array in found.items()
        }

    row = model_row(known.model)
    base = weights.find_by_sha256(settings or Settings.from_environment(), row, known.base)
    if base is None:
        raise WeightsError(
            f"The weights of {row.title} that {_titles(name)} began with are not on this machine.",
            hint=f"Get them with python -m cnn_core fetch {row.id}.",
        )
    network = network_on_base(
        row,
        known.head,
        len(known.result.classes),
        base,
        below(_NETWORK),
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    return network, gate_of_arrays(below(_GATE))
