"""Does ONNX Runtime say what torch says, on every film at hand? `python -m studies onnx_parity`.

Each model that comes along is exported as a triage model (which compares both networks of it on
27 films), and asked about every radiograph of `chest_xray` below CNN_LAB_DATA (the model for
synthetic films: about drawn ones) beside torch in single precision. It holds if no logit and no
probability is further away than 0.0001, and gate and threshold say the same of every film. How far
bfloat16 would be away, in which a run judges its own films on many processors, stands beside it,
for the first 128 films.
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
from torch import nn

from cnn_core.data.films.decoding import decode_film
from cnn_core.data.films.phantom_plan import planned_phantoms
from cnn_core.data.films.phantoms import phantom_png
from cnn_core.models.bundled import bundled_folder
from cnn_core.runtime.onnx_export import MOST_APART
from cnn_core.runtime.triage_export import export_model, torch_networks
from cnn_core.runtime.triage_model import TriageModel, read_model
from cnn_core.runtime.triage_sources import BUNDLED, DEMONSTRATION, TriageSource, source_of
from cnn_core.settings import Settings
from cnn_core.training.film_views import film_view
from cnn_core.xray.gate import looks
from cnn_core.xray.operating_point import NORMAL

_CHUNK = 64
_ROUGH = 128  # films in bfloat16
_SEED = 77

Pictures = NDArray[np.uint8]
Floats = NDArray[Any]


def measure(films: int = 0) -> dict[str, Any]:
    """Compare each model that came along on so many films, 0 for all."""
    settings = Settings.from_environment()
    there = [name for name in BUNDLED if (bundled_folder() / f"{BUNDLED[name]}.json").exists()]
    models = {name: _compared(settings, name, films) for name in there}
    holds = all(
        max(each["logits"], each["probabilities"]) <= MOST_APART
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
    network = torch_networks(made)[0]
    most = dict.fromkeys(("logits", "probabilities", "embeddings", "gate_distance"), 0.0)
    otherwise = dict.fromkeys(("gate_otherwise", "threshold_otherwise"), 0)
    films, low = 0, list[float]()
    while some := list(itertools.islice(pictures, _CHUNK)):
        views = np.stack([film_view(each, model.row, "0" * 64, 0) for each in some])
        seen, (logits, embeddings) = model.ask(views), _torch_said(network, views)
        logits = logits + made.offset
        mine, expected = (
            softmax(each / model.temperature, axis=1) for each in (seen.logits, logits)
        )
        looked, before = looks(model.gate, seen.embeddings), looks(model.gate, embeddings)
        pairs = (
            (seen.logits, logits),
            (mine, expected),
            (seen.embeddings, embeddings),
            (looked.distances, before.distances),
        )
        for name, (one, other) in zip(most, pairs, strict=True):
            most[name] = float(np.maximum(most[name], np.abs(one - other).max()))
        gate = (looked.altered | looked.far) != (before.altered | before.far)
        otherwise["gate_otherwise"] += int(gate.sum())
        below = _below(model, mine) != _below(model, expected)
        otherwise["threshold_otherwise"] += int(below.sum())
        if films < _ROUGH:
            with torch.autocast("cpu", torch.bfloat16):
                rough = _torch_said(network, views)[0] + made.offset
            low += np.abs(softmax(rough / model.temperature, axis=1) - mine).max(axis=1).tolist()
        films += len(some)
    bfloat16 = {"films": len(low), "median": float(np.median(low)), "largest": max(low)}
    return {"films": films, **most, **otherwise, "bfloat16": bfloat16}


def _torch_said(network: nn.Module, views: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Return logits and embeddings of a network with the light head."""
    *_, head = (module for module in network.modules() if isinstance(module, nn.Linear))
    taken: list[torch.Tensor] = []
    hook = head.register_forward_pre_hook(lambda module, given: taken.append(given[0]))
    try:
        with torch.inference_mode():
            logits = network(torch.from_numpy(views))
    finally:
        hook.remove()
    return logits.double().numpy(), taken[0].float().numpy()


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
