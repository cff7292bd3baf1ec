"""The app in Chromium: fixtures for a server of its own and for a page that watches itself.

    server        a fresh server for the module with a temporary home and no warm spare
    start_server  makes more of them: `with start_server(CNN_LAB_SPARE="1") as app: ...`
    page          a tab of its own browser context, 1280x720, light
    open_tab      makes more: `open_tab(color_scheme="dark", width=400)`

Tests borrow tabs that others have used and that were emptied (tabs.py), and a server takes the port
of one that has stopped: so Chromium does not compile the same scripts for every test. A test that
leaves more in a tab, such as a listener, closes it.

A tab fails its test where a script of the page raised, and where a request went to another host.
A failed test leaves screenshots of its tabs in test-output/. Every test here carries the marker
`browser`; it skips where there is no Chromium ($CNN_LAB_CHROMIUM, or /usr/bin/chromium).
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest

try:
    import playwright.sync_api as playwright_api

    from tests.browser.tabs import Tabs
except ImportError:
    playwright_api = None

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SCREENSHOTS = ROOT / "test-output"
CHROMIUM = os.environ.get("CNN_LAB_CHROMIUM", "/usr/bin/chromium")
TIMEOUT_S = 60.0
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder, and skip it where there is no Chromium."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            if playwright_api is None:
                item.add_marker(pytest.mark.skip(reason="playwright is not installed"))
            elif not Path(CHROMIUM).exists():
                item.add_marker(pytest.mark.skip(reason=f"no Chromium at {CHROMIUM}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Leave the outcome on the item, for the screenshot that a failed test takes."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


_left_ports: list[int] = []


def _free_port() -> int:
    """A port that a server has left, where it is still free: what came from it is in the cache."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", _left_ports.pop() if _left_ports else 0))
            return int(probe.getsockname()[1])


class AppServer:
    """`streamlit run SCRIPT` on a loopback port; `restart()` keeps its port and its home.

    Attributes:
        home: the folder given as CNN_LAB_HOME.
        url: "http://127.0.0.1:PORT".
        process: the running server.
    """

    def __init__(self, script: Path, home: Path, environment: dict[str, str]) -> None:
        self.port = _free_port()
        self.script = script
        self.home = home
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = home / "server.log"
        self._environment = {
            **os.environ,
            "CNN_LAB_SPARE": "0",
            "PYTHONPATH": str(ROOT),
            "CNN_LAB_HOME": str(home),
            **environment,
        }

    @property
    def log(self) -> str:
        """What the server has written so far, over all its restarts."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start the process and wait until it is healthy."""
        command = [sys.executable, "-m", "streamlit", "run", str(self.script)]
        command += ["--server.port", str(self.port), "--server.address", "127.0.0.1"]
        command += ["--server.headless", "true"]
        with self.log_path.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + TIMEOUT_S
        while not self._is_healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"no healthy server at {self.url}:\n{self.log[-4000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process: politely, then by force."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def restart(self) -> None:
        """Stop and start again, on the same port and the same home."""
        self.stop()
        self.start()

    def _is_healthy(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(self.url + "/_stcore/health", timeout=2) as answer,
        ):
            return bool(answer.read() == b"ok")
        return False


@pytest.fixture(scope="session")
def chromium() -> Iterator["playwright_api.Browser"]:
    """One headless Chromium for all tests."""
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=FLAGS, timeout=TIMEOUT_S * 1000
        )
        yield browser
        browser.close()


StartServer = Callable[..., contextlib.AbstractContextManager[AppServer]]


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> StartServer:
    """Return a context manager that runs a server; its keywords are environment variables.

    `home` gives the folder for CNN_LAB_HOME instead of a new temporary one, `script` a file to run
    instead of app.py.
    """

    @contextlib.contextmanager
    def start(
        *, home: Path | None = None, script: Path = ROOT / "app.py", **environment: str
    ) -> Iterator[AppServer]:
        server = AppServer(script, home or tmp_path_factory.mktemp("home"), environment)
        server.start()
        try:
            yield server
        finally:
            server.stop()
            _left_ports.append(server.port)

    return start


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[AppServer]:
    """One fresh server for the tests of a module."""
    with start_server() as app:
        yield app


OpenTab = Callable[..., "playwright_api.Page"]


@pytest.fixture(scope="module")
def motion() -> str:
    """What tabs say of `prefers-reduced-motion`: without a GPU, moving parts cost half a visit.

    A module whose tests are about what moves has a fixture of its own: "no-preference".
    """
    return "reduce"


@pytest.fixture(scope="session")
def tabs(chromium: "playwright_api.Browser") -> "Tabs":
    """The tabs that tests borrow."""
    return Tabs(chromium)


@pytest.fixture
def open_tab(tabs: "Tabs", motion: str, request: pytest.FixtureRequest) -> Iterator[OpenTab]:
    """Return a function that opens a tab, in a browser context of its own unless one is given.

    Its arguments: `context`, or `width`, `height` (pixels) and `color_scheme`.
    """
    lent: list[playwright_api.Page] = []
    opened: list[playwright_api.Page] = []
    complaints: list[str] = []

    def raised(error: "playwright_api.Error") -> None:
        complaints.append(f"a script raised: {error}")

    def asked(request: "playwright_api.Request") -> None:
        complaints.extend(_left_the_host(request.url))

    def open_one(
        *,
        context: "playwright_api.BrowserContext | None" = None,
        width: int = 1280,
        height: int = 720,
        color_scheme: str = "light",
    ) -> "playwright_api.Page":
        if context is None:
            tab = tabs.lend(width=width, height=height, color_scheme=color_scheme, motion=motion)
            lent.append(tab)
        else:
            tab = context.new_page()
        tab.on("pageerror", raised)
        tab.on("request", asked)
        opened.append(tab)
        return tab

    playwright_api.expect.set_options(timeout=TIMEOUT_S * 1000)
    yield open_one
    failed = request.node.stash.get(FAILED, False) or bool(complaints)
    if failed:
        SCREENSHOTS.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", request.node.nodeid.split("/")[-1])
        for index, tab in enumerate(opened):
            if not tab.is_closed():
                tab.screenshot(path=SCREENSHOTS / f"{name}-{index}.png", full_page=True)
    for tab in lent:
        tab.remove_listener("pageerror", raised)
        tab.remove_listener("request", asked)
        tabs.take_back(tab, keep=not failed)
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(open_tab: OpenTab) -> "playwright_api.Page":
    """A tab of its own browser context, 1280x720, light."""
    return open_tab()


def _left_the_host(url: str) -> list[str]:
    """Return a complaint where a request is not to this machine."""
    parts = urlparse(url)
    stays = parts.scheme in {"data", "blob"} or parts.hostname == "127.0.0.1"
    return [] if stays else [f"a request left the host: {url}"]
