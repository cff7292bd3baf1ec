"""Runs of a chest X-ray study that are finished by hand: what they say is drawn, not trained."""

import dataclasses

import numpy as np

from cnn_core.results.events import RunFinished
from cnn_core.results.judgement import Judged
from cnn_core.results.xray_plan import FilmSelection
from cnn_core.runtime import queue
from cnn_core.runtime.files import JUDGED_FILE
from cnn_core.runtime.judging import write_judged
from cnn_core.runtime.picture_runs import EMBEDDED, read_plan
from cnn_core.runtime.xray_runs import study_requests
from cnn_core.training.recipes import find_recipe

CONFIG = dataclasses.replace(find_recipe("xray-triage").presets["frozen"].config, model=EMBEDDED)


def requests_of(settings, films, **changes):
    """Return what to ask for: three folds and a served model, the red audit acknowledged."""
    selection = FilmSelection(film_set=films.id, folds=3, acknowledged=True)
    return study_requests(
        settings, dataclasses.replace(selection, **changes), CONFIG, owner="ada", device="cpu"
    )


def finish(store, record, seed=0):
    """Finish a run: right about six times in ten."""
    plan, draw = read_plan(record.dataset), np.random.default_rng(seed + record.config.fold)
    judged = {}
    for part in ("train", "valid", "test"):
        own = np.array([its == part for its in plan.parts])
        labels = np.array(plan.labels)[own]
        logits = 1.5 * np.eye(3)[labels] + draw.normal(0, 1, (len(labels), 3))
        said = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        judged[part] = Judged(
            part=part,
            pictures=np.array(plan.pictures)[own],
            labels=labels,
            probabilities=said.astype(np.float32),
            embeddings=draw.normal(0, 1, (len(labels), 4)).astype(np.float32),
        )
    write_judged(store.run_folder(record.id) / JUDGED_FILE, judged)
    end = RunFinished(
        step=1,
        epoch=1,
        status="finished",
        train_seconds=1.0,
        elapsed_seconds=1.0,
        images_per_second=1.0,
        best_epoch=1,
        valid_accuracy=0.6,
        test_accuracy=0.6,
        test_loss=1.0,
        test_interval=[0.5, 0.7],
        test_size=len(judged["test"].labels),
    )
    store.append(record.id, end)
    queue.end(store, record.id, "finished")
