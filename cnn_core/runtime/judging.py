"""What was found out about a run on a person's own pictures, in the run's folder.

`judged.safetensors` holds what the network said of every picture, `judgement.json` what follows
from it. Reading and writing them is free of torch; `judge_run`, which finds it out, is for the
worker that trained.
"""

import dataclasses
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save as serialise

from cnn_core.errors import WeightsError
from cnn_core.results.events import Preparing, TrainEvent
from cnn_core.results.judgement import (
    Baseline,
    CalibrationBin,
    ClassScore,
    CurvePoint,
    Judged,
    Judgement,
    PartScore,
    Sentence,
)
from cnn_core.results.pictures import PARTS, Part, Plan
from cnn_core.results.reading import reading
from cnn_core.results.runs import RunRecord
from cnn_core.results.scores import score
from cnn_core.runtime.files import JUDGED_FILE, JUDGEMENT_FILE, write_whole
from cnn_core.runtime.store import RunStore
from cnn_core.training.recipes import FILMS, find_recipe, network_of

if TYPE_CHECKING:
    from cnn_core.training.state import TrainState
    from cnn_core.training.tensors import Splits

_ARRAYS = ("pictures", "labels", "probabilities", "embeddings")
_AGAIN = "Train the run again."
_TOLD_EVERY = 0.5  # seconds


def write_judged(path: Path, judged: Mapping[Part, Judged]) -> None:
    """Keep what a network said of each part, whole or not at all.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    arrays = {
        f"{part}.{name}": getattr(each, name) for part, each in judged.items() for name in _ARRAYS
    }
    write_whole(path, serialise(arrays))


def read_judged(path: Path, parts: Sequence[Part] = PARTS) -> dict[Part, Judged]:
    """Return what a network said of each of `parts` that has pictures.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    found: dict[Part, Judged] = {}
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = set(file.keys())
            for part in parts:
                if f"{part}.labels" in names:
                    arrays = {name: file.get_tensor(f"{part}.{name}") for name in _ARRAYS}
                    found[part] = Judged(part=part, **arrays)
    except (OSError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            "What this run said of its pictures is missing or damaged.", hint=_AGAIN
        ) from exc
    return found


