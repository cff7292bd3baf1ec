"""The experiments that come along as recorded runs (`recorded/experiments/`), one file each.

Reading holds no lock and writes nothing. What was read is kept for as long as the file stays as it
is.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

from cnn_core.concepts.settings import ExperimentSettings
from cnn_core.errors import DataError
from cnn_core.results.recorded import SUFFIX, told_from_bytes
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Recording
from cnn_core.results.trials import Trials, standing
from cnn_core.runtime.experiments import chosen_of
from cnn_core.runtime.recorded import RECORDED

FOLDER = RECORDED / "experiments"


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordedExperiment:
    """A recorded run of an experiment.

    Attributes:
        recording: where and how it was made.
        record: what the run store told of it.
        settings: that it was run with.
        trials: all of them.
    """

    recording: Recording
    record: RunRecord
    settings: ExperimentSettings
    trials: Trials


def recorded_experiment(experiment_id: str, folder: Path = FOLDER) -> RecordedExperiment | None:
    """Return the recorded run of an experiment; None where none comes along.

    Args:
        experiment_id: of `concepts.registry`.
        folder: of the recordings.

    Raises:
        DataError: its file is damaged or of another version; one sentence says which.
    """
    path = folder / f"{experiment_id}{SUFFIX}"
    try:
        stat = path.stat()
    except OSError:
        return None
    return _read(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=16)
def _read(path: Path, changed: int, size: int) -> RecordedExperiment:
    del changed, size  # part of the key: another file is read anew
    name = path.name.removesuffix(SUFFIX)
    try:
        payload = path.read_bytes()
    except OSError as exc:
        raise DataError(
            f"The recorded run {name} cannot be read ({exc.strerror}).",
            hint="Get the file again: the project comes with it.",
        ) from exc
    recording, told = told_from_bytes(payload, name)
    record, events = told[0]
    if len(told) != 1 or record.recipe != name:
        raise DataError(f"The recorded run {name} is not one run of that experiment.")
    _, settings = chosen_of(record)
    return RecordedExperiment(
        recording=recording, record=record, settings=settings, trials=standing(events).trials
    )
