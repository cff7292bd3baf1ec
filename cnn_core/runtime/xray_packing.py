"""Served models of studies packed to go along: what `runtime.xray_demonstration` reads is written.

Loads torch, to ask the network about locked films in both precisions.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save as serialise

from cnn_core.data.films.store import film_pixels
from cnn_core.errors import RunStateError, WeightsError
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_decision import GateRow
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.files import WEIGHTS_FILE, write_whole
from cnn_core.runtime.kept_gate import GATE_FILE, gate_arrays, read_gate
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.triage_reference import REFERENCE_FILE, read_reference
from cnn_core.runtime.xray_demonstration import (
    FORMAT,
    GATE,
    NAME,
    NETWORK,
    Demonstration,
    Packed,
    demonstration_network,
    probes,
)
from cnn_core.runtime.xray_locked import openings
from cnn_core.runtime.xray_runs import film_store, study_of
from cnn_core.runtime.xray_study import read_study, study_runs, study_scored
from cnn_core.runtime.xray_words import said_of_openings
from cnn_core.settings import Settings

_COMPARED = 100
"""So many locked films are asked about in both precisions."""


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
    arrays = {NETWORK + n: array for n, array in own.items()}
    arrays |= {GATE + n: array for n, array in kept.items()}
    arrays |= read_reference(folder / REFERENCE_FILE)
    write_whole(out / f"{name}.safetensors", serialise(arrays, {"model": network.row.id}))
    described = Demonstration(
        result=_looked_at(settings, served, result, gate),
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


def _looked_at(
    settings: Settings, served: RunRecord, result: StudyResult, gate: tuple[GateRow, ...]
) -> StudyResult:
    """Return a result with the rows of a gate, and with every look at the locked test until now."""
    seen = openings(film_store(settings), study_of(settings, served)[1])
    before, now = said_of_openings(result.openings), said_of_openings(seen)
    return dataclasses.replace(
        result,
        gate=gate or result.gate,
        openings=seen,
        warnings=tuple(now if each == before else each for each in result.warnings),
    )


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


def _write(out: Path, name: str, described: Demonstration) -> None:
    packed = Packed(format=FORMAT, demonstration=described)
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
