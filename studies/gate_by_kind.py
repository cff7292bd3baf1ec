"""How the gate of a study's served model fares by kind, on many pictures of each.

Films that nothing was fitted on (half of those to calibrate on, and the locked ones once they were
looked at), the same films altered, and what is no film: photographs, digits, CIFAR pictures, noise
of five kinds, a slice of computed tomography, pictures of magnetic resonance. Each with how many
and an interval; what is not at hand is "not tested". The result goes to results/gate_by_kind.json,
beside those of other models.
"""

import argparse
import dataclasses
import datetime
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from benchmarks.machine import hardware, versions
from cnn_core.data.films.canonical import canonical
from cnn_core.data.films.store import film_pixels
from cnn_core.errors import CnnLabError, RunStateError
from cnn_core.results.films import SIDE, FilmProgress
from cnn_core.results.xray_decision import GateRow
from cnn_core.results.xray_study import Opening
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.film_network import run_network
from cnn_core.runtime.kept_gate import GATE_FILE, read_gate
from cnn_core.runtime.provenance import git_commit
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_gate import TOMOGRAPHY, as_film, gate_rows, tomography_slices
from cnn_core.runtime.xray_judging import LOCKED
from cnn_core.runtime.xray_locked import write_opening
from cnn_core.runtime.xray_runs import film_store, study_of
from cnn_core.runtime.xray_scored import chosen, judged_scored, together
from cnn_core.runtime.xray_study import study_runs, study_scored
from cnn_core.settings import Settings
from cnn_core.xray.run_plans import rows_of_places

MOST = 300
"""So many pictures of a kind, at most."""
SEED = 5
REFUSED, MISTAKEN = 0.99, 0.02
"""What is asked of each kind with ten pictures or more, and of held-out films."""
RESULT = Path(__file__).resolve().parent / "results" / "gate_by_kind.json"

_COMMAND = "python -m studies gate_by_kind --runs HOME --group GROUP --model {model} --data DIR"
_ASPECT = 0.85  # of a film: width by height
_RESONANCE = ("MR_small.dcm", "examples_overlay.dcm")

Pictures = NDArray[np.uint8]


