"""Whose weights the explorer runs: those that come along, or a finished run's."""

import functools
from pathlib import Path

from cnn_core.models.bundled import bundled_lenet5_1998_path, bundled_lenet5_path
from cnn_core.models.lenet_layers import Form
from cnn_core.runtime.export import weights_path
from cnn_core.training.recipes import find_recipe, network_of
from cnn_core.ui.digit_lab import BrowserNetwork, browser_network_from_safetensors
from cnn_core.ui.lab import Laboratory

BUNDLED = "bundled"
_RUNS = 50
_NETWORKS: dict[Form, str] = {"today": "lenet5", "1998": "lenet5-1998"}
_TITLES: dict[Form, str] = {"today": "LeNet-5 of today", "1998": "LeNet-5 of 1998"}


def weights_at_hand(lab: Laboratory, form: Form) -> dict[str, str]:
    """Return titles by id: `BUNDLED`, then the latest runs of this form that have weights.

    Only runs on MNIST's ten classes can be shown: the digit lab reads 0 to 9.
    """
    found = {BUNDLED: "Weights that come along"}
    for run in lab.store.list(limit=_RUNS):
        if run.recipe != "lenet5-mnist" or run.status != "finished":
            continue
        same = network_of(find_recipe(run.recipe), run.config) == _NETWORKS[form]
        if same and weights_path(lab.store, run.id) is not None:
            found[run.id] = run.name
    return found


def network_with(lab: Laboratory, form: Form, weights: str) -> BrowserNetwork:
    """Return the network with the weights of that id.

    Raises:
        WeightsError: they are missing, damaged, or not for ten digits.
    """
    path = None if weights == BUNDLED else weights_path(lab.store, weights)
    if path is None:
        path = bundled_lenet5_1998_path() if form == "1998" else bundled_lenet5_path()
    return _read(path, path.stat().st_mtime_ns if path.exists() else 0, _TITLES[form])


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed_ns: int, title: str) -> BrowserNetwork:
    del changed_ns  # part of the key alone: a resumed run writes its weights again
    return browser_network_from_safetensors(path, title)
