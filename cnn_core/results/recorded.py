"""Recorded runs: trainings that ended, with all their curves, in one file that comes along.

A file is one JSON object, compressed with gzip:

    {"format": "cnn-lab recorded runs", "version": 1, "recording": {...},
     "runs": [{"record": {...}, "events": [{"kind": "RunStarted", ...}, ...]}, ...]}

`recording` is a `Recording`, `record` a `RunRecord`, `events` those of the store but for
checkpoints and the points of an experiment's trials; of a preparation the last one tells what it
took. Windows of steps are taken together until a run has at most 256, so that a file stays small;
every step's loss is kept, at seven digits (a trial's curve at four). What names a machine or a
person (owner, folder) is left out. The file is read as one from elsewhere: every value is looked
at, nothing is unpickled. Pure functions; nothing here holds state.
"""

import dataclasses
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from cnn_core.errors import ConfigError, DataError
from cnn_core.results.config import validate_config
from cnn_core.results.events import (
    CheckpointReady,
    LayersSeen,
    Preparing,
    RateFound,
    RunStarted,
    StepsDone,
    StepSplit,
    TrainEvent,
)
from cnn_core.results.from_plain import from_plain
from cnn_core.results.history import History
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Recording, Studied
from cnn_core.results.trial_events import TrialDone, TrialPoint

FORMAT = "cnn-lab recorded runs"
VERSION = 1
SUFFIX = ".json.gz"
MOST_WINDOWS = 256
_MOST_BYTES = 64 * 2**20  # unpacked; a file of five runs takes less than one of them
_MOST_STEPS = 10_000_000
_DIGITS = 7  # those of a float32
_CURVE_DIGITS = 4  # of a trial's curve
_DAMAGED = "Get the file again: the project comes with it."
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(TrainEvent)}

Told = tuple[RunRecord, Sequence[TrainEvent]]
"""A run and its events, in their order."""


def recorded_bytes(recording: Recording, runs: Sequence[Told]) -> bytes:
    """Return the file of `runs`, which differ in their seed alone; equal runs give equal bytes.

    Args:
        recording: where and how they were made.
        runs: at least one, with its events from the first to the last.

    Raises:
        ValueError: no run, runs of different configurations, or a number that is not finite.
    """
    configs = {dataclasses.replace(record.config, seed=0) for record, _ in runs}
    if len(configs) != 1 or len({record.config.seed for record, _ in runs}) != len(runs):
        raise ValueError("expected runs of one configuration with different seeds")
    document = {
        "format": FORMAT,
        "version": VERSION,
        "recording": dataclasses.asdict(recording),
        "runs": [
            {
                "record": dataclasses.asdict(_without_place(record)),
                "events": [
                    {"kind": type(event).__name__, **_rounded(dataclasses.asdict(event))}
                    for event in _fewer_windows(events)
                ],
            }
            for record, events in runs
        ],
    }
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def recorded_from_bytes(payload: bytes, name: str = "") -> Studied:
    """Return the runs that `recorded_bytes` wrote, by seed, as the analysis of curves takes them.

    Raises:
        DataError: as `told_from_bytes`.
    """
    recording, told = told_from_bytes(payload, name)
    return Studied(
        records=tuple(record for record, _ in told),
        histories=tuple(History(events) for _, events in told),
        recording=recording,
    )


def told_from_bytes(payload: bytes, name: str = "") -> tuple[Recording, list[Told]]:
    """Return what `recorded_bytes` wrote: the recording, and the runs by seed.

    Args:
        payload: the file.
        name: what a message calls it.

    Raises:
        DataError: it is damaged, of another version, no recording, or holds a number that is not
            finite; says which, in one sentence.
    """
    called = f"The recorded run {name}" if name else "The recorded run"
    document = _document(payload, called)
    version = document.get("version")
    if document.get("format") != FORMAT or type(version) is not int:
        raise DataError(f"{called} is no recording of CNN Lab.", hint=_DAMAGED)
    if version != VERSION:
        raise DataError(
            f"{called} is of version {version}, but this CNN Lab reads version {VERSION}.",
            hint="Update CNN Lab." if version > VERSION else "Record it again.",
        )
    try:
        recording = from_plain(Recording, document.get("recording"))
        told = sorted(
            (_run(each) for each in _rows(document.get("runs"), "runs")),
            key=lambda run: run[0].config.seed,
        )
    except DataError as exc:
        raise DataError(f"{called} is damaged: {exc.message}", hint=exc.hint or _DAMAGED) from exc
    return recording, told


