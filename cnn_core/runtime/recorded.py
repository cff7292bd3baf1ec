"""The recorded runs that come with the project (`recorded/`), and how one is recorded.

Reading holds no lock and writes nothing. A file that cannot be read is left out of the list and
told of beside it, so that one damaged file takes nothing else away. What was read is kept for as
long as the file stays as it is.
"""

import dataclasses
import datetime
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnn_core.errors import DataError, RunStateError
from cnn_core.results.recorded import SUFFIX, recorded_bytes, recorded_from_bytes
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Recording, Studied
from cnn_core.runtime.store import RunStore

RECORDED = Path(__file__).resolve().parents[2] / "recorded"
_VERSIONS = ("python", "torch", "torchvision", "numpy", "commit")
_ENDED = ("finished", "diverged")


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """What a folder of recorded runs holds.

    Attributes:
        studied: what could be read, by the recording's id.
        faults: what could not, one error a file, in the files' order.
    """

    studied: tuple[Studied, ...]
    faults: tuple[DataError, ...]


def recorded_runs(folder: Path = RECORDED) -> tuple[Studied, ...]:
    """Return the recorded runs that can be read, each with its `recording`; none: no folder."""
    return recordings(folder).studied


def recordings(folder: Path = RECORDED) -> Recordings:
    """Return the recorded runs in `folder`, and what is wrong with those that cannot be read."""
    studied, faults = [], []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            studied.append(read_recorded(path))
        except DataError as exc:
            faults.append(exc)
    return Recordings(studied=tuple(studied), faults=tuple(faults))


def find_recorded(recording_id: str, folder: Path = RECORDED) -> Studied | None:
    """Return the recorded runs whose recording is called so, None where there are none."""
    return next(
        (
            each
            for each in recorded_runs(folder)
            if each.recording is not None and each.recording.id == recording_id
        ),
        None,
    )


def read_recorded(path: Path) -> Studied:
    """Return the runs of one file; shared with whoever reads it too: histories are not extended.

    Raises:
        DataError: it is missing, damaged or of another version; one sentence says which.
    """
    try:
        stat = path.stat()
        return _read(path, stat.st_mtime_ns, stat.st_size)
    except OSError as exc:
        raise DataError(
            f"The recorded run {_id_of(path)} cannot be read ({exc.strerror}).",
            hint="Get the file again: the project comes with it.",
        ) from exc


@functools.lru_cache(maxsize=32)
def _read(path: Path, changed: int, size: int) -> Studied:
    del changed, size  # part of the key: another file is read anew
    return recorded_from_bytes(path.read_bytes(), _id_of(path))


def _id_of(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)


def record(
    store: RunStore,
    records: Sequence[RunRecord],
    *,
    id: str,
    data: str,
    command: str,
    hardware: str = "",
) -> bytes:
    """Return the file of runs of `store` that ended and differ in their seed alone.

    Args:
        store: where they are.
        records: the runs, at least one.
        id: names the file: lower-case letters, digits and hyphens.
        data: one sentence: which pictures, and how much of the published set.
        command: that made them, as anybody can repeat it.
        hardware: what they ran on, for a person; the first run's processor and device if "".

    Raises:
        RunStateError: one of them has not ended, or they differ in more than their seed.
    """
    for run in records:
        if run.status not in _ENDED:
            raise RunStateError(
                f"Run {run.id} is {run.status}: only runs that have ended can be recorded."
            )
    first = records[0]
    recording = Recording(
        id=id,
        hardware=hardware or _hardware(first),
        versions={name: first.provenance[name] for name in _VERSIONS if name in first.provenance},
        date=datetime.datetime.fromtimestamp(first.ended or 0.0, tz=datetime.UTC)
        .date()
        .isoformat(),
        command=command,
        data=data,
    )
    told = [
        (dataclasses.replace(run, group=first.group), [event for _, event in store.events(run.id)])
        for run in records
    ]
    try:
        return recorded_bytes(recording, told)
    except ValueError as exc:
        raise RunStateError(
            f"The runs cannot be recorded together: {exc}.",
            hint="Record runs of one group, which differ in their seed alone.",
        ) from exc


def _hardware(run: RunRecord) -> str:
    cores = run.provenance.get("cores", "")
    processor = run.provenance.get("processor", "a processor that was not named")
    where = f"{cores} cores of {processor}" if cores else processor
    return where if run.device == "cpu" else f"{run.device}, beside {where}"
