"""Seconds a tick takes while fifteen people watch one run train, and while thirty press Start.

A tick (see `visits`) is what a viewer's page asks for once a second. All viewers ask at the same
moment: the worst case, which browsers that came one by one do not make. The run really trains, in
its own process, on the cores that the server and the viewers need too.

Then thirty sessions, each with a seed of its own, press "Train LeNet-5" one after another within
`START_SECONDS`, and from then on watch their runs wait, while the fifteen go on watching theirs.
Every run has to stand in the queue, and the queue has to serve every session once before any comes
a second time.
"""

import asyncio
import contextlib

from benchmarks.browser import App, NotMeasuredError, app
from benchmarks.long_run import train_for_long
from benchmarks.mnist_files import mnist_folder
from benchmarks.rows import Bar, Row, compare
from benchmarks.visits import Visit, ticks_of, visit
from cnn_core.runtime import queue
from cnn_core.runtime.store import RunStore

REPEATS = 3
START_SECONDS = 20.0
BAR = Bar(of="value", at_most=0.3)
_START = "Train LeNet-5"
_STARTS = 30


def measure(
    *, repeats: int = REPEATS, viewers: int = 15, starts: int = _STARTS, ticks: int = 10
) -> list[Row]:
    """Return the rows; `repeats` blocks of `ticks` a viewer, alone and among `viewers`."""
    with mnist_folder() as data, app(data=data, warm_spare=False) as server:
        store = RunStore(server.runs)
        run_id = train_for_long(store, server, data)
        return asyncio.run(_rows(server, store, run_id, repeats, viewers, starts, ticks))


async def _rows(
    server: App, store: RunStore, run_id: str, repeats: int, viewers: int, starts: int, ticks: int
) -> list[Row]:
    alone: list[float] = []
    among: list[float] = []
    async with contextlib.AsyncExitStack() as stack:
        watching = [
            await stack.enter_async_context(visit(server.url, "lenet5", run=run_id))
            for _ in range(viewers)
        ]
        await asyncio.gather(*(one.open() for one in watching))
        for _ in range(repeats):
            alone += await ticks_of(watching[:1], ticks)
            among += await ticks_of(watching, ticks)
        _, single = await _press_start(server, [], stack, range(repeats))
        busy, pressed = await _press_start(
            server, watching, stack, range(repeats, repeats + starts)
        )
    if not store.get(run_id).status == "running":
        raise NotMeasuredError(f"Run {run_id} was to train all the time, and does not.")
    turns = _owners_before_a_second_turn(store, "cpu")
    return [
        *(
            compare(
                f"a tick with {viewers} viewers of a live run, {words}",
                unit="s", samples=among, baseline=alone, percentile=percentile, bar=bar,
            )
            for percentile, words, bar in ((50, "median", None), (95, "95th percentile", BAR))
        ),
        compare(
            f"a tick with {viewers} viewers while {starts} press Start and wait, 95th percentile",
            unit="s", samples=busy, baseline=alone, percentile=95, bar=BAR,
        ),
        compare(
            f"an answer to Start, {starts} sessions in {START_SECONDS:g} s, 95th percentile",
            unit="s", samples=pressed, baseline=single, percentile=95,
        ),
        compare(
            f"sessions that have a run in the queue, of {starts + repeats} that pressed Start",
            unit="runs", samples=[float(turns)], baseline=[float(starts + repeats)],
            bar=Bar(of="ratio", at_least=1.0),
        ),
    ]  # fmt: skip


async def _press_start(
    server: App, watching: list[Visit], stack: contextlib.AsyncExitStack, seeds: range
) -> tuple[list[float], list[float]]:
    """Open a session a seed and press Start in each, in turn; return viewers' ticks and answers."""
    sessions = [
        await stack.enter_async_context(visit(server.url, "lenet5", seed=str(seed)))
        for seed in seeds
    ]
    await asyncio.gather(*(one.open() for one in sessions))
    pause = START_SECONDS / _STARTS

    async def press(number: int, one: Visit) -> float:
        await asyncio.sleep(pause * number)
        answered = await one.press(_START)
        await ticks_of([one], 1, until=lambda: all_pressed.is_set())
        return answered

    all_pressed = asyncio.Event()
    pressing = asyncio.gather(*(press(number, one) for number, one in enumerate(sessions)))
    ending = asyncio.get_running_loop().call_later(pause * len(sessions), all_pressed.set)
    busy = await ticks_of(watching, 3, until=pressing.done)
    answers = await pressing
    ending.cancel()
    return busy, answers


def _owners_before_a_second_turn(store: RunStore, device: str) -> int:
    """Return how many runs are served before the queue comes back to an owner it has served."""
    served: set[str] = set()
    for run_id in queue.waiting_order(store, device):
        owner = store.get(run_id).owner
        if owner in served:
            break
        served.add(owner)
    return len(served)
