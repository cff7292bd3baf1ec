"""One drawing for all who look: the same one while nothing has come, a new one after, none kept."""

import gc
import threading
import weakref

import pyarrow as pa
import pytest

from cnn_core.charts import live
from cnn_core.results.events import RunStarted, StepsDone
from cnn_core.results.history import History
from cnn_core.ui import drawn_once as module
from cnn_core.ui.drawn_once import drawn_once

CHARTS = [
    (live.loss_chart, {}),
    (live.accuracy_chart, {"reference": live.LENET_1998}),
    (live.split_chart, {}),
    (live.throughput_chart, {}),
    (live.epoch_time_chart, {}),
]


def steps(last, count):
    return StepsDone(
        step=last,
        epoch=1,
        losses=[2.0 + (step % 7) / 10 for step in range(count)],
        images=64 * count,
        window_seconds=0.1,
        train_seconds=last / 100,
        elapsed_seconds=last / 100,
        learning_rate=1e-3,
    )


def run_of(count):
    began = RunStarted(
        step=0,
        epoch=1,
        total_steps=count,
        total_epochs=1,
        steps_per_epoch=count,
        train_size=64 * count,
        valid_size=10,
        device="cpu",
        threads=1,
        parameters=1,
    )
    return History([began, steps(count, count)])


def test_drawn_anew_only_when_the_run_has_moved_on():
    drawn = []

    def draw(history, *, log=False):
        drawn.append((history.step, log))
        return f"{history.step} {log}"

    history = run_of(10)
    assert [drawn_once(draw, history) for _ in range(3)] == ["10 False"] * 3
    assert drawn_once(draw, history, log=True) == "10 True"
    history.extend([steps(12, 2)])
    assert drawn_once(draw, history) == "12 False"
    assert drawn_once(draw, run_of(10)) == "10 False"  # another run's history is another drawing
    assert drawn == [(10, False), (10, True), (12, False), (10, False)]


def test_fifteen_threads_draw_once():
    history, gate, drawn = run_of(10), threading.Barrier(15), []

    def draw(history):
        drawn.append(history.step)
        return "drawn"

    def look():
        gate.wait()
        drawn_once(draw, history)

    threads = [threading.Thread(target=look) for _ in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn == [10]


def test_what_cannot_be_drawn_raises_every_time():
    history = run_of(1)

    def draw(history):
        raise ValueError("nothing to draw")

    for _ in range(2):
        with pytest.raises(ValueError, match="nothing to draw"):
            drawn_once(draw, history)


def test_a_history_that_nobody_holds_is_let_go():
    history = run_of(10)
    drawn_once(live.loss_chart, history)
    gone = weakref.ref(history)
    assert history in module._drawings
    del history
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(("chart", "options"), CHARTS)
def test_a_shared_chart_says_what_the_chart_says(chart, options):
    history = run_of(500)
    own, shared = chart(history, **options), drawn_once(chart, history, **options)
    own, shared = own["baseOption"], shared["baseOption"]
    frames = [dataset["source"] for dataset in own.pop("dataset")]
    tables = [dataset["source"] for dataset in shared.pop("dataset")]
    assert shared == own
    assert all(isinstance(table, pa.Table) for table in tables)
    for frame, table in zip(frames, tables, strict=True):
        assert pa.Table.from_pandas(frame, preserve_index=False).equals(table)


@pytest.mark.parametrize(("chart", "options"), CHARTS)
def test_a_hundred_thousand_steps_weigh_what_a_thousand_do(chart, options):
    def weight(history):
        sources = drawn_once(chart, history, **options)["baseOption"]["dataset"]
        return sum(dataset["source"].nbytes for dataset in sources)

    short, long = run_of(1_000), run_of(100_000)
    assert weight(long) <= 1.5 * weight(short) + 1_000
    assert weight(long) < 40_000
