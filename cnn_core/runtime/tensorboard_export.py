"""A run's curves as a TensorBoard event file; needs the package tensorboard, and no torch.

Tags are the names of the CSV files' columns: `step/...` and the layers' figures over optimizer
steps, `epoch/...` over epochs; the configuration is text. What is not finite is left out. A point's
wall time is the run's start with the training time up to there.
"""

import dataclasses
import importlib
import io
import itertools
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cnn_core.errors import ConfigError, RunStateError, StorageError
from cnn_core.results.history import History
from cnn_core.results.markdown import plain_markdown
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.files import write_whole
from cnn_core.runtime.store import RunStore

_ANOTHER = "Choose another folder to write to, on a disk with room."
_TEXT_PLUGIN = "text"  # what TensorBoard's text dashboard asks for

Values = dict[str, float]
Point = tuple[float, int, Values]
"""Seconds of training, step or epoch, values by tag."""


def write_events(store: RunStore, record: RunRecord, folder: Path) -> Path:
    """Write the run's event file into a folder of its own in `folder`; return the file's path.

    So `tensorboard --logdir FOLDER` shows all runs that were written there, under their ids.

    Raises:
        ConfigError: tensorboard is not installed.
        RunStateError: the run has not begun.
        StorageError: the folder cannot be written.
    """
    history = History(event for _, event in store.events(record.id))
    payload = event_file(history, record)
    own = folder / record.id
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(
            f"The folder {own.name} cannot be made ({exc.strerror}).", hint=_ANOTHER
        ) from exc
    path = own / event_file_name(record)
    write_whole(path, payload, hint=_ANOTHER)
    return path


def event_file_name(record: RunRecord) -> str:
    """Return what the file must be called, so that TensorBoard takes it for one of its own."""
    return f"events.out.tfevents.{int(record.created)}.{record.id}"


def event_file(history: History, record: RunRecord) -> bytes:
    """Return the event file of a run, of this machine or recorded.

    Raises:
        ConfigError: tensorboard is not installed.
        RunStateError: the run has not begun.
    """
    if not history.step:
        raise RunStateError(f"Run {record.id} has not begun: there is nothing to export yet.")
    proto = _Proto()
    started = record.created if record.started is None else record.started
    body = io.BytesIO()
    writer = proto.writer(body)
    writer.write(proto.event(wall_time=started, file_version="brain.Event:2").SerializeToString())
    said = proto.text("configuration", _configuration(record))
    writer.write(proto.event(wall_time=started, step=0, summary=said).SerializeToString())
    for seconds, place, values in _points(history):
        summary = proto.scalars({tag: x for tag, x in values.items() if math.isfinite(x)})
        event = proto.event(wall_time=started + seconds, step=place, summary=summary)
        writer.write(event.SerializeToString())
    return body.getvalue()


def _points(history: History) -> Iterator[Point]:
    yield from itertools.chain(_steps(history), _layers(history), _epochs(history))
    finished, epochs = history.finished, history.epochs
    if finished is not None and finished.test_accuracy is not None and epochs:
        yield (
            finished.train_seconds,
            epochs[-1].epoch,
            {"epoch/test_accuracy": finished.test_accuracy},
        )


def _steps(history: History) -> Iterator[Point]:
    frame = history.step_table()
    columns = [name for name in frame.columns if name not in ("step", "epoch", "train_seconds")]
    seconds = history.seconds_at(frame["step"].to_numpy())
    rows: Iterable[Any] = zip(seconds, frame["step"], frame[columns].to_numpy(), strict=True)
    for spent, step, values in rows:
        tags = {f"step/{name}": float(x) for name, x in zip(columns, values, strict=True)}
        yield float(spent), int(step), tags


def _layers(history: History) -> Iterator[Point]:
    seen = history.layers(limit=max(2, history.step))
    seconds = history.seconds_at(seen.steps)
    figures = (
        ("dead", seen.dead),
        ("gradient_norm", seen.gradient_norms),
        ("update_ratio", seen.update_ratios),
    )
    for row, step in enumerate(seen.steps.tolist()):
        yield (
            float(seconds[row]),
            step,
            {
                f"{what}/{layer}": float(table[row, column])
                for what, table in figures
                for column, layer in enumerate(seen.layers)
            },
        )


def _epochs(history: History) -> Iterator[Point]:
    frame = history.epoch_table()
    columns = [name for name in frame.columns if name not in ("epoch", "step", "best")]
    for done, values in zip(history.epochs, frame[columns].to_numpy(dtype=float), strict=True):
        tags = {f"epoch/{name}": float(x) for name, x in zip(columns, values, strict=True)}
        yield done.train_seconds, done.epoch, tags


def _configuration(record: RunRecord) -> str:
    """Return name, recipe, data and settings as a table in Markdown, which the dashboard draws."""
    rows = {
        "name": record.name,
        "recipe": record.recipe,
        "preset": record.preset,
        "data": record.dataset.name,
        "device": record.device,
        **dataclasses.asdict(record.config),
        **record.provenance,
    }
    lines = [
        f"| {plain_markdown(str(name))} | {' '.join(plain_markdown(str(value)).split())} |"
        for name, value in rows.items()
    ]
    return "\n".join(["| setting | value |", "| --- | --- |", *lines])


class _Proto:
    """TensorBoard's messages and its writer of records, which come with its package.

    Raises:
        ConfigError: the package is not there.
    """

    def __init__(self) -> None:
        try:
            found = {
                name: importlib.import_module(f"tensorboard.compat.proto.{name}_pb2")
                for name in ("event", "summary", "tensor", "tensor_shape")
            }
            records = importlib.import_module("tensorboard.summary.writer.record_writer")
        except ImportError as exc:
            raise ConfigError(
                "TensorBoard's files need the package tensorboard, which is not installed here.",
                hint="Install it with `python -m pip install tensorboard`, or take the CSV files.",
            ) from exc
        self.event: Any = found["event"].Event
        self.writer: Any = records.RecordWriter
        self._summary: Any = found["summary"]
        self._tensor: Any = found["tensor"].TensorProto
        self._shape: Any = found["tensor_shape"].TensorShapeProto

    def scalars(self, values: Values) -> Any:  # noqa: ANN401 - a message of the package
        """Return a summary of numbers by tag."""
        pairs = [
            self._summary.Summary.Value(tag=tag, simple_value=value)
            for tag, value in values.items()
        ]
        return self._summary.Summary(value=pairs)

    def text(self, tag: str, markdown: str) -> Any:  # noqa: ANN401 - a message of the package
        """Return a summary of one text."""
        metadata = self._summary.SummaryMetadata(
            plugin_data=self._summary.SummaryMetadata.PluginData(plugin_name=_TEXT_PLUGIN)
        )
        tensor = self._tensor(
            dtype="DT_STRING",
            string_val=[markdown.encode()],
            tensor_shape=self._shape(dim=[self._shape.Dim(size=1)]),
        )
        value = self._summary.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)
        return self._summary.Summary(value=[value])