def write_judgement(path: Path, judgement: Judgement) -> None:
    """Keep a judgement, whole or not at all.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    text = json.dumps(dataclasses.asdict(judgement), allow_nan=False, ensure_ascii=False)
    write_whole(path, text.encode())


def read_judgement(path: Path) -> Judgement:
    """Return the judgement that was kept at `path`.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    try:
        body = json.loads(path.read_bytes())
        return Judgement(
            classes=tuple(body["classes"]),
            scores=tuple(_score(each) for each in body["scores"]),
            baselines=tuple(Baseline(**_tuples(each)) for each in body["baselines"]),
            curve=tuple(CurvePoint(**_tuples(each)) for each in body["curve"]),
            curve_sentence=body["curve_sentence"],
            reading=tuple(Sentence(**each) for each in body["reading"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise WeightsError("The judgement of this run is missing or damaged.", hint=_AGAIN) from exc


def _score(body: Mapping[str, Any]) -> PartScore:
    plain = _tuples(body)
    plain["classes"] = tuple(ClassScore(**_tuples(each)) for each in body["classes"])
    plain["calibration"] = tuple(CalibrationBin(**_tuples(each)) for each in body["calibration"])
    return PartScore(**plain)


def _tuples(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return `body` with its lists, of numbers or of lists of numbers, as tuples again."""
    return {name: _tuple(value) for name, value in body.items()}


def _tuple(value: Any) -> Any:  # noqa: ANN401
    return tuple(_tuple(each) for each in value) if isinstance(value, list) else value


class PicturesBegun(Protocol):
    """What a run on a person's own pictures began with, as far as it is judged."""

    @property
    def plan(self) -> Plan:
        """Which pictures, and the part of each."""

    @property
    def splits(self) -> "Splits":
        """The pictures of each part, in the plan's order."""


def judge_run(
    store: RunStore,
    record: RunRecord,
    begun: PicturesBegun,
    state: "TrainState",
    report: Callable[[TrainEvent], None],
) -> Judgement:
    """Judge the run with its best weights; write `JUDGED_FILE` and `JUDGEMENT_FILE`; return it.

    Args:
        store: where the run is; a run from scratch on the same plan is one of its baselines.
        record: the run.
        begun: `.plan`, and `.splits` with the pictures of each part in the plan's order.
        state: after `fit`; its weights are as they were when this returns.
        report: is told Preparing events.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    judged = _ask_the_network(begun, state, report)
    folder, classes, seed = store.run_folder(record.id), begun.plan.classes, record.config.seed
    write_judged(folder / JUDGED_FILE, judged)
    scores = tuple(score(each, classes) for each in judged.values())
    baselines: tuple[Baseline, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    curve_sentence = ""
    # of films a study says more, and its audit what is there without a network
    if record.dataset.source != FILMS and "train" in judged and "valid" in judged:
        train, valid = judged["train"], judged["valid"]
        from cnn_core.training.learning_curve import learning_curve

        tell = _teller("The nearest training pictures vote on each validation picture", report)
        tell(0, 1)
        baselines = _baselines(store, record, train, valid, classes)
        tell(1, 1)
        tell = _teller("A simple classifier learns from ever more of the pictures", report)
        curve, curve_sentence = learning_curve(train, valid, seed=seed, progress=tell)
    judgement = Judgement(
        classes=classes,
        scores=scores,
        baselines=baselines,
        curve=curve,
        curve_sentence=curve_sentence,
        reading=reading(classes, scores, baselines, curve, config=record.config),
    )
    write_judgement(folder / JUDGEMENT_FILE, judgement)
    return judgement


def _ask_the_network(
    begun: PicturesBegun, state: "TrainState", report: Callable[[TrainEvent], None]
) -> dict[Part, Judged]:
    """Return what the best weights say of each part that has pictures."""
    from cnn_core.training.judging import best_network, judge_examples

    plan, judged = begun.plan, {}
    splits = {"train": begun.splits.train, "valid": begun.splits.valid, "test": begun.splits.test}
    total, before = sum(len(examples) for examples in splits.values()), 0
    tell = _teller("The trained network looks at every picture once more", report)
    tell(0, total)
    with best_network(state) as network:
        for part in PARTS:
            if len(splits[part]):
                judged[part] = judge_examples(
                    network,
                    splits[part],
                    part=part,
                    pictures=_pictures_of(plan, part),
                    precision=state.precision,
                    progress=partial(lambda before, done: tell(before + done, total), before),
                )
            before += len(splits[part])
    return judged


def _pictures_of(plan: Plan, part: Part) -> NDArray[np.int64]:
    return np.array(
        [place for place, own in zip(plan.pictures, plan.parts, strict=True) if own == part],
        dtype=np.int64,
    )


def _teller(what: str, report: Callable[[TrainEvent], None]) -> Callable[[int, int], None]:
    """Return what reports progress, at most twice a second, and the end."""
    began, told = time.monotonic(), -math.inf

    def tell(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= _TOLD_EVERY or done >= total:
            told = now
            report(Preparing(what=what, done=done, total=total, seconds=now - began))

    return tell


def _baselines(
    store: RunStore, record: RunRecord, train: Judged, valid: Judged, classes: Sequence[str]
) -> tuple[Baseline, ...]:
    from cnn_core.training.baselines import most_frequent, nearest_neighbours

    found = [
        most_frequent(train, valid, classes),
        nearest_neighbours(train, valid, seed=record.config.seed),
        _from_scratch(store, record, valid),
    ]
    return tuple(each for each in found if each is not None)


def _from_scratch(store: RunStore, record: RunRecord, valid: Judged) -> Baseline | None:
    """Return how the same network from random weights fares, where such a run has finished."""
    from cnn_core.training.baselines import compared

    if record.config.mode == "scratch":
        return None
    recipe = find_recipe(record.recipe)
    network = network_of(recipe, record.config)
    for other in store.list(recipe=recipe.id, statuses=("finished",)):
        if (
            other.config.mode != "scratch"
            or network_of(recipe, other.config) != network
            or other.dataset.fingerprint != record.dataset.fingerprint
        ):
            continue
        try:
            theirs = read_judged(store.run_folder(other.id) / JUDGED_FILE, ("valid",))["valid"]
        except (WeightsError, KeyError):
            continue
        if np.array_equal(theirs.pictures, valid.pictures):
            predictions = theirs.probabilities.argmax(axis=1).astype(np.int64)
            who = "The same network, trained from random weights,"
            return compared(
                "from-scratch", "The same network from scratch", who, predictions, valid
            )
    return None
