"""The app's side of the queue: a keeper thread and the warm spare.

One `Launcher` a server. Its thread, named "keeper", looks every half second: marks lost runs,
starts the next one, renews the spare when nothing trains, and forgets what was deleted. It holds no
truth: kill the server and the workers go on; start another and it finds them.
"""

import logging
import subprocess
import threading

from cnn_core.errors import CnnLabError
from cnn_core.runtime import queue
from cnn_core.runtime.database import connect
from cnn_core.runtime.processes import spawn
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.worker import start_next
from cnn_core.settings import Settings

KEEPER_SECONDS = 0.5

_log = logging.getLogger(__name__)


class Launcher:
    """Starts runs for one server; `close` ends the thread and the idle spare, never a run."""

    def __init__(self, settings: Settings, store: RunStore) -> None:
        self._settings, self._store = settings, store
        self._spare: subprocess.Popen[str] | None = None
        self._children: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> "Launcher":
        """Start the keeper thread and return self."""
        self._thread.start()
        return self

    def close(self) -> None:
        """End the keeper and an idle spare."""
        self._closed.set()
        self._thread.join()
        with self._lock:
            if self._spare is not None:
                self._end_spare(self._spare)
                self._spare = None

    @property
    def spare_ready(self) -> bool:
        """Whether a spare has warmed up and waits."""
        spare = self._spare
        return (
            spare is not None
            and spare.poll() is None
            and (self._settings.runs / f"spare-{spare.pid}.ready").exists()
        )

    def dispatch(self) -> str | None:
        """Start the next run of the queue, in the spare if it is warm; return its id or None."""
        with self._lock:
            spare = self._spare
            if spare is None or not self.spare_ready or spare.stdin is None:
                return start_next(self._settings, self._store)
            run_id = queue.claim(self._store)
            if run_id is None:
                return None
            queue.record_process(self._store, run_id, spare.pid)
            self._spare = None
            self._children.append(spare)
            try:
                spare.stdin.write(run_id + "\n")
                spare.stdin.close()
            except OSError:
                _log.warning(
                    "the spare was gone: %s is marked as interrupted and can be resumed", run_id
                )
            return run_id

    def _keep(self) -> None:
        while True:
            try:
                while self.dispatch():
                    pass
                self._renew_spare()
                self._store.purge()
                self._children = [child for child in self._children if child.poll() is None]
            except CnnLabError as exc:
                _log.warning("keeper: %s", exc.message)
            except Exception:  # noqa: BLE001 - the boundary of a thread that may not end
                _log.exception("keeper")
            if self._closed.wait(KEEPER_SECONDS):
                return

    def _renew_spare(self) -> None:
        """Start a spare if there is none and nothing trains, which its warming up would slow."""
        with self._lock:
            if self._spare is not None and self._spare.poll() is not None:
                self._spare = None
            if self._spare is not None or not self._settings.warm_spare or self._busy():
                return
            self._spare = spawn(
                ["worker", "--spare"], self._settings, self._settings.runs / "spare.log"
            )

    def _busy(self) -> bool:
        with connect(self._store.database) as db:
            row = db.execute("SELECT 1 FROM runs WHERE status IN ('queued', 'running')").fetchone()
        return row is not None

    def _end_spare(self, spare: subprocess.Popen[str]) -> None:
        if spare.stdin is not None:
            spare.stdin.close()
        spare.terminate()
        spare.wait()
        (self._settings.runs / f"spare-{spare.pid}.ready").unlink(missing_ok=True)
