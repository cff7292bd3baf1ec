"""What all sessions of a server share: settings, run store, launcher, and the histories of runs.

One `Laboratory` a process and set of homes. Fifteen people who watch one run read its events once:
a history is brought up to date at most every `FRESH_SECONDS`, whoever asks.
"""

import threading
import time
from collections import OrderedDict

import streamlit as st

from cnn_core.results.history import History
from cnn_core.runtime.launcher import Launcher
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.waiting import Wait, waits
from cnn_core.settings import Settings

FRESH_SECONDS = 0.5
_KEPT_HISTORIES = 32
_KEPT_BYTES = 256 * 2**20  # of histories together: eight million steps, or one longer run
_READ_EVENTS = 5_000  # at a time, so that a long run is never in memory as text


class SharedHistory:
    """One run's history, folded once for all who watch it."""

    def __init__(self) -> None:
        self.history = History()
        self._cursor = 0
        self._read = 0.0
        self._lock = threading.Lock()

    def catch_up(self, store: RunStore, run_id: str, *, now: bool) -> History:
        """Fold what has been written since; skip the look if the last was a moment ago."""
        with self._lock:
            if now or time.monotonic() - self._read > FRESH_SECONDS:
                more = True
                while more:
                    found = store.events(run_id, after=self._cursor, limit=_READ_EVENTS)
                    self.history.extend(event for _, event in found)
                    self._cursor = found[-1][0] if found else self._cursor
                    more = len(found) == _READ_EVENTS
                self._read = time.monotonic()
        return self.history


class Laboratory:
    """Settings, the run store, its launcher, and the histories in use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = RunStore(settings.runs)
        self.launcher = Launcher(settings, self.store).start()
        self._histories: OrderedDict[str, SharedHistory] = OrderedDict()
        self._lock = threading.Lock()
        self._waits: dict[str, Wait] = {}
        self._waits_read = -FRESH_SECONDS
        self._waits_lock = threading.Lock()

    def history(self, run_id: str, *, now: bool = False) -> History:
        """Return the run's history as it was a moment ago at most, or (`now`) as it is."""
        with self._lock:
            shared = self._histories.setdefault(run_id, SharedHistory())
            self._histories.move_to_end(run_id)
            while len(self._histories) > 1 and self._too_many():
                self._histories.popitem(last=False)
        return shared.catch_up(self.store, run_id, now=now)

    def _too_many(self) -> bool:
        kept = self._histories.values()
        return len(kept) > _KEPT_HISTORIES or sum(k.history.nbytes for k in kept) > _KEPT_BYTES

    def wait(self, run_id: str) -> Wait:
        """Return what a queued run waits for, as it was a moment ago at most, looked up for all.

        A run that is not known to wait (any more) has nothing before it.
        """
        with self._waits_lock:
            if time.monotonic() - self._waits_read > FRESH_SECONDS or run_id not in self._waits:
                self._waits = waits(self.store)
                self._waits_read = time.monotonic()
            return self._waits.get(run_id, Wait(ahead=0, seconds=0.0))

    def close(self) -> None:
        """End the keeper and an idle spare; runs go on."""
        self.launcher.close()


@st.cache_resource(show_spinner=False, on_release=Laboratory.close, hash_funcs={Settings: repr})
def _open(settings: Settings) -> Laboratory:
    return Laboratory(settings)


def laboratory() -> Laboratory:
    """Return this server's laboratory for the homes that the environment names.

    Raises:
        StorageError: the runs cannot be kept there.
    """
    return _open(Settings.from_environment())


def close_laboratories() -> None:
    """Close every laboratory of this process; the next `laboratory()` opens one anew."""
    _open.clear()
