"""The app and Chromium for the benchmarks that look at what a person sees.

Times are taken inside the page, by its own clock: what the driver adds is not in them.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from cnn_core.results.runs import RunRecord
from cnn_core.runtime.store import RunStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = os.environ.get("CNN_LAB_CHROMIUM", "/usr/bin/chromium")
TIMEOUT_SECONDS = 90.0
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCRIPT_RESTS = (
    "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
)


class NotMeasuredError(Exception):
    """A benchmark could not be run: no browser, or the app did not do what was waited for."""


class NoDeviceError(NotMeasuredError):
    """The machine has no such device: nothing that could be mended."""


def chromium_path() -> str:
    """Return where Chromium is.

    Raises:
        NotMeasuredError: there is none.
    """
    if not Path(CHROMIUM).exists():
        raise NotMeasuredError(
            f"There is no Chromium at {CHROMIUM}: install it, or name one in CNN_LAB_CHROMIUM."
        )
    return CHROMIUM


@contextlib.contextmanager
def chromium() -> Iterator["Browser"]:
    """Run one headless Chromium.

    Raises:
        NotMeasuredError: playwright or Chromium is not installed, or what the page was to show did
            not come.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as exc:
        raise NotMeasuredError("playwright is missing: install requirements-dev.txt.") from exc
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            yield browser
        except Error as exc:
            raise NotMeasuredError(f"The page did not get there: {exc.message}") from exc
        finally:
            browser.close()


@contextlib.contextmanager
def tab(browser: "Browser") -> Iterator["Page"]:
    """Open an empty tab with nothing in its caches, 1280x720."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(TIMEOUT_SECONDS * 1000)
    try:
        yield context.new_page()
    finally:
        context.close()


class App:
    """`streamlit run SCRIPT` with a home of its own.

    Attributes:
        url: "http://127.0.0.1:PORT".
        runs: the run store's folder.
    """

    def __init__(self, script: Path, home: Path, *, data: Path, warm_spare: bool) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.runs = home / "runs"
        self._log = home / "server.log"
        self._script = script
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("CNN_LAB_")},
            "CNN_LAB_HOME": str(home),
            "CNN_LAB_DATA": str(data),
            "CNN_LAB_SPARE": str(int(warm_spare)),
            "PYTHONPATH": str(ROOT),
        }

    def start(self) -> None:
        """Start the server and wait until it is healthy.

        Raises:
            NotMeasuredError: it is not, with the end of its log.
        """
        command = [sys.executable, "-m", "streamlit", "run", str(self._script)]
        command += ["--server.port", str(self._port), "--server.address", "127.0.0.1"]
        command += ["--server.headless", "true"]
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not self._is_healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NotMeasuredError(f"No healthy server:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def _is_healthy(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer,
        ):
            return bool(answer.read() == b"ok")
        return False

    def stop(self) -> None:
        """Stop every run of this home, the server, and its spare, which may still be warming up."""
        if (self.runs / "runs.sqlite").exists():
            store = RunStore(self.runs)
            for record in store.list():
                end_run(store, record)
        processes: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            server = psutil.Process(self._process.pid)
            server.suspend()  # from here on it starts no other
            processes = [*server.children(recursive=True), server]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=TIMEOUT_SECONDS)
        self._process.wait()

    def wait_for_spare(self) -> None:
        """Wait until a spare worker is warm.

        Raises:
            NotMeasuredError: none came.
        """
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not any(self.runs.glob("spare-*.ready")):
            if time.monotonic() > deadline:
                raise NotMeasuredError(f"No warm spare within {TIMEOUT_SECONDS:g} s.")
            time.sleep(0.05)


@contextlib.contextmanager
def app(*, data: Path, warm_spare: bool, script: Path = ROOT / "app.py") -> Iterator[App]:
    """Run a fresh server in a temporary home; its runs end with it."""
    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-", ignore_cleanup_errors=True) as home:
        server = App(script, Path(home), data=data, warm_spare=warm_spare)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def end_run(store: RunStore, record: RunRecord) -> None:
    """Ask a run to stop, and wait until its process has said so.

    Raises:
        NotMeasuredError: it did not.
    """
    if record.active:
        store.request_stop(record.id)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while store.get(record.id).active:
        if time.monotonic() > deadline:
            raise NotMeasuredError(f"Run {record.id} did not stop in {TIMEOUT_SECONDS:g} s.")
        time.sleep(0.05)
