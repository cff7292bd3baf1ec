"""The demonstration model that comes with the project: a study's served model, packed to go along.

Three files in `weights/`: the network in half precision with its gate (safetensors), what its study
found (JSON: no film, no name, no patient), and the card. It is there to show the workflow, and says
so. Reading what was found is free of torch.
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
from cnn_core.results.films import SIDE
from cnn_core.results.from_plain import from_plain
from cnn_core.results.xray_decision import Gate
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.files import write_whole
from cnn_core.runtime.kept_gate import GATE_FILE, gate_arrays, gate_of_arrays, read_gate
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_runs import film_store, study_of
from cnn_core.runtime.xray_study import read_study, study_runs, study_scored
from cnn_core.settings import Settings

if TYPE_CHECKING:
    from cnn_core.runtime.film_network import FilmNetwork

NAME = "xray-demonstration"
_FORMAT = 1
_NETWORK, _GATE = "network.", "gate."
_COMPARED = 100
"""So many locked films are asked about in both precisions."""
_HINT = "Get the project's folder weights/ again."


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """What is known of the demonstration model without loading it.

    Attributes:
        result: what its study found.
        model: the network's name in the registry.
        head: see `TrainConfig`.
        trained: the date, ISO 8601.
        films: that took part, by licence.
        half_precision: greatest change of a probability that half precision makes, on locked films.
        probed: what the network says of `probes`, in single precision, a row of probabilities each:
            whether the files that came along are whole is asked with it.
    """

    result: StudyResult
    model: str
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
) -> Demonstration:
    """Write the served model of an evaluated study to `out` as the demonstration model.

    Args:
        settings: for the homes.
        store: where the study's runs are.
        group: the study's; its locked test was opened.
        out: a folder.
        trained: the date, ISO 8601.
        films: that took part, by licence.

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
    network = run_network(settings, served)
    halves = {_NETWORK + name: _halved(array) for name, array in network.arrays().items()}
    gate = gate_arrays(read_gate(store.run_folder(served.id) / GATE_FILE))
    gate["known"] = _halved(gate["known"])
    arrays = halves | {_GATE + name: array for name, array in gate.items()}
    write_whole(out / f"{NAME}.safetensors", serialise(arrays, {"model": network.row.id}))
    described = Demonstration(
        result=result,
        model=network.row.id,
        head=served.config.head,
        trained=trained,
        films=films,
        half_precision=0.0,
        probed=(),
    )
    _write(out, described)  # without which the network cannot be read
    pictures = _locked_pictures(settings, store, group)
    halved, _ = demonstration_network(out)
    change = float(np.abs(halved.ask(pictures)[0] - network.ask(pictures)[0]).max())
    probed = tuple(map(tuple, network.ask(probes())[0].tolist()))
    described = dataclasses.replace(described, half_precision=change, probed=probed)
    _write(out, described)
    return described


def _halved(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array in half precision where it is in single, its rows one after the other.

    (safetensors writes memory as it lies, and convolutions lie channels last.)
    """
    kind = np.float16 if array.dtype == np.float32 else array.dtype
    return np.ascontiguousarray(array, dtype=kind)


def probes() -> list[NDArray[np.uint8]]:
    """Return three pictures that tell one file of weights from another: two ramps and a disc."""
    across, down = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    shapes = (across / 2 + 0.5, down / 2 + 0.5, (across**2 + down**2 < 0.5).astype(float))
    return [np.rint(255 * shape).astype(np.uint8) for shape in shapes]


def _write(out: Path, described: Demonstration) -> None:
    packed = _Packed(format=_FORMAT, demonstration=described)
    text = json.dumps(dataclasses.asdict(packed), allow_nan=False, ensure_ascii=False, indent=1)
    write_whole(out / f"{NAME}.json", text.encode() + b"\n")


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
def demonstration() -> Demonstration | None:
    """Return what is known of the model that comes along; None where the files do not."""
    return _read(bundled_folder()) if (bundled_folder() / f"{NAME}.json").exists() else None


def demonstration_card() -> str:
    """Return the card of the model that comes along, Markdown.

    Raises:
        WeightsError: it is missing.
    """
    try:
        return (bundled_folder() / f"{NAME}.md").read_text(encoding="utf-8")
    except OSError as exc:
        raise WeightsError("The card of the demonstration model is missing.", hint=_HINT) from exc


def _read(folder: Path) -> Demonstration:
    try:
        text = (folder / f"{NAME}.json").read_bytes()
        packed = from_plain(_Packed, json.loads(text))
    except (OSError, ValueError, CnnLabError) as exc:
        raise WeightsError(
            "What is known of the demonstration model is missing or damaged.", hint=_HINT
        ) from exc
    if packed.format != _FORMAT:
        raise WeightsError(
            f"The demonstration model is of format {packed.format}, but {_FORMAT} is read here.",
            hint=_HINT,
        )
    return packed.demonstration


def demonstration_network(folder: Path | None = None) -> "tuple[FilmNetwork, Gate]":
    """Return the model that comes along, ready to be asked, in single precision, and its gate.

    Args:
        folder: with its files, the project's own unless given.

    Raises:
        WeightsError: the files are missing or damaged.
    """
    from cnn_core.runtime.film_network import network_of_arrays

    folder = folder or bundled_folder()
    known, path = _read(folder), folder / f"{NAME}.safetensors"
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            "The weights of the demonstration model are missing or damaged.", hint=_HINT
        ) from exc

    def below(prefix: str) -> dict[str, NDArray[Any]]:
        found = {n: a for n, a in arrays.items() if n.startswith(prefix)}
        return {
            name.removeprefix(prefix): array.astype(np.float32)
            if array.dtype == np.float16
            else array
            for name, array in found.items()
        }

    network = network_of_arrays(
        known.model,
        known.head,
        len(known.result.classes),
        below(_NETWORK),
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    return network, gate_of_arrays(below(_GATE))
