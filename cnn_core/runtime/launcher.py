"""The app's side of the queue: a keeper thread and the warm spare.

One `Launcher` a server. Its thread, named "keeper", looks every half second: marks lost runs,
starts the next one, renews the spare when nothing trains, and forgets what was deleted. It holds no
truth: kill the server and the workers go on; start another and it finds them.
"""

import logging
import subprocess
import threading
import time

from cnn_core.errors import CnnLabError
from cnn_core.runtime import queue
from cnn_core.runtime.database import connect, kept_open
from cnn_core.runtime.processes import spawn
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.worker import ready_file, start_worker
from cnn_core.settings import Settings

KEEPER_SECONDS = 0.5
SPARE_DELAY_SECONDS = 3.0  # the first page of a server comes before its warm worker
RETRY_SECONDS = 60.0  # after a spare that ended unasked: something is wrong here

_log = logging.getLogger(__name__)


class Launcher:
    """Starts runs for one server; `close` ends the thread and the idle spare, never a run."""

    def __init__(self, settings: Settings, store: RunStore) -> None:
        self._settings, self._store = settings, store
        self._spare: subprocess.Popen[str] | None = None
        self._spare_due = time.monotonic() + SPARE_DELAY_SECONDS
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
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.terminate()
            spare.communicate()
            ready_file(self._settings, spare.pid).unlink(missing_ok=True)

    @property
    def spare_ready(self) -> bool:
        """Whether a spare has warmed up and waits."""
        spare = self._spare
        if spare is None or spare.poll() is not None:
            return False
        return ready_file(self._settings, spare.pid).exists()

    def dispatch(self) -> str | None:
        """Start the next run of the queue and return its id, None if there is none.

        It goes to the spare if there is one, warm or still warming up: a fresh worker would have to
        do the same from the beginning.
        """
        with self._lock:
            run_id = queue.claim(self._store)
            if run_id is not None and not self._give_to_spare(run_id):
                self._children.append(start_worker(self._settings, self._store, run_id))
        return run_id

    def _give_to_spare(self, run_id: str) -> bool:
        spare, self._spare = self._spare, None
        if spare is None or spare.stdin is None or spare.poll() is not None:
            return False
        self._children.append(spare)
        try:
            spare.stdin.write(run_id + "\n")
            spare.stdin.close()
        except OSError:
            _log.warning("the spare has gone; %s gets a fresh worker", run_id)
            return False
        queue.record_process(self._store, run_id, spare.pid)
        return True

    def _keep(self) -> None:
        """Look after the queue until `close`, whatever goes wrong on the way."""
        said = ""
        while not self._closed.is_set():
            try:
                with kept_open(self._store.database):
                    while not self._closed.is_set():
                        self._look()
                        self._closed.wait(KEEPER_SECONDS)
            except CnnLabError as exc:
                if exc.message != said:  # a lost volume is looked at twice a second
                    said = exc.message
                    _log.warning("keeper: %s", said)
            except Exception:  # noqa: BLE001 - the boundary of a thread that may not end
                _log.exception("keeper")
            self._closed.wait(KEEPER_SECONDS)

    def _look(self) -> None:
        while self.dispatch():
            pass
        self._renew_spare()
        self._store.purge()
        with self._lock:
            self._children = [child for child in self._children if child.poll() is None]

    def _renew_spare(self) -> None:
        """Start a spare if there is none and nothing trains, which its warming up would slow."""
        with self._lock:
            if self._spare is not None and self._spare.poll() is not None:
                _log.warning("the spare ended with exit code %s", self._spare.returncode)
                ready_file(self._settings, self._spare.pid).unlink(missing_ok=True)
                self._spare = None
                self._spare_due = time.monotonic() + RETRY_SECONDS
            wanted = self._settings.warm_spare and time.monotonic() >= self._spare_due
            if self._spare is None and wanted and not self._busy():
                log = self._settings.runs / "spare.log"
                self._spare = spawn(["worker", "--spare"], self._settings, log, listens=True)

    def _busy(self) -> bool:
        with connect(self._store.database) as db:
            row = db.execute("SELECT 1 FROM runs WHERE status IN ('queued', 'running')").fetchone()
        return row is not None
