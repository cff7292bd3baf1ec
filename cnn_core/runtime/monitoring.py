"""What the prediction log says: volumes and rates, the models it names, for how long it is kept.

Reads the log and the triage models of this machine; writes nothing. Free of torch and of ONNX
Runtime: of a model only its description and its films to notice change by are read.
"""

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
from cnn_core.results.monitoring import DriftSample, LoggedCase, Volume
from cnn_core.results.xray_evaluation import Interval
from cnn_core.runtime.triage_description import ARRAYS_FILE, DESCRIPTION_FILE, read_description
from cnn_core.runtime.triage_reference import reference_of
from cnn_core.settings import Settings
from cnn_core.xray.effective import effective_size

_REFERENCE = "reference."
_PERCENTILES = (50, 95, 99)


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
