"""What a run of 200 epochs of 400 steps costs the page "Curves".

The run is made up (`filled_store`), half way, and goes on, ten windows a second, with training
accuracy after each epoch and a look at ten layers every hundred steps; nothing trains, so that the
page alone is measured. It stands beside one of 20 epochs of 40 steps.

* Reading: all events from the store to the options of the page's charts, in this process.
* The points of the longest series in any chart, against the steps whose losses were told.
* The page: a tick of the server, and the first opening (see `visits`).
"""

import asyncio
import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from benchmarks.alternating import take_turns
from benchmarks.browser import ROOT, App
from benchmarks.filled_store import going_run, past_events
from benchmarks.rows import Bar, Row, compare
from benchmarks.visits import watched
from cnn_core.charts.fit_curves import fit_chart
from cnn_core.charts.fit_words import Shown
from cnn_core.charts.layer_series import QUANTITIES, layer_lines, striking_layers
from cnn_core.charts.loss import loss_chart
from cnn_core.results.events import EpochDone, LayersSeen, StepsDone, TrainEvent
from cnn_core.results.history import History
from cnn_core.runtime.export import read_history
from cnn_core.runtime.store import RunStore

REPEATS = 12
EPOCHS, STEPS = 200, 400
SHORT_EPOCHS, SHORT_STEPS = 20, 40
POINTS_BAR = Bar(of="value", at_most=600)
TICK_BAR = Bar(of="value", at_most=0.3)
_LAYERS = [f"inception.{index}" for index in range(10)]
_LOOK_STEPS = 100


def measure(
    *, repeats: int = REPEATS, epochs: int = EPOCHS, steps: int = STEPS, page: bool = True
) -> list[Row]:
    """Return the rows; `repeats` samples a side of each, those of the page if `page`."""
    sizes = {"long": (epochs, steps), "short": (SHORT_EPOCHS, SHORT_STEPS)}
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="cnn-lab-bench-", ignore_cleanup_errors=True)
        )
        server = App(ROOT / "app.py", Path(home), data=Path(home), warm_spare=False)
        store = RunStore(server.runs)
        if page:
            server.start()
            stack.callback(server.stop)
        runs = {
            name: stack.enter_context(
                going_run(store, steps=each[0] * each[1], device=device, past=_told(*each))
            )
            for (name, each), device in zip(sizes.items(), ("cpu", "cuda:0"), strict=True)
        }
        reading = take_turns(lambda name: _read_and_draw(store, runs[name]), list(runs), repeats)
        points = float(longest_series(charts(read_history(store, runs["long"]))))
        if page:
            opening, ticks, received = asyncio.run(watched(server.url, "curves", runs, repeats))
    long = f"of a run of {epochs} epochs of {steps} steps against {SHORT_EPOCHS} of {SHORT_STEPS}"
    rows = [
        _row(f"all events to charts {long}, median", "ms", reading),
        compare(
            f"points of the longest series in a chart {long.partition(' against')[0]}, against its "
            "losses",
            unit="points",
            samples=[points] * repeats,
            baseline=[float(epochs * steps)] * repeats,
            bar=POINTS_BAR,
        ),
    ]
    if not page:
        return rows
    return [
        *rows,
        _row(f"a tick of Curves {long}, median", "s", ticks, TICK_BAR),
        _row(f"a tick of Curves {long}, 95th percentile", "s", ticks, TICK_BAR, percentile=95),
        _row(f"bytes of a tick of Curves {long}", "bytes", received),
        _row(f"the first opening of Curves {long}, all events to be read", "s", opening),
    ]


def _row(
    name: str,
    unit: str,
    taken: dict[str, list[float]],
    bar: Bar | None = None,
    *,
    percentile: int = 50,
) -> Row:
    return compare(
        name,
        unit=unit,
        samples=taken["long"],
        baseline=taken["short"],
        percentile=percentile,
        bar=bar,
    )


def _told(epochs: int, steps: int) -> Any:  # noqa: ANN401 - a function of events
    """Return a function that tells of `epochs` epochs of `steps` steps of a run half way."""

    def past(_: int) -> Iterator[TrainEvent]:
        for event in past_events(epochs * steps, epochs=2 * epochs):
            yield _with_training(event) if isinstance(event, EpochDone) else event
            if isinstance(event, StepsDone) and event.step % _LOOK_STEPS == 0:
                yield _look(event.step, event.epoch)

    return past


def _with_training(event: EpochDone) -> EpochDone:
    return dataclasses.replace(
        event,
        running_accuracy=event.valid_accuracy - 0.02,
        train_accuracy=min(1.0, event.valid_accuracy + 0.01),
        train_sample_loss=event.train_loss,
        train_sample=2_000,
    )


def _look(step: int, epoch: int) -> LayersSeen:
    shares = [(place + step // _LOOK_STEPS) % 10 / 20 for place in range(len(_LAYERS))]
    return LayersSeen(
        step=step,
        epoch=epoch,
        layers=_LAYERS,
        dead=shares,
        gradient_norms=[0.1 + share for share in shares],
        update_ratios=[1e-3 * (1 + share) for share in shares],
        seconds=0.01,
    )


def _read_and_draw(store: RunStore, run_id: str) -> float:
    """Return the milliseconds from the events in the store to the options of the charts."""
    begun = perf_counter()
    charts(read_history(store, run_id))
    return 1e3 * (perf_counter() - begun)


def charts(history: History) -> list[dict[str, Any]]:
    """Return the options of every chart that the page "Curves" draws of a run, and of its loss."""
    shown = (Shown(title="A run", seeds=1),)
    made = [
        fit_chart([history], shown=shown, quantity=quantity, by=by)
        for quantity in ("accuracy", "loss")
        for by in ("epoch", "seconds")
    ]
    made.append(loss_chart(history))
    seen = history.layers()
    made += [layer_lines(seen, each, striking_layers(seen, each)) for each in QUANTITIES]
    return made


def longest_series(options: Sequence[dict[str, Any]]) -> int:
    """Return how many points the longest series in `options` has."""
    return max(
        len(each["source"]) if isinstance(each["source"], pd.DataFrame) else 0
        for made in options
        for each in made["baseOption"]["dataset"]
    )
