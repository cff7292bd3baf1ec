"""Does ONNX Runtime say what torch says, on every film at hand? `python -m studies onnx_parity`.

Each model that comes along is exported as a triage model, and asked about every radiograph of
`chest_xray` below CNN_LAB_DATA (the model for synthetic films: about drawn ones) beside torch in
single precision: as trained, and with its last block and head at random. It holds if no logit and
no probability is further away than 0.0001, and gate and threshold say the same of every film as
where the study asks its network. How far bfloat16 would be away, in which a run judges its own
films on many processors, stands beside it.
"""

import csv
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from cnn_core.data.films.decoding import decode_film
from cnn_core.data.films.phantom_plan import planned_phantoms
from cnn_core.data.films.phantoms import phantom_png
from cnn_core.models.bundled import bundled_folder
from cnn_core.runtime.onnx_export import MOST_APART
from cnn_core.runtime.triage_export import compare, export_model, torch_networks
from cnn_core.runtime.triage_model import TriageModel, read_model
from cnn_core.runtime.triage_sources import BUNDLED, DEMONSTRATION, TriageSource, source_of
from cnn_core.settings import Settings
from cnn_core.training.film_views import film_view
from cnn_core.xray.gate import passed
from cnn_core.xray.operating_point import NORMAL

_CHUNK = 64
_SEED = 77

Pictures = NDArray[np.uint8]


def measure(films: int = 0) -> dict[str, Any]:
    """Compare each model that came along on so many films, 0 for all."""
    settings = Settings.from_environment()
    there = [name for name in BUNDLED if (bundled_folder() / f"{BUNDLED[name]}.json").exists()]
    models = {name: _compared(settings, name, films) for name in there}
    holds = all(
        max(each["logits"], each["probabilities"], each["study"]) <= MOST_APART
        and not each["gate_otherwise"] + each["threshold_otherwise"]
        for each in models.values()
    )
    return {"holds": holds, "most_apart": MOST_APART, "models": models}


def _compared(settings: Settings, name: str, films: int) -> dict[str, Any]:
    given = _radiographs(settings) if name == DEMONSTRATION else _drawn()
    chosen = itertools.islice(given, films) if films else given
    made = source_of(settings, name)
    with tempfile.TemporaryDirectory() as folder:
        model = read_model(export_model(settings, name, Path(folder) / "model"))
    return _apart(made, model, chosen)


def _apart(made: TriageSource, model: TriageModel, pictures: Iterator[Pictures]) -> dict[str, Any]:
    """Return how far the answers are apart, over pictures taken a few at a time."""
    networks = torch_networks(made)
    most = dict.fromkeys(("logits", "probabilities", "study"), 0.0)
    otherwise = dict.fromkeys(("gate_otherwise", "threshold_otherwise"), 0)
    low: list[float] = []
    while some := list(itertools.islice(pictures, _CHUNK)):
        views = np.stack([film_view(each, model.row, "0" * 64, 0) for each in some])
        parity = compare(model, networks, made.offset, views)
        seen, (said, embeddings) = model.ask(views), made.network.ask(some)
        mine = softmax(seen.logits / model.temperature, axis=1)
        study = softmax((np.log(said) + made.offset) / model.temperature, axis=1)
        found = (parity.logits, parity.probabilities, float(np.abs(mine - study).max()))
        most = {name: max(most[name], new) for name, new in zip(most, found, strict=True)}
        through = passed(model.gate, seen.embeddings) != passed(model.gate, embeddings)
        otherwise["gate_otherwise"] += int(through.sum())
        otherwise["threshold_otherwise"] += int((_below(model, mine) != _below(model, study)).sum())
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            rough = networks[0](torch.from_numpy(views)).double().numpy() + made.offset
        low += np.abs(softmax(rough / model.temperature, axis=1) - mine).max(axis=1).tolist()
    bfloat16 = {"median": float(np.median(low)), "largest": max(low)}
    return {"films": len(low), **most, **otherwise, "bfloat16": bfloat16}


def _below(model: TriageModel, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which films stand below the threshold, where there is one."""
    threshold = model.result.operating_point.threshold
    score = 1 - probabilities[:, model.classes.index(NORMAL)]
    return np.asarray(score < (np.inf if threshold is None else threshold))


def _radiographs(settings: Settings) -> Iterator[Pictures]:
    home = settings.data / "chest_xray"
    with (home / "manifest.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    for name in names:
        yield decode_film((home / name).read_bytes()).pixels


def _drawn() -> Iterator[Pictures]:
    for phantom in planned_phantoms("clean", seed=_SEED):
        yield decode_film(phantom_png("clean", phantom, seed=_SEED)).pixels
