"""Triage models in memory: each read once a process, while its files stay as they are."""

import threading
from collections import OrderedDict
from pathlib import Path

from cnn_core.errors import RunStateError
from cnn_core.runtime.triage_description import DESCRIPTION_FILE
from cnn_core.runtime.triage_model import TriageModel, read_model

Stamp = tuple[int, int, int]
"""Time, size and place of a folder's description: what tells one version from another."""

MOST = 6
"""Models that are kept, those asked for last; one takes about 100 MB."""
WAIT_SECONDS = 60.0
"""For another thread that reads the same model."""

_Key = tuple[Path, int]
_changing = threading.Lock()
_read: OrderedDict[_Key, tuple[Stamp, TriageModel]] = OrderedDict()
_reading: dict[_Key, threading.Lock] = {}


def stamp_of(folder: Path) -> Stamp:
    """Return what tells one version of a folder from another.

    Raises:
        RunStateError: nothing is there yet.
    """
    try:
        found = (folder / DESCRIPTION_FILE).stat()
    except OSError as exc:
        raise RunStateError(
            "This triage model is not ready yet.", hint="Make it ready first: it is done once."
        ) from exc
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_once(
    folder: Path, stamp: Stamp, *, threads: int, wait: float = WAIT_SECONDS
) -> TriageModel:
    """Return the model in a folder; who asks for another one does not wait for it.

    Args:
        folder: of the model.
        stamp: of the version that is wanted, as `stamp_of` says.
        threads: that one question to it takes.
        wait: seconds at most for another thread that reads it.

    Raises:
        WeightsError: its files are damaged.
        RunStateError: it is still being read.
    """
    key = folder, threads
    if (found := _kept(key, stamp)) is not None:
        return found
    with _changing:
        lock = _reading.setdefault(key, threading.Lock())
    if not lock.acquire(timeout=wait):
        raise RunStateError(
            f"This triage model was not read within {wait:g} seconds.", hint="Try again."
        )
    try:
        if (found := _kept(key, stamp)) is None:
            found = read_model(folder, threads=threads)
            with _changing:
                _read[key] = stamp, found
                _read.move_to_end(key)
                while len(_read) > MOST:
                    _read.popitem(last=False)
        return found
    finally:
        lock.release()


def _kept(key: _Key, stamp: Stamp) -> TriageModel | None:
    with _changing:
        if key not in _read or _read[key][0] != stamp:
            return None
        _read.move_to_end(key)
        return _read[key][1]