def others(data: Path, most: int = MOST) -> list[tuple[str, list[Pictures]]]:
    """Return canonical pictures that are no films, by kind, as far as they are at hand."""
    draw = np.random.default_rng(SEED)
    kinds = list(_photographs(data, draw, most))
    for kind, source in (
        ("digits", "mnist"),
        ("digits", "digits"),
        ("CIFAR-10 pictures", "cifar10"),
    ):
        if any(kind == there for there, _ in kinds):
            continue
        try:
            images = cached_dataset(source, data).test.images
        except CnnLabError:
            continue
        kinds.append((kind, [as_film(images[i]) for i in draw.permutation(len(images))[:most]]))
    kinds += [(f"noise, {kind}", pictures) for kind, pictures in noises(draw, most // 5).items()]
    kinds.append((TOMOGRAPHY, tomography_slices()))
    kinds.append(("slices of magnetic resonance", list(_resonance())))
    return [(kind, pictures) for kind, pictures in kinds if pictures]


def _photographs(
    data: Path, draw: np.random.Generator, most: int
) -> Iterator[tuple[str, list[Pictures]]]:
    from cnn_core.data.samples import sample_names, sample_picture

    photographs = [as_film(sample_picture(name)) for name in sample_names()]
    files = sorted((data / "flower_photos").rglob("*.jpg"))
    flowers = [Image.open(files[i]).convert("L") for i in draw.permutation(len(files))[:most]]
    yield "photographs", photographs + [as_film(np.asarray(each)) for each in flowers]
    yield "photographs cut as films are", [as_film(_cut(np.asarray(each))) for each in flowers]


def _cut(grey: Pictures) -> Pictures:
    """Return the middle of a picture, uint8 `(H, W)`, as wide by its height as a film."""
    height, width = grey.shape
    wide, high = min(width, round(height * _ASPECT)), min(height, round(width / _ASPECT))
    left, top = (width - wide) // 2, (height - high) // 2
    return grey[top : top + high, left : left + wide]


def noises(draw: np.random.Generator, each: int) -> dict[str, list[Pictures]]:
    """Return canonical pictures of noise, so many of each of five kinds."""

    def white() -> NDArray[np.floating]:
        return draw.random((SIDE, SIDE))

    def normal() -> NDArray[np.floating]:
        return draw.standard_normal((400, 330)) * 0.1 + 0.5

    def smooth() -> NDArray[np.floating]:
        return ndimage.gaussian_filter(draw.standard_normal((330, 300)), draw.uniform(1, 30))

    def pink() -> NDArray[np.floating]:
        across = np.fft.fftfreq(SIDE)
        frequency = np.maximum(np.hypot(across, across[:, None]), 1 / SIDE)
        spectrum = np.fft.fft2(draw.standard_normal((SIDE, SIDE)))
        return np.fft.ifft2(spectrum / frequency ** draw.uniform(0.5, 2)).real

    def salt() -> NDArray[np.floating]:
        share, drawn = draw.uniform(0.01, 0.3), draw.random((300, 300))
        return np.where(drawn < share, 0.0, np.where(drawn > 1 - share, 1.0, 0.5))

    def picture(values: NDArray[np.floating]) -> Pictures:
        low, high = values.min(), values.max()
        return canonical(((values - low) / (high - low)).astype(np.float32))

    kinds = {"uniform": white, "normal": normal, "smooth": smooth, "1/f": pink, "salt": salt}
    return {kind: [picture(make()) for _ in range(each)] for kind, make in kinds.items()}


def _resonance() -> Iterator[Pictures]:
    import pydicom
    from pydicom.data import get_testdata_file

    for name in _RESONANCE:
        path = get_testdata_file(name, download=False)
        if path is not None:
            stored = pydicom.dcmread(str(path)).pixel_array.astype(np.float32)
            yield canonical((stored - stored.min()) / max(1.0, float(np.ptp(stored))))


def rows_of(
    settings: Settings, store: RunStore, group: str, data: Path, most: int = MOST
) -> tuple[GateRow, ...]:
    """Return how the gate of an evaluated study with a served model fares by kind.

    Args:
        settings: for the homes.
        store: where the study's runs are.
        group: the study's. A look at its locked films is written down.
        data: folder of data sets; what is not in it is "not tested".
        most: so many pictures of a kind, at most.

    Raises:
        CnnLabError: the study has no served model, or its films or weights are gone.
    """
    served = study_runs(store, group)[1]
    if served is None:
        raise RunStateError("This study has no served model.")
    film_set, plan = study_of(settings, served)
    films = film_store(settings)
    rows = rows_of_places(plan, film_set, films.pictures.load(film_set.snapshot))
    judged = judged_scored(store, served, plan, rows)
    role = dict(zip(plan.films, plan.roles, strict=True))
    tried = chosen(judged, np.array([role[place] == "temperature" for place in judged.films]))
    locked, network = study_scored(store, group).get(LOCKED), run_network(settings, served)
    if locked is not None:  # altered copies of them are asked about: a look that counts
        write_opening(films, plan, Opening(at=time.time(), weights=network.sha256))
    return gate_rows(
        read_gate(store.run_folder(served.id) / GATE_FILE),
        film_set.films,
        lambda film: film_pixels(films, film),
        network,
        tried=tried if locked is None else together([tried, locked]),
        others=others(data, most),
        most=most,
        seed=SEED,
        progress=_told,
    )


def _told(progress: FilmProgress) -> None:
    print(f"\r{progress.done:,} of {progress.total:,}", end="", file=sys.stderr)


def holds(rows: Sequence[GateRow]) -> bool:
    """Return whether each kind is refused, or let through, as often as it has to be."""
    figures = [(row, row.refused.value) for row in rows]
    return all(
        value is None or (value >= REFUSED if row.wanted == "refuse" else value <= MISTAKEN)
        for row, value in figures
    )


def keep(
    model: str, rows: Sequence[GateRow], command: str = _COMMAND, result: Path = RESULT
) -> None:
    """Write a model's rows, and the command that made them, beside those of other models."""
    document: dict[str, Any] = json.loads(result.read_text()) if result.exists() else {}
    models = document.get("models", {}) | {
        model: {
            "command": command.format(model=model),
            "holds": holds(rows),
            "not judged": [row.kind for row in rows if row.refused.value is None],
            "rows": [dataclasses.asdict(row) for row in rows],
        }
    }
    document = {
        "hardware": hardware(),
        "versions": versions(),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "commit": git_commit(),
        "command": "python -m studies gate_by_kind; of each model as it says",
        "holds": all(each["holds"] for each in models.values()),
        "models": models,
    }
    result.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the gate of the study that the options name; return 1 where it does not hold."""
    parser = argparse.ArgumentParser(prog="python -m studies gate_by_kind", description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="home that keeps films and runs")
    parser.add_argument("--group", required=True, help="the study's group")
    parser.add_argument("--model", required=True, help="what the model is called in the result")
    parser.add_argument("--data", type=Path, required=True, help="folder of data sets")
    parser.add_argument("--most", type=int, default=MOST, help="pictures of a kind, at most")
    asked = parser.parse_args(arguments)
    settings = Settings.from_environment({"CNN_LAB_HOME": str(asked.runs.absolute())})
    store = RunStore(settings.runs)
    rows = rows_of(settings, store, asked.group, asked.data, asked.most)
    keep(asked.model, rows)
    for row in rows:
        print(
            row.kind, row.refused.value, row.refused.interval, row.refused.films, row.refused.note
        )
    return 0 if holds(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
