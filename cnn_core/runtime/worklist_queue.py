"""The work on all worklists of a server: whose film is next, and the threads that ask about it."""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cnn_core.errors import CnnLabError
from cnn_core.results.triage import TriedFilm
from cnn_core.results.worklist import Case

_log = logging.getLogger(__name__)

KEPT_SECONDS = 8 * 3600.0
WORKERS = 2
_SWEEP_SECONDS = 60.0
_LATEST = 20  # films that an estimate looks back at

Ask = Callable[[str, bytes], TriedFilm]
"""What is asked about a film: the id of a triage model and the file's bytes. Raises CnnLabError."""


@dataclass
class Entry:
    """One film, the triage model that it is shown to, and its bytes while they are needed."""

    case: Case
    model: str
    payload: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        tried = self.case.tried
        if tried is None:
            return len(self.payload)
        heat = tried.prediction.heat
        shown = tried.picture.nbytes + tried.display.nbytes
        return len(self.payload) + shown + (heat.heat.nbytes if heat else 0)


class WorklistQueue:
    """The films of all worklists of a server, and the threads that work on them.

    Whoever reads or changes `entries` holds `change`.

    Args:
        ask: what is asked about a film; called by `workers` threads at once.
        sampled: whether a routine film of this prediction's id is drawn for review.
        labelled: told prediction's id, label and whether it was given blind; may raise CnnLabError.
        workers: threads.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        ask: Ask,
        sampled: Callable[[str], bool],
        labelled: Callable[[str, str, bool], None],
        *,
        workers: int = WORKERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._sampled, self.labelled = ask, sampled, labelled
        self._clock, self.workers = clock, workers
        self.change = threading.Condition()
        self.entries: dict[str, dict[str, Entry]] = {}  # by owner, then by case, as they came
        self._looked: dict[str, float] = {}
        self._served: dict[str, float] = {}
        self.took: deque[float] = deque(maxlen=_LATEST)
        self._started = False

    def look(self, owner: str) -> None:
        """Remember that an owner's films are looked at, and let go what nobody looks at."""
        with self.change:
            self._sweep()
            self._looked[owner] = self._clock()

    def _sweep(self) -> None:
        """Let go what nobody has looked at for so long. The lock is held."""
        for owner, at in list(self._looked.items()):
            if self._clock() - at > KEPT_SECONDS:
                self.entries.pop(owner, None)
                self._served.pop(owner, None)
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
            with self.change:
                self.took.append(self._clock() - began)
                entry.case = replace(case, note=entry.case.note)
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
            tried = self._ask(entry.model, entry.payload)
            routine = tried.prediction.decision == "routine"
            sampled = routine and self._sampled(tried.prediction.id)
        except CnnLabError as exc:
            said = f"{exc.message} {exc.hint}".strip()
        except Exception:  # noqa: BLE001 - one film of many: logged under an id, the others go on
            error_id = secrets.token_hex(4)
            _log.exception("error %s", error_id)
            said = f"Something went wrong in CNN Lab itself (id {error_id}). Try it again."
        else:
            return replace(
                case,
                status="done",
                sentence="",
                tried=tried,
                retriable=False,
                sampled=sampled,
                in_review=sampled or not routine,
            )
        return replace(case, status="failed", sentence=said, retriable=True)
