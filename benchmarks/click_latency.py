"""Seconds from a click until the page has answered, while a run trains and while none does.

The tab watches the run: its panel redraws itself twice a second while it trains. Then the run is
stopped and the same clicks are made on the same page. An answer is the change that the click is
there for, with the script at rest, by the page's own clock.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.browser import (
    SCRIPT_RESTS,
    NotMeasuredError,
    app,
    chromium,
    end_run,
    tab,
)
from benchmarks.long_run import train_for_long
from benchmarks.mnist_files import mnist_folder
from benchmarks.rows import Bar, Row, compare
from cnn_core.runtime.store import RunStore
from cnn_core.training.recipes import find_recipe

if TYPE_CHECKING:
    from playwright.sync_api import Page

REPEATS = 3
BAR = Bar(of="ratio", at_most=1.5)
_RECIPE = find_recipe("lenet5-mnist")
_STATES = ("training", "idle")
_WARM_UP_CLICKS = 2
STOPWATCH = """
answered => {
  window.answer = new Promise(resolve => {
    let clicked;
    document.addEventListener(
      "click", event => { clicked = event.timeStamp; }, { capture: true, once: true });
    const look = () => clicked !== undefined && answered()
      ? resolve(performance.now() - clicked)
      : requestAnimationFrame(look);
    requestAnimationFrame(look);
  });
}
"""


@dataclass(frozen=True, kw_only=True)
class _Target:
    """What to click on, and a JavaScript expression that is true once the page shows it."""

    role: Literal["radio", "tab"]
    name: str
    shown: str


def _preset(name: str) -> _Target:
    """The page says what a preset means: its batch size stands in the line below the controls."""
    preset = _RECIPE.presets[name]
    return _Target(
        role="radio",
        name=preset.title,
        shown="document.querySelector('[data-testid=stMain] [data-testid=stCaptionContainer]')"
        f"?.textContent.includes('batches of {preset.config.batch_size},')",
    )


def _tab(name: str, chart: str) -> _Target:
    return _Target(
        role="tab",
        name=name,
        shown=f"document.querySelector('[class*=st-key-{chart}-] canvas')?.offsetHeight > 0",
    )


WIDGETS = {
    "a preset": (_preset("reference"), _preset("fast")),
    "a tab with charts": (_tab("Timing", "pace"), _tab("Learning", "accuracy")),
}


def measure(*, repeats: int = REPEATS, clicks: int = 12) -> list[Row]:
    """Return median and 95th percentile a widget; `repeats` blocks of `clicks` in each state."""
    taken = {(widget, state): list[float]() for widget in WIDGETS for state in _STATES}
    with (
        mnist_folder() as data,
        app(data=data, warm_spare=True) as server,
        chromium() as browser,
        tab(browser) as page,
    ):
        page.goto(f"{server.url}/lenet5")
        page.get_by_role("button", name="Train LeNet-5").wait_for()
        store = RunStore(server.runs)
        for _ in range(repeats):
            server.wait_for_spare()
            run_id = train_for_long(store, server, data)
            page.goto(f"{server.url}/lenet5?run={run_id}")
            for state in _STATES:
                if state == "idle":
                    end_run(store, store.get(run_id))
                    server.wait_for_spare()
                page.get_by_test_id("stEChartsChart").first.wait_for()
                for widget, targets in WIDGETS.items():
                    answers = _click(page, targets, _WARM_UP_CLICKS + clicks)
                    taken[widget, state] += answers[_WARM_UP_CLICKS:]
                if store.get(run_id).active != (state == "training"):
                    raise NotMeasuredError(f"Run {run_id} was to be {state}, and is not any more.")
    return [
        compare(
            f"a click on {widget} while watching a run train, {words}",
            unit="s",
            samples=taken[widget, "training"],
            baseline=taken[widget, "idle"],
            percentile=percentile,
            bar=BAR if percentile == 50 else None,
        )
        for widget in WIDGETS
        for percentile, words in ((50, "median"), (95, "95th percentile"))
    ]


def _click(page: "Page", targets: tuple[_Target, _Target], count: int) -> list[float]:
    """Click on the targets in turn, `count` times; return the seconds of each answer.

    Raises:
        NotMeasuredError: a target is not there, or the page shows what both bring, or neither.
    """
    answers = []
    for turn in range(count):
        hidden = [target for target in targets if not page.evaluate(f"() => {target.shown}")]
        if len(hidden) != 1:
            names = " or ".join(repr(target.name) for target in targets)
            raise NotMeasuredError(f"The page shows not what one of {names} brings.")
        target = hidden[0]
        answered = f"() => ({target.shown}) && ({SCRIPT_RESTS})"
        box = page.get_by_role(target.role, name=target.name, exact=True).bounding_box()
        if box is None:
            raise NotMeasuredError(f"There is no {target.name!r} on the page.")
        page.evaluate(f"() => ({STOPWATCH})({answered})")
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        answers.append(float(page.evaluate("() => window.answer")) / 1000)
        # Not in step with the panel, which redraws itself every half second.
        page.wait_for_timeout(150 + 61 * turn % 200)
    return answers