def _document(payload: bytes, called: str) -> dict[str, Any]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(payload)) as packed:
            text = packed.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise DataError(f"{called} is larger than any that CNN Lab writes.", hint=_DAMAGED)
        document = json.loads(text)
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as exc:
        raise DataError(f"{called} is damaged: it cannot be unpacked.", hint=_DAMAGED) from exc
    return document if isinstance(document, dict) else {}


def _rows(value: object, place: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise DataError(f"{place} should be a list of at least one.")
    return value


def _run(value: object) -> Told:
    body = value if isinstance(value, dict) else {}
    record = from_plain(RunRecord, body.get("record"))
    try:
        validate_config(record.config)
    except ConfigError as exc:
        raise DataError(exc.message) from exc
    return record, _in_order([_event(each) for each in _rows(body.get("events"), "events")])


def _event(value: object) -> TrainEvent:
    name = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in _KINDS:
        raise DataError(f"it has an event of an unknown kind ({name!r}).", hint="Update CNN Lab.")
    event: TrainEvent = from_plain(_KINDS[name], value)
    return event


def _in_order(events: list[TrainEvent]) -> list[TrainEvent]:
    """Return `events` if a history can be made of them, one after the other."""
    reached, last = 0, -1
    for event in events:
        if isinstance(event, RunStarted):
            reached, last = event.step, max(0, min(event.total_steps, _MOST_STEPS))
        if isinstance(event, StepsDone):
            if event.step != reached + len(event.losses):
                raise DataError(f"step {reached} should be followed by the next one.")
            reached = event.step
        _validate_rows(event)
        if isinstance(event, Preparing | RateFound):
            continue
        if last < 0:
            raise DataError("its first step should come after the start of the run.")
        if not 0 <= event.step <= last:
            raise DataError(f"its steps should lie between 0 and {last}, but one is {event.step}.")
    return events


def _validate_rows(event: TrainEvent) -> None:
    if isinstance(event, LayersSeen):
        rows = (event.layers, event.dead, event.gradient_norms, event.update_ratios)
        if len({len(row) for row in rows}) > 1:
            raise DataError(f"step {event.step} should have a value for each layer.")


def _without_place(record: RunRecord) -> RunRecord:
    """Return `record` without what names a machine's folders or a person."""
    return dataclasses.replace(
        record,
        owner="",
        dataset=dataclasses.replace(record.dataset, location=""),
        deleted=None,
        stop_requested=False,
    )


def _rounded(value: Any, digits: int = _DIGITS) -> Any:  # noqa: ANN401 - any part of an event
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def _fewer_windows(events: Iterable[TrainEvent]) -> list[TrainEvent]:
    """Return the events that are kept, windows of one epoch taken together."""
    kept: list[TrainEvent] = []
    steps = 1
    for event in events:
        if isinstance(event, RunStarted):
            steps = -(-event.total_steps // MOST_WINDOWS)
        if isinstance(event, CheckpointReady | TrialPoint):
            continue
        if isinstance(event, TrialDone):
            event = _short_curve(event)
        before = kept[-1] if kept else None
        if isinstance(event, Preparing) and isinstance(before, Preparing):
            kept.pop()
        if (
            isinstance(event, StepsDone)
            and isinstance(before, StepsDone)
            and before.epoch == event.epoch
            and event.step - len(event.losses) == before.step
            and len(before.losses) + len(event.losses) <= steps
        ):
            kept[-1] = _together(before, event)
        else:
            kept.append(event)
    return kept


def _short_curve(trial: TrialDone) -> TrialDone:
    """Return `trial` with a curve at as many digits as can be seen in it."""
    return dataclasses.replace(
        trial,
        losses=[_rounded(value, _CURVE_DIGITS) for value in trial.losses],
        accuracies=[_rounded(value, _CURVE_DIGITS) for value in trial.accuracies],
    )


def _together(first: StepsDone, second: StepsDone) -> StepsDone:
    """Return two windows that follow each other as one."""
    return dataclasses.replace(
        second,
        losses=[*first.losses, *second.losses],
        images=first.images + second.images,
        window_seconds=first.window_seconds + second.window_seconds,
        split=_mean_split(first.split, second.split),
    )


def _mean_split(first: StepSplit | None, second: StepSplit | None) -> StepSplit | None:
    if first is None or second is None:
        return first or second
    samples = first.samples + second.samples
    phases = {
        name: (getattr(first, name) * first.samples + getattr(second, name) * second.samples)
        / samples
        for name in ("data", "forward", "backward", "optimizer")
    }
    return StepSplit(**phases, samples=samples)
