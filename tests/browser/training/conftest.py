"""The training pages in Chromium: runs made in this process, people with known tokens, the page.

store        the run store of the module's server
train        trains a run on scikit-learn's digits in this process, into that store
busy_device  while a test has it, the device is taken, so that every other run waits
lenet5       opens the page "LeNet-5 · MNIST" in a tab of its own
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse

import pytest
from playwright.sync_api import Locator, Page, expect

from cnn_core.results.events import EpochDone, TrainEvent
from cnn_core.results.runs import RunRecord
from cnn_core.runtime import queue
from cnn_core.runtime.stopping import StopFlag
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.owner import COOKIE, token_digest

ALICE, BOB = "alice" + "a" * 38, "bob" + "b" * 40
SMALL = replace(find_recipe("lenet5-mnist").presets["fast"].config, epochs=1)


@pytest.fixture(scope="module")
def settings(server) -> Settings:
    return Settings.from_environment({**os.environ, "CNN_LAB_HOME": str(server.home)})


@pytest.fixture(scope="module")
def store(settings) -> RunStore:
    return RunStore(settings.runs)


@pytest.fixture(scope="module")
def train(settings, store) -> Callable[..., RunRecord]:
    """Train on the bundled digits as the command line does; with `stop_after` epochs of them."""

    def one(
        *, token: str = ALICE, name: str = "", stop_after: int | None = None, **changes: Any
    ) -> RunRecord:
        from cnn_core.runtime.execute import execute

        request = build_request(
            settings,
            recipe="lenet5-mnist",
            preset="custom",
            config=replace(SMALL, **changes),
            owner=token_digest(token),
            source="digits",
            name=name,
            launcher="self",
        )
        record, _ = store.create(request)
        queue.record_process(store, record.id, os.getpid())
        assert queue.claim(store, run_id=record.id) == record.id
        stop = StopFlag()

        def look(event: TrainEvent) -> None:
            if isinstance(event, EpochDone) and event.epoch == stop_after:
                stop.asked = True

        return execute(store, record.id, on_event=look, stop=stop)

    return one


@pytest.fixture
def busy_device(settings, store) -> Iterator[RunRecord]:
    """A run that is this process's and stands still."""
    request = build_request(
        settings,
        recipe="lenet5-mnist",
        preset="custom",
        config=replace(SMALL, seed=99),
        owner="nobody",
        source="digits",
        launcher="self",
    )
    record, _ = store.create(request)
    queue.record_process(store, record.id, os.getpid())
    assert queue.claim(store, run_id=record.id) == record.id
    queue.record_process(store, record.id, os.getpid())
    yield record
    for run in store.list():
        if run.active and run.id != record.id:
            store.request_stop(run.id)
    queue.end(store, record.id, "stopped")


class Lenet5Tab:
    """The page in one tab, and what is on it."""

    def __init__(self, tab: Page, url: str) -> None:
        self.tab = tab
        self.url = url
        self.main = tab.get_by_test_id("stMain")

    def open(self, **query: object) -> "Lenet5Tab":
        """Go to the page with this query and wait until it is drawn."""
        self.tab.goto(f"{self.url}/lenet5?{urlencode(query)}")
        return self.drawn()

    def drawn(self) -> "Lenet5Tab":
        """Wait until Streamlit has drawn all of it, without an error that nobody foresaw."""
        expect(self.tab).to_have_title(re.compile("LeNet-5"))
        expect(self.button("Train LeNet-5")).to_be_visible()
        state = re.compile("notRunning")
        expect(self.tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", state)
        self.no_surprise()
        return self

    def no_surprise(self) -> None:
        expect(self.tab.get_by_text("Something went wrong")).to_have_count(0)
        expect(self.tab.get_by_test_id("stException")).to_have_count(0)
        expect(self.tab.get_by_text("Traceback")).to_have_count(0)

    def button(self, name: str) -> Locator:
        return self.main.get_by_role("button", name=name)

    def popover(self, name: str) -> Locator:
        return self.main.get_by_test_id("stPopoverButton").filter(has_text=name)

    def badge(self, word: str) -> Locator:
        """The status of the run, behind its name."""
        return self.main.locator(".stMarkdownBadge").get_by_text(word, exact=True)

    def query(self) -> dict[str, str]:
        """What the address bar says."""
        return {key: values[0] for key, values in parse_qs(urlparse(self.tab.url).query).items()}

    def run_id(self) -> str:
        """The run in the address bar, waited for."""
        expect(self.tab).to_have_url(re.compile(r"[?&]run=lenet5-mnist-"))
        return self.query()["run"]

    def view(self, name: str) -> "Lenet5Tab":
        """Go to one of the tabs."""
        chosen = self.main.get_by_role("tab", name=name)
        chosen.click()
        expect(chosen).to_have_attribute("aria-selected", "true")
        return self

    def step(self) -> int:
        """The step that the progress text names, waited for."""
        text = self.main.get_by_text(re.compile(r"step [\d,]+ of"))
        expect(text).to_be_visible()
        found = re.search(r"step ([\d,]+) of", text.inner_text())
        return int(found[1].replace(",", ""))

    def wait_for_step(self, step: int) -> None:
        """Wait until the page says that at least this step is done."""
        self.tab.wait_for_function(
            """least => {
                const found = document.querySelector("[data-testid=stMain]").innerText
                    .match(/step ([\\d,]+) of/);
                return found && Number(found[1].replaceAll(",", "")) >= least;
            }""",
            arg=step,
        )


OpenLenet5 = Callable[..., Lenet5Tab]


@pytest.fixture
def sign_in(server) -> Callable[[Page, str], Page]:
    """Make a tab's browser the one whose runs are those of `token`."""

    def set_cookie(tab: Page, token: str) -> Page:
        tab.context.add_cookies([{"name": COOKIE, "value": token, "url": server.url}])
        return tab

    return set_cookie


@pytest.fixture
def lenet5(open_tab, server, sign_in) -> OpenLenet5:
    """Return a function that makes a `Lenet5Tab` of `token`'s browser; keywords as `open_tab`."""

    def one(token: str = ALICE, **tab: Any) -> Lenet5Tab:
        return Lenet5Tab(sign_in(open_tab(**tab), token), server.url)

    return one


@pytest.fixture(scope="session")
def people() -> tuple[str, str]:
    """The tokens of two browsers."""
    return ALICE, BOB
