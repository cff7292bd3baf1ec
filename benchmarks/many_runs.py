"""What a thousand runs, and a run of 100,000 steps, cost the pages that show them.

* The list: the page "Runs" with 1,000 runs against one with ten, as the server answers (see
  `visits`) and in Chromium, from the click on "Runs" until the table is drawn and the script rests.
* The live page: a tick of a run that has made 100,000 steps and goes on, ten windows a second,
  against one that has made 1,000, and the bytes that come over the wire. Both are written by this
  process as a worker writes; nothing trains, so that the pages alone are measured.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.alternating import take_turns
from benchmarks.browser import ROOT, SCRIPT_RESTS, App, chromium, tab
from benchmarks.click_latency import STOPWATCH
from benchmarks.filled_store import finished_runs, going_run
from benchmarks.rows import Bar, Row, compare
from benchmarks.visits import visit, watched
from cnn_core.runtime.store import RunStore

if TYPE_CHECKING:
    from playwright.sync_api import Page

REPEATS = 12
LIST_BAR = Bar(of="value", at_most=0.3)
TICK_BAR = Bar(of="ratio", at_most=1.25)
_FEW = 10
_SHORT_STEPS = 1_000
_TABLE = (
    "document.querySelector('[data-testid=stDataFrame] canvas')?.offsetHeight > 0 "
    f"&& ({SCRIPT_RESTS})"
)


def measure(
    *, repeats: int = REPEATS, runs: int = 1_000, steps: int = 100_000, browser: bool = True
) -> list[Row]:
    """Return the rows; `repeats` samples a side of each."""
    rows = []
    with contextlib.ExitStack() as stack:
        many = stack.enter_context(_app_with(runs))
        few = stack.enter_context(_app_with(_FEW))
        servers = {"many": many, "few": few}
        rows.append(
            _row(f"the runs list with {runs:,} runs, the server's answer, 95th percentile",
                 "s", asyncio.run(_answers(servers, repeats)), LIST_BAR, percentile=95)
        )  # fmt: skip
        if browser:
            taken = _clicks(servers, repeats)
            rows.append(
                _row(f"the runs list with {runs:,} runs, from the click to the table, median",
                     "s", taken, LIST_BAR)
            )  # fmt: skip
        store = RunStore(many.runs)
        going = {
            "many": stack.enter_context(going_run(store, steps=steps, device="cpu")),
            "few": stack.enter_context(going_run(store, steps=_SHORT_STEPS, device="cuda:0")),
        }
        first, ticks, sizes = asyncio.run(watched(many.url, "lenet5", going, repeats))
    long = f"of a run of {steps:,} steps against {_SHORT_STEPS:,}"
    rows += [
        _row(f"a tick {long}, median", "s", ticks, TICK_BAR),
        _row(f"a tick {long}, 95th percentile", "s", ticks, None, percentile=95),
        _row(f"bytes of a tick {long}", "bytes", sizes, TICK_BAR),
        _row(f"the first opening {long}, all events to be read", "s", first, None),
    ]
    return rows


def _row(
    name: str, unit: str, taken: dict[str, list[float]], bar: Bar | None, *, percentile: int = 50
) -> Row:
    return compare(
        name,
        unit=unit,
        samples=taken["many"],
        baseline=taken["few"],
        percentile=percentile,
        bar=bar,
    )


@contextlib.contextmanager
def _app_with(runs: int) -> Iterator[App]:
    """Run the app on a home that has so many finished runs."""
    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-", ignore_cleanup_errors=True) as home:
        server = App(ROOT / "app.py", Path(home), data=Path(home), warm_spare=False)
        finished_runs(RunStore(server.runs), runs)
        server.start()
        try:
            yield server
        finally:
            server.stop()


async def _answers(servers: dict[str, App], repeats: int) -> dict[str, list[float]]:
    """Return the seconds in which each server draws its list, for a session that is there."""
    taken: dict[str, list[float]] = {name: [] for name in servers}
    async with contextlib.AsyncExitStack() as stack:
        sessions = {
            name: await stack.enter_async_context(visit(server.url, "runs"))
            for name, server in servers.items()
        }
        for one in sessions.values():
            await one.open()
        for _ in range(repeats):
            for name, one in sessions.items():
                taken[name].append(await one.open())
    return taken


def _clicks(servers: dict[str, App], repeats: int) -> dict[str, list[float]]:
    """Return the seconds from the click on "Runs" in the sidebar to the table, in a warm tab."""
    with chromium() as browser, contextlib.ExitStack() as stack:
        pages = {name: stack.enter_context(tab(browser)) for name in servers}
        for name, server in servers.items():
            pages[name].goto(server.url)
            _go(pages[name], "Runs", _TABLE)  # once to warm up
        return take_turns(lambda name: _there_and_back(pages[name]), list(servers), repeats)


def _there_and_back(page: "Page") -> float:
    _go(page, "Home", f"!document.querySelector('[data-testid=stDataFrame]') && ({SCRIPT_RESTS})")
    page.wait_for_timeout(300)
    return _go(page, "Runs", _TABLE)


def _go(page: "Page", name: str, shown: str) -> float:
    """Click on a page in the sidebar; return the seconds until it is shown."""
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True)
    link.wait_for()
    page.evaluate(f"() => ({STOPWATCH})(() => {shown})")
    link.click()
    return float(page.evaluate("() => window.answer")) / 1000
