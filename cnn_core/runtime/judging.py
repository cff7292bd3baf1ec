"""Judge a run on a person's own pictures, and keep what was found in the run's folder.

The first half is free of torch and for every process: reading `judged.safetensors` and
`judgement.json`. `judge_run` is for the worker that trained.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import safetensors
from safetensors.numpy import save as serialise

from cnn_core.errors import WeightsError
from cnn_core.results.events import TrainEvent
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
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.files import write_whole
from cnn_core.runtime.store import RunStore

if TYPE_CHECKING:
    from cnn_core.training.state import TrainState
    from cnn_core.training.tensors import Splits

_ARRAYS = ("pictures", "labels", "probabilities", "embeddings")
_AGAIN = "Train the run again."


class PicturesBegun(Protocol):
    """What a run on a person's own pictures began with, as far as it is judged."""

    @property
    def plan(self) -> Plan:
        """Which pictures, and the part of each."""

    @property
    def splits(self) -> "Splits":
        """The pictures of each part, in the plan's order."""


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


def judge_run(
    store: RunStore,
    record: RunRecord,
    begun: PicturesBegun,
    state: "TrainState",
    report: Callable[[TrainEvent], None],
) -> Judgement:
    """Judge the run with its best weights; write `JUDGED_FILE` and `JUDGEMENT_FILE`; return it.

    Args:
        store: where the run is; another run of it on the same plan may be the baseline "from
            scratch".
        record: the run.
        begun: `.plan`, and `.splits` with the pictures of each part in the plan's order.
        state: after `fit`; its weights are as they were when this returns.
        report: is told Preparing events.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    raise NotImplementedError
