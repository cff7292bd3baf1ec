"""A finished run on a person's pictures as a page finds it: told events, made-up predictions.

Without torch and without training; scores, baselines, curve and reading are the real ones.
"""

import dataclasses

import numpy as np

from cnn_core.results.events import Preparing, RateFound
from cnn_core.results.judgement import Judged, Judgement
from cnn_core.results.pictures import PARTS
from cnn_core.results.reading import reading
from cnn_core.results.scores import score
from cnn_core.runtime import queue
from cnn_core.runtime.files import JUDGED_FILE, JUDGEMENT_FILE
from cnn_core.runtime.judging import write_judged, write_judgement
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.submit import build_request
from cnn_core.training.baselines import most_frequent, nearest_neighbours
from cnn_core.training.learning_curve import learning_curve
from cnn_core.training.recipes import find_recipe
from tests.results.told_run import WHOLE

RECIPE = find_recipe("vgg16-folder")
SMALL = dataclasses.replace(
    RECIPE.presets["light"].config,
    model="efficientnet-lite0",
    epochs=4,
    validation_share=0.25,
    test_share=0.2,
)
LOOKING = Preparing(
    what="EfficientNet-Lite0 looks at the pictures", done=30, total=60, seconds=3.0, cached=6
)
RATES = RateFound(
    rates=[10.0**power for power in range(-5, 1)],
    losses=[1.6, 1.6, 1.5, 1.1, 0.9, 3.0],
    suggestion=1e-3,
    seconds=1.0,
)


def queued_run(lab, selection, *, owner, config=SMALL):
    """Return a run that waits; nothing trains it."""
    request = build_request(
        lab.settings,
        recipe=RECIPE.id,
        preset="custom",
        config=config,
        owner=owner,
        selection=selection,
        launcher="self",
    )
    return lab.store.create(request)[0]


def finished_run(lab, selection, *, owner, config=SMALL, wrong=0.25, learns=True):
    """Return a run that has finished and been judged; it takes so large a share for the next.

    The learning curve takes a second: without `learns` there is none.
    """
    record = queued_run(lab, selection, owner=owner, config=config)
    plan = read_plan(record.dataset)
    judged = judged_parts(plan, wrong)
    scores = tuple(score(each, plan.classes) for each in judged.values())
    train, valid = judged["train"], judged["valid"]
    curve, curve_sentence = learning_curve(train, valid, repeats=1) if learns else ((), "")
    baselines = (
        most_frequent(train, valid, plan.classes),
        nearest_neighbours(train, valid),
    )
    judgement = Judgement(
        classes=plan.classes,
        scores=scores,
        baselines=baselines,
        curve=curve,
        curve_sentence=curve_sentence,
        reading=reading(plan.classes, scores, baselines, curve, config=config),
    )
    folder = lab.store.run_folder(record.id)
    write_judged(folder / JUDGED_FILE, judged)
    write_judgement(folder / JUDGEMENT_FILE, judgement)
    for event in (LOOKING, RATES, *WHOLE):
        lab.store.append(record.id, event)
    queue.end(lab.store, record.id, "finished")
    return lab.store.get(record.id)


def judged_parts(plan, wrong):
    """Return predictions of which about `wrong` of all, spread over the classes, are mistakes."""
    rng = np.random.default_rng(0)
    places, labels, parts = np.array(plan.pictures), np.array(plan.labels), np.array(plan.parts)
    count = len(plan.classes)
    said = np.where(rng.random(len(labels)) < wrong, (labels + 1) % count, labels)
    sure = rng.uniform(0.5, 0.95, len(labels))
    probabilities = np.repeat((1 - sure)[:, None] / (count - 1), count, axis=1)
    probabilities[np.arange(len(labels)), said] = sure
    embeddings = np.eye(count)[labels] + rng.normal(0, 0.6, (len(labels), count))
    return {
        part: Judged(
            part=part,
            pictures=places[parts == part].astype(np.int64),
            labels=labels[parts == part].astype(np.int64),
            probabilities=probabilities[parts == part].astype(np.float32),
            embeddings=embeddings[parts == part].astype(np.float32),
        )
        for part in PARTS
        if (parts == part).any()
    }
