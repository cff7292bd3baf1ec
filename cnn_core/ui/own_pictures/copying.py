"""The copying of a folder beside the page: a thread of its own, with a name, that can be stopped.

It goes on when the page is closed: what it has brought is in the list of pictures then. It holds
its source, and with that an upload's bytes, only until it ends.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cnn_core.errors import CnnLabError
from cnn_core.results.pictures import IntakeProgress, Snapshot
from cnn_core.ui.wording import about

_logger = logging.getLogger(__name__)

Bring = Callable[[Callable[[IntakeProgress], None], Callable[[], bool]], Snapshot]
"""Copies a folder: told where to report progress and how to ask whether it shall stop."""

_WORDS = {"listing": "Looking for pictures", "copying": "Copying", "checking": "Checking"}
_TELLING_SECONDS = 2.0  # an estimate from less is none


@dataclass(frozen=True, kw_only=True)
class CopyingState:
    """Where the copying of a folder stands.

    Attributes:
        running: whether it goes on.
        progress: what was last reported.
        seconds: since the present stage began.
        snapshot_id: of what it brought, "" until then.
        error: what it ended with, None if it did not fail.
    """

    running: bool
    progress: IntakeProgress
    seconds: float
    snapshot_id: str = ""
    error: CnnLabError | None = None


class Copying:
    """One folder on its way into the store.

    Args:
        title: for a person.
        bring: does it, in the thread.
    """

    def __init__(self, title: str, bring: Bring) -> None:
        self.title = title
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._progress = IntakeProgress(stage="listing", done=0, total=0)
        self._stage_began = time.monotonic()
        self._snapshot_id = ""
        self._error: CnnLabError | None = None
        self._thread = threading.Thread(
            target=self._run, args=(bring,), name="cnn-lab-copying", daemon=True
        )
        self._thread.start()

    def state(self) -> CopyingState:
        """Return where it stands."""
        running = self._thread.is_alive()  # before the rest: what it leaves is then complete
        with self._lock:
            return CopyingState(
                running=running,
                progress=self._progress,
                seconds=time.monotonic() - self._stage_began,
                snapshot_id=self._snapshot_id,
                error=self._error,
            )

    def stop(self) -> None:
        """Ask it to end; nothing of what it copied is kept then."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end, at most so long; return whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _report(self, progress: IntakeProgress) -> None:
        with self._lock:
            if progress.stage != self._progress.stage:
                self._stage_began = time.monotonic()
            self._progress = progress

    def _run(self, bring: Bring) -> None:
        found, error = "", None
        try:
            found = bring(self._report, self._stop.is_set).id
        except CnnLabError as exc:
            error = exc
        except Exception:  # a bug: the page has an id of it, the log the rest
            error_id = secrets.token_hex(4)
            _logger.exception("error %s in the copying of pictures", error_id)
            error = CnnLabError(
                f"Something went wrong while the pictures were copied (id {error_id}).",
                hint="Try again. If it happens again, the app's log has the details under this id.",
            )
        with self._lock:
            self._snapshot_id, self._error = found, error


def progress_share(state: CopyingState) -> float:
    """Return how much of the present stage is done, 0 to 1; 0 while that is not known."""
    progress = state.progress
    return min(1.0, progress.done / progress.total) if progress.total else 0.0


def progress_words(state: CopyingState) -> str:
    """Return where it stands in words: how many of how many, and about how long yet.

    >>> progress = IntakeProgress(stage="copying", done=100, total=400)
    >>> progress_words(CopyingState(running=True, progress=progress, seconds=10.0))
    'Copying: 100 of 400 files, about 30 s left'
    >>> progress = IntakeProgress(stage="listing", done=12, total=0)
    >>> progress_words(CopyingState(running=True, progress=progress, seconds=1.0))
    'Looking for pictures: 12 files'
    """
    progress = state.progress
    words = f"{_WORDS[progress.stage]}: {progress.done:,}"
    if not progress.total:
        return f"{words} files"
    words += f" of {progress.total:,} files"
    if progress.done and state.seconds >= _TELLING_SECONDS:
        left = state.seconds / progress.done * (progress.total - progress.done)
        words += f", {about(left)} left"
    return words
