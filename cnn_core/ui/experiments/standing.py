"""Where an experiment's run stands, folded once for all who watch it."""

import threading
import time
import weakref
from collections import OrderedDict

from cnn_core.results.events import Preparing, RunStarted
from cnn_core.results.trial_events import TrialDone, TrialPoint
from cnn_core.results.trials import Standing, standing
from cnn_core.ui.lab import FRESH_SECONDS, Laboratory

_KEPT = 32
_READ_EVENTS = 5_000


class _Watched:
    """One run's trials and the points of the one under way, brought up to date by a cursor."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cursor = 0
        self._read = -FRESH_SECONDS
        self._done: list[TrialDone] = []
        self._since: list[RunStarted | Preparing | TrialPoint] = []
        self._started: RunStarted | None = None
        self._stands = standing([])

    def catch_up(self, lab: Laboratory, run_id: str, *, now: bool) -> Standing:
        with self._lock:
            if not now and time.monotonic() - self._read < FRESH_SECONDS:
                return self._stands
            more, moved = True, False
            while more:
                found = lab.store.events(run_id, after=self._cursor, limit=_READ_EVENTS)
                for seq, event in found:
                    self._cursor = seq
                    self._fold(event)
                moved = moved or bool(found)
                more = len(found) == _READ_EVENTS
            if moved:
                before = [] if self._started is None else [self._started]
                self._stands = standing([*before, *self._done, *self._since])
            self._read = time.monotonic()
            return self._stands

    def _fold(self, event: object) -> None:
        match event:
            case RunStarted():
                self._started, self._since = event, []
            case Preparing():  # the latest tells where it is
                self._since = [each for each in self._since if not isinstance(each, Preparing)]
                self._since.append(event)
            case TrialPoint():
                self._since.append(event)
            case TrialDone():
                self._done.append(event)
                self._since = []


_watched: weakref.WeakKeyDictionary[Laboratory, OrderedDict[str, _Watched]] = (
    weakref.WeakKeyDictionary()
)
_lock = threading.Lock()


def stands(lab: Laboratory, run_id: str, *, now: bool = False) -> Standing:
    """Return where the run stood a moment ago at most, or (`now`) stands; equal until it moves."""
    with _lock:
        runs = _watched.setdefault(lab, OrderedDict())
        watched = runs.setdefault(run_id, _Watched())
        runs.move_to_end(run_id)
        while len(runs) > _KEPT:
            runs.popitem(last=False)
    return watched.catch_up(lab, run_id, now=now)
