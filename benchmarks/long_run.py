"""A run that trains for as long as a benchmark watches it."""

import dataclasses
import time
from pathlib import Path

from benchmarks.browser import TIMEOUT_SECONDS, App, NotMeasuredError
from cnn_core.results.events import StepsDone
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_recipe

_RECIPE = find_recipe("lenet5-mnist")


def train_for_long(store: RunStore, server: App, data: Path) -> str:
    """Queue the reference recipe with very many epochs, for the server to start; return its id.

    Raises:
        NotMeasuredError: it took no step.
    """
    settings = Settings(data=data, weights=server.runs, runs=server.runs)
    config = dataclasses.replace(_RECIPE.presets["reference"].config, epochs=1_000)
    request = build_request(
        settings, recipe=_RECIPE.id, preset="custom", config=config, owner="benchmark"
    )
    run_id = store.create(request)[0].id
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not any(isinstance(event, StepsDone) for _, event in store.events(run_id)):
        if time.monotonic() > deadline:
            raise NotMeasuredError(f"No step within {TIMEOUT_SECONDS:g} s.")
        time.sleep(0.05)
    return run_id
