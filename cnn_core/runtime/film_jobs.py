"""Work on films beside the page: a process of its own, and a thread of the app that listens to it.

A server does one such piece of work at a time: it takes all cores. Others wait for their turn. The
process ends with the server, or when it is stopped: its standard input closes. It goes on when the
page is closed; what it finds is kept in the film store.
"""

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cnn_core.errors import CnnLabError, DataError
from cnn_core.results.films import FilmProgress
from cnn_core.results.from_plain import from_plain
from cnn_core.runtime.processes import environment_of
from cnn_core.settings import Settings

_log = logging.getLogger(__name__)

_MODULE = "cnn_core.runtime.film_worker"
_LOOK_SECONDS = 0.2
_END_SECONDS = 15.0  # longer than a worker takes to put things away
_TELLING_SECONDS = 2.0  # an estimate from less is none
_turn = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class FilmJobState:
    """Where a piece of work on films stands.

    Attributes:
        running: whether it goes on, or waits for its turn.
        waiting: whether other work of this server has to end first.
        progress: what was last reported.
        seconds: since the present stage began.
        film_set: id of the films that are in the store, "" until then.
        done: whether it came to its end.
        error: what it ended with, None if it did not fail.
    """

    running: bool
    waiting: bool
    progress: FilmProgress
    seconds: float
    film_set: str = ""
    done: bool = False
    error: CnnLabError | None = None


class FilmJob:
    """One piece of work on films.

    Args:
        settings: for the homes.
        title: for a person.
        work: what is to be done, as `film_worker` says.
        finally_: called in the thread when it has ended, however that was.
    """

    def __init__(
        self,
        settings: Settings,
        title: str,
        work: Mapping[str, object],
        *,
        finally_: Callable[[], None] = lambda: None,
    ) -> None:
        self.title = title
        self.kind = str(work["kind"])
        self._settings, self._work, self._finally = settings, dict(work), finally_
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._stage_began = time.monotonic()
        self._state = FilmJobState(
            running=True,
            waiting=False,
            progress=FilmProgress(stage="Starting", done=0, total=0, seconds=0.0),
            seconds=0.0,
        )
        self._thread = threading.Thread(target=self._run, name="cnn-lab-films", daemon=True)
        self._thread.start()

    def state(self) -> FilmJobState:
        """Return where it stands."""
        running = self._thread.is_alive()  # before the rest: what it leaves is then complete
        with self._lock:
            seconds = time.monotonic() - self._stage_began
            return replace(self._state, running=running, seconds=seconds)

    def stop(self) -> None:
        """Ask it to end; what it has kept by then stays."""
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end, at most so long; return whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _tell(self, **changes: object) -> None:
        with self._lock:
            before = self._state.progress.stage
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]
            if self._state.progress.stage != before:
                self._stage_began = time.monotonic()

    def _run(self) -> None:
        try:
            if self._my_turn():
                try:
                    self._talk()
                finally:
                    _turn.release()
        except OSError as exc:
            self._fail("The work on films could not be started.", str(exc.strerror))
        finally:
            self._finally()

    def _my_turn(self) -> bool:
        """Wait until no other piece of work is under way; whether this one is still wanted."""
        while not _turn.acquire(timeout=_LOOK_SECONDS):
            self._tell(waiting=True)
            if self._stopped.is_set():
                return False
        self._tell(waiting=False)
        return True

    def _talk(self) -> None:
        """Start the process, read what it says, and see it end."""
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE, json.dumps(self._work)],
            env=environment_of(self._settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        ended = threading.Event()
        threading.Thread(
            target=self._stop_when_asked, args=(process, ended), name="film-stop", daemon=True
        ).start()
        try:
            for line in process.stdout or ():
                self._hear(line)
            process.wait()
        finally:
            ended.set()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        state = self._state
        if not state.done and state.error is None and not self._stopped.is_set():
            self._fail(
                "The work on films ended unexpectedly.",
                "Memory may have run out. Try again with fewer films, or close other programs.",
            )

    def _stop_when_asked(self, process: subprocess.Popen[str], ended: threading.Event) -> None:
        while not ended.wait(_LOOK_SECONDS):
            if self._stopped.is_set():
                if process.stdin is not None:
                    process.stdin.close()
                if not ended.wait(_END_SECONDS):
                    process.kill()
                return

    def _hear(self, line: str) -> None:
        try:
            body = json.loads(line)
            if "progress" in body:
                self._tell(progress=from_plain(FilmProgress, body["progress"]))
            elif "film_set" in body:
                self._tell(film_set=str(body["film_set"]))
            elif "error" in body:
                self._fail(str(body["error"]), str(body.get("hint", "")))
            elif "done" in body:
                self._tell(done=True)
        except (ValueError, TypeError, DataError):
            _log.warning("film worker: a line that is none: %.80r", line)

    def _fail(self, message: str, hint: str) -> None:
        self._tell(error=CnnLabError(message, hint=hint))


def job_share(state: FilmJobState) -> float:
    """Return how much of the present stage is done, 0 to 1; 0 while that is not known."""
    progress = state.progress
    return min(1.0, progress.done / progress.total) if progress.total else 0.0


def job_seconds_left(state: FilmJobState) -> float | None:
    """Return about how long it will still take: as it says itself, else by the stage's pace."""
    progress = state.progress
    if progress.seconds_left is not None:
        since = max(0.0, state.seconds - progress.seconds)
        return max(0.0, progress.seconds_left - since)
    if progress.total and progress.done and state.seconds >= _TELLING_SECONDS:
        return state.seconds / progress.done * (progress.total - progress.done)
    return None
