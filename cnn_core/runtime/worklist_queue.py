"""The work on all worklists of a server: whose film is next, and the threads that ask about it."""

import hashlib
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cnn_core.errors import CnnLabError, StorageError
from cnn_core.results.triage import TriedFilm
from cnn_core.results.worklist import Case, Judge

_log = logging.getLogger(__name__)

KEPT_SECONDS = 8 * 3600.0
WORKERS = 2
_SWEEP_SECONDS = 60.0
_LATEST = 20  # films that an estimate looks back at

SHOWN_BYTES = 1_600_000
"""Kept room for what is shown of a film until it is done: display, canonical picture, heat map."""

Ask = Callable[[str, bytes, bool], tuple[TriedFilm, Judge]]
"""What is asked about a film: the id of a triage model, the file's bytes, and whether the answer
goes into the log. Raises CnnLabError."""
Files = list[tuple[str, bytes]]
"""Name and bytes of each."""


@dataclass
class Entry:
    """One film, the triage model that it is shown to, and its bytes while they are needed.

    The digest is of its bytes, once it was read; it stays when they go.
    """

    case: Case
    model: str
    payload: bytes = field(repr=False)
    digest: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        """Bytes that it holds, or will when it is done."""
        tried = self.case.tried
        if tried is None:
            return len(self.payload) + SHOWN_BYTES
        heat = tried.prediction.heat
        shown = tried.picture.nbytes + tried.display.nbytes
        return len(self.payload) + shown + (heat.heat.nbytes if heat else 0)


class WorklistQueue:
    """The films of all worklists of a server, and the threads that work on them.

    Whoever reads or changes `entries` holds `change`.

    Args:
        ask: what is asked about a film; called by `workers` threads at once.
        sampled: whether a routine film of this prediction's id is drawn for review.
        labelled: told prediction's id, label and whether it was given blind; returns whether it
            was kept; may raise CnnLabError.
        workers: threads.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        ask: Ask,
        sampled: Callable[[str], bool],
        labelled: Callable[[str, str, bool], bool],
        *,
        workers: int = WORKERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._sampled, self.labelled = ask, sampled, labelled
        self._clock, self.workers = clock, workers
        self.change = threading.Condition()
        self.entries: dict[str, dict[str, Entry]] = {}  # by owner, then by case, as they came
        self.parked: dict[str, dict[tuple[str, bool], Files]] = {}  # by owner; model, drawn or not
        self.seen: dict[str, set[bytes]] = {}  # by owner: digests of films whose decision was shown
        self._looked: dict[str, float] = {}
        self._served: dict[str, float] = {}
        self.took: deque[float] = deque(maxlen=_LATEST)
        self._started = False

    @property
    def held(self) -> int:
        """Bytes of all films of the server. The lock is held."""
        listed = sum(entry.size for each in self.entries.values() for entry in each.values())
        return listed + sum(
            len(payload) + SHOWN_BYTES
            for models in self.parked.values()
            for files in models.values()
            for _, payload in files
        )

    def look(self, owner: str) -> None:
        """Remember that an owner's films are looked at, and let go what nobody looks at."""
        with self.change:
            self._sweep()
            self._looked[owner] = self._clock()

    def _sweep(self) -> None:
        """Let go what nobody has looked at for so long. The lock is held."""
        for owner, at in list(self._looked.items()):
            if self._clock() - at > KEPT_SECONDS:
                for kept in (self.entries, self.parked, self.seen, self._served):
                    kept.pop(owner, None)
                del self._looked[owner]

    def start(self) -> None:
        """See that the threads run, and tell them that there is work. The lock is held."""
        self.change.notify_all()
        if not self._started:
            self._started = True
            for number in range(self.workers):
                name = f"worklist-{number}"
                threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while True:
            with self.change:
                while (found := self._next()) is None:
                    self.change.wait(_SWEEP_SECONDS)
                    self._sweep()
                owner, entry = found
                entry.case = replace(entry.case, status="reading")
                self.change.notify_all()
                self._served[owner] = self._clock()
            began = self._clock()
            case = self._asked(entry)
            digest = hashlib.sha256(entry.payload).digest()
            with self.change:
                self.took.append(self._clock() - began)
                entry.digest = digest
                seen = digest in self.seen.get(owner, ())
                entry.case = replace(case, note=entry.case.note, seen=seen)
                if case.status == "done":
                    entry.payload = b""
                self.change.notify_all()

    def _next(self) -> tuple[str, Entry] | None:
        """Return the first film that waits of the owner who was served longest ago."""
        waiting = {
            owner: entry
            for owner, entries in self.entries.items()
            for entry in reversed(entries.values())
            if entry.case.status == "waiting"
        }
        if not waiting:
            return None
        owner = min(waiting, key=lambda each: self._served.get(each, float("-inf")))
        return owner, waiting[owner]

    def _asked(self, entry: Entry) -> Case:
        case = entry.case
        try:
            tried, judge = self._ask(entry.model, entry.payload, not case.drawn)
        except CnnLabError as exc:
            said = f"{exc.message} {exc.hint}".strip()
        except Exception:  # noqa: BLE001 - one film of many: logged under an id, the others go on
            error_id = secrets.token_hex(4)
            _log.exception("error %s", error_id)
            said = f"Something went wrong in CNN Lab itself (id {error_id}). Try it again."
        else:
            routine = tried.prediction.decision == "routine"
            sampled = routine and self._drawn(tried.prediction.id)
            return replace(
                case,
                status="done",
                sentence="",
                tried=tried,
                judge=judge,
                retriable=False,
                sampled=sampled,
                in_review=sampled or not routine,
            )
        return replace(case, status="failed", sentence=said, retriable=True)

    def _drawn(self, prediction: str) -> bool:
        """Say whether a routine film is drawn for review; none is while the log cannot tell."""
        try:
            return self._sampled(prediction)
        except StorageError as exc:
            _log.warning("a routine film could not be drawn for review: %s", exc.message)
            return False
