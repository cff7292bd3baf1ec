"""What the prediction log says: volumes and rates, models in it, the watch over drift, a table.

Reads the log and the triage models of this machine; writes nothing. Free of torch and of ONNX
Runtime: of a model only its description and its films to notice change by are read.
"""

import datetime
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors

from cnn_core.data.pictures.wording import counted
from cnn_core.errors import CnnLabError, DataError
from cnn_core.models.weights_file import sha256_of
from cnn_core.results.metrics import wilson_interval
from cnn_core.results.monitoring import WINDOW, DriftReport, DriftSample, LoggedCase, Volume
from cnn_core.results.spreadsheet import csv_text
from cnn_core.results.xray_evaluation import Interval
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.triage_description import ARRAYS_FILE, DESCRIPTION_FILE, read_description
from cnn_core.runtime.triage_reference import reference_of
from cnn_core.settings import Settings
from cnn_core.xray.effective import effective_size

MOST_WINDOWS = 50
"""That the watch over drift looks at: the last ones."""

_REFERENCE = "reference."
_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, kw_only=True)
class LoggedModel:
    """A triage model that the log has cases of.

    Attributes:
        sha256: of the model.
        cases: how many.
        first: seconds since 1970 of the first.
        last: of the last.
    """

    sha256: str
    cases: int
    first: float
    last: float


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownModel:
    """A triage model of this machine, as far as monitoring needs it.

    Attributes:
        title: for a person.
        synthetic: whether it was trained on drawn films.
        classes: of its outputs.
        reference: films to notice change by, None where none came along.
    """

    title: str
    synthetic: bool
    classes: tuple[str, ...]
    reference: DriftSample | None


def logged_models(cases: Sequence[LoggedCase]) -> tuple[LoggedModel, ...]:
    """Return the models of these cases, the one that was asked last first."""
    found: dict[str, LoggedModel] = {}
    for case in cases:
        before = found.pop(case.model, None)
        found[case.model] = LoggedModel(
            sha256=case.model,
            cases=1 + (before.cases if before else 0),
            first=before.first if before else case.at,
            last=case.at,
        )
    return tuple(reversed(found.values()))


def known_model(settings: Settings, sha256: str) -> KnownModel | None:
    """Return a model that the log names, None where it is not, or no longer, on this machine."""
    for folder in _folders(settings):
        path = folder / DESCRIPTION_FILE
        try:
            stamp = path.stat().st_mtime_ns
            if _digest(path, stamp) == sha256:
                return _known(folder, stamp)
        except (OSError, CnnLabError):
            continue  # damaged or being written: the triage page says so
    return None


def _folders(settings: Settings) -> Iterator[Path]:
    if settings.triage_model is not None:
        yield settings.triage_model
    yield from sorted((settings.triage / "models").glob("*/*/"))


@functools.lru_cache(maxsize=32)
def _digest(path: Path, stamp: int) -> str:
    del stamp  # the key: a file that was written anew is read anew
    return sha256_of(path)


@functools.lru_cache(maxsize=8)
def _known(folder: Path, stamp: int) -> KnownModel:
    del stamp
    described = read_description(folder)
    path = folder / ARRAYS_FILE
    reference = None
    try:
        if sha256_of(path) == described.files.get(ARRAYS_FILE):
            with safetensors.safe_open(path, "numpy") as file:
                names = [name for name in file.keys() if name.startswith(_REFERENCE)]  # noqa: SIM118
                arrays = {name: file.get_tensor(name) for name in names}
            reference = reference_of(arrays) if arrays else None
    except (KeyError, ValueError, safetensors.SafetensorError) as exc:
        raise DataError("The reference of a triage model is damaged.") from exc
    return KnownModel(
        title=described.title,
        synthetic=described.synthetic,
        classes=described.result.classes,
        reference=reference,
    )


def windows_of(cases: Sequence[LoggedCase]) -> tuple[Sequence[LoggedCase], ...]:
    """Return each whole window of consecutive cases; while there is none, the cases so far."""
    whole = len(cases) // WINDOW * WINDOW
    if not whole:
        return (cases,) if cases else ()
    return tuple(cases[first : first + WINDOW] for first in range(0, whole, WINDOW))


def volume(cases: Sequence[LoggedCase]) -> Volume:
    """Return how many cases there are, and what share was referred and refused, and how fast.

    Intervals are Wilson's, of films with several of a patient at the effective sample size.
    """
    if not cases:
        return Volume(cases=0, referred=None, refused=None, seconds=None)
    patients = np.array([case.patient for case in cases])
    low, middle, high = np.percentile([case.seconds for case in cases], _PERCENTILES)
    return Volume(
        cases=len(cases),
        referred=_share(np.array([case.decision != "routine" for case in cases]), patients),
        refused=_share(np.array([case.decision == "refused" for case in cases]), patients),
        seconds=(float(low), float(middle), float(high)),
    )


def _share(
    good: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    patients: "np.ndarray[tuple[int], np.dtype[np.str_]]",
) -> tuple[float, Interval]:
    share = float(good.mean())
    alone = len(np.unique(patients)) == len(good)
    size = float(len(good)) if alone else max(1.0, effective_size(good, patients))
    return share, wilson_interval(share * size, size)


def watched(
    reference: DriftSample, cases: Sequence[LoggedCase], *, named: str, window: int = WINDOW
) -> DriftReport:
    """Return what the watch over drift says of the last `MOST_WINDOWS` whole windows.

    Args:
        reference: what they are held against.
        cases: of one model, the oldest first; windows begin with the first.
        named: what the reference is, for a person.
        window: cases of a window.

    Raises:
        DataError: the reference is too small.
    """
    from cnn_core.xray.drift import watch

    skipped = max(0, len(cases) // window - MOST_WINDOWS)
    return watch(reference, cases, window=window, named=named, skip=skipped)


def log_csv(cases: Sequence[LoggedCase]) -> str:
    """Return the log as a table: digests and figures, no name by which a case could be opened.

    Whether a film was drawn for review stands there only once it has a label: review is unmarked.
    """
    header = (
        *("number", "time_utc", "channel", "model", "film", "patient", "decision", "reason"),
        *("score_at_model_prior", "probabilities_at_model_prior", "gate_distance", "brightness"),
        *("contrast", "seconds", "label", "label_blind", "drawn_for_review", "statement"),
    )
    return csv_text(header, (_row(number, case) for number, case in enumerate(cases, start=1)))


def _row(number: int, case: LoggedCase) -> tuple[object, ...]:
    at = datetime.datetime.fromtimestamp(case.at, tz=datetime.UTC)
    return (
        number,
        at.isoformat(timespec="seconds"),
        case.channel,
        case.model,
        case.image,
        case.patient,
        case.decision,
        case.reason,
        case.score,
        " ".join(f"{value:.6g}" for value in case.probabilities),
        case.gate_distance,
        case.brightness,
        case.contrast,
        case.seconds,
        case.label,
        int(case.blind) if case.label else None,
        int(case.sampled) if case.label else None,
        STATEMENT if number == 1 else None,
    )


def retention_words(days: int, kept: int) -> str:
    """Return for how long cases are kept, in words.

    >>> retention_words(30, 2)
    '2 cases are kept; each is forgotten after 30 days (CNN_LAB_LOG_DAYS).'
    """
    rule = (
        f"each is forgotten after {counted(days, 'day')} (CNN_LAB_LOG_DAYS)"
        if days
        else "none is forgotten until the log is purged (CNN_LAB_LOG_DAYS sets a number of days)"
    )
    return f"{counted(kept, 'case')} {'is' if kept == 1 else 'are'} kept; {rule}."
