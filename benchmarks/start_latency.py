"""Seconds from the click on "Train LeNet-5" to the first steps in the run store.

With the warm spare against without, each time on a fresh server, in its first run: the spare is
warm when the button is pressed. The same run gives the part after the queue has it
(`RunStore.create`), without the page's share.
"""

import time

from benchmarks.alternating import take_turns
from benchmarks.browser import TIMEOUT_SECONDS, NotMeasuredError, app, chromium, tab
from benchmarks.mnist_files import mnist_folder
from benchmarks.rows import Bar, Row, compare
from cnn_core.results.events import StepsDone
from cnn_core.runtime.store import RunStore

REPEATS = 4
BAR = Bar(of="value", at_most=1.5)
_SIDES = {"with the spare": True, "without": False}
_POLL_SECONDS = 0.01


def measure(*, repeats: int = REPEATS) -> list[Row]:
    """Return the time from the click and the time from the queue, spare against fresh worker."""
    queued: dict[str, list[float]] = {side: [] for side in _SIDES}
    with mnist_folder() as data, chromium() as browser:

        def seconds(side: str) -> float:
            warm = _SIDES[side]
            with app(data=data, warm_spare=warm) as server, tab(browser) as page:
                page.goto(f"{server.url}/lenet5")
                button = page.get_by_role("button", name="Train LeNet-5")
                button.wait_for()
                if warm:
                    server.wait_for_spare()
                page.wait_for_timeout(1_000)  # the machine is quiet again
                box = button.bounding_box()
                if box is None:
                    raise NotMeasuredError("The Train button is not on the page.")
                clicked = time.time()
                page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
                created, stepped = _first_steps(RunStore(server.runs))
                queued[side].append(stepped - created)
                return stepped - clicked

        clicks = take_turns(seconds, list(_SIDES), repeats)
    return [
        compare(
            f"first steps after {since}, with the warm spare",
            unit="s",
            samples=taken["with the spare"],
            baseline=taken["without"],
            bar=BAR,
        )
        for since, taken in (("the click", clicks), ("the run is queued", queued))
    ]


def _first_steps(store: RunStore) -> tuple[float, float]:
    """Wait for the store's one run to have taken steps; return when it was made, and now.

    Raises:
        NotMeasuredError: no run, or no steps.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        for record in store.list():
            if any(isinstance(event, StepsDone) for _, event in store.events(record.id)):
                return record.created, time.time()
        time.sleep(_POLL_SECONDS)
    raise NotMeasuredError(f"No steps within {TIMEOUT_SECONDS:g} s of the click.")
