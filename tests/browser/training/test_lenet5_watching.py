"""A long run that is watched, left, found again, killed, resumed and stopped; and the queue."""

import os
import signal
import sqlite3
import time

import pytest
from playwright.sync_api import expect

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import StepsDone
from cnn_core.runtime import queue
from cnn_core.runtime.submit import build_request
from cnn_core.runtime.worker import start_worker
from cnn_core.ui.owner import token_digest

LONG = TrainConfig(epochs=1000, batch_size=64, learning_rate=0.001)
PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def long_run(settings, store, people):
    """A run of the first person that outlasts this module, in a worker of its own."""
    request = build_request(
        settings,
        recipe="lenet5-mnist",
        preset="custom",
        config=LONG,
        owner=token_digest(people[0]),
        source="digits",
        name="A long run",
    )
    record, _ = store.create(request)
    assert queue.claim(store) == record.id
    worker = start_worker(settings, store, record.id)
    yield record
    store.request_stop(record.id)
    worker.wait(60)


def mark_charts(page):
    """Put a property on the charts' nodes that a new node would not have; return how many."""
    expect(page.main.get_by_test_id("stEChartsChart").locator("canvas")).to_have_count(2)
    return page.tab.evaluate(
        """() => [...document.querySelectorAll("[data-testid=stEChartsChart] canvas")]
            .map(canvas => canvas.parentElement.seenBefore = true).length"""
    )


def marked_charts(page):
    return page.tab.evaluate(
        """() => [...document.querySelectorAll("[data-testid=stEChartsChart] canvas")]
            .filter(canvas => canvas.parentElement.seenBefore).length"""
    )


def chart_words(page):
    """What the loss chart says of itself, and its pixels."""
    chart = page.main.get_by_test_id("stEChartsChart").first
    pixels = chart.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    return page.main.get_by_role("button", name="Show data").first.get_attribute(
        "aria-label"
    ), pixels


def test_charts_move_without_new_nodes(lenet5, long_run):
    page = lenet5().open(run=long_run.id)
    expect(page.badge("training")).to_be_visible()
    page.wait_for_step(1)
    assert mark_charts(page) == 2
    for _ in range(3):
        words, pixels = chart_words(page)
        page.wait_for_step(page.step() + 1)
        label = page.main.get_by_role("button", name="Show data").first
        expect(label).not_to_have_attribute("aria-label", words)
        assert chart_words(page)[1] != pixels
    assert marked_charts(page) == 2


def test_run_is_found_after_refresh_page_change_and_restart(lenet5, server, long_run, store):
    page = lenet5().open(run=long_run.id)
    page.wait_for_step(1)
    step = page.step()
    page.tab.reload()
    page.drawn()
    assert page.run_id() == long_run.id
    page.wait_for_step(step + 1)
    page.tab.get_by_test_id("stSidebarNavLink").filter(has_text="Runs").click()
    expect(page.tab.get_by_test_id("stDataFrame")).to_be_visible()
    page.tab.get_by_test_id("stSidebarNavLink").filter(has_text="LeNet-5 · MNIST").click()
    page.drawn()
    assert page.run_id() == long_run.id
    page.wait_for_step(step + 2)
    page.tab.goto("about:blank")
    server.restart()
    before = store.get(long_run.id).steps_done
    page.open(run=long_run.id)
    expect(page.badge("training")).to_be_visible()
    page.wait_for_step(before + 1)


def test_second_session_watches_and_may_not_stop(lenet5, long_run, people):
    owner = lenet5().open(run=long_run.id)
    expect(owner.button("Stop, keep the best")).to_be_visible()
    other = lenet5(people[1]).open(run=long_run.id)
    expect(other.badge("training")).to_be_visible()
    other.wait_for_step(1)
    other.wait_for_step(other.step() + 1)
    expect(other.button("Stop, keep the best")).to_have_count(0)
    expect(other.button("Resume training")).to_have_count(0)


def test_killed_run_is_resumed_and_stopped_by_the_buttons(lenet5, long_run, store):
    page = lenet5().open(run=long_run.id)
    page.wait_for_step(1)
    with sqlite3.connect(store.database) as database:
        (pid,) = database.execute("SELECT pid FROM runs WHERE id = ?", (long_run.id,)).fetchone()
    os.kill(pid, signal.SIGKILL)
    expect(page.badge("interrupted")).to_be_visible()
    expect(page.main.get_by_text("ended without a word")).to_be_visible()
    killed_at = store.get(long_run.id).steps_done

    page.button("Resume training").click()
    expect(page.badge("training")).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_step(killed_at + 1)
    expect(page.button("Resume training")).to_have_count(0)

    page.button("Stop, keep the best").click()
    while not store.get(long_run.id).stop_requested:
        time.sleep(0.01)
    asked = time.time()
    expect(page.badge("stopped")).to_be_visible()
    record = store.get(long_run.id)
    assert record.ended - asked < 5
    assert record.resumable
    expect(page.button("Resume training")).to_be_visible()
    assert (store.folder / record.id / "weights.safetensors").exists()
    windows = [event for _, event in store.events(record.id) if isinstance(event, StepsDone)]
    taken = [event.step - len(event.losses) for event in windows]
    assert taken == [0, *(event.step for event in windows[:-1])], "steps are missing or twice"
    assert page.step() == windows[-1].step


def test_stopped_run_is_resumed_to_its_end(lenet5, train, store):
    stopped = train(epochs=3, seed=5, stop_after=1)
    whole = train(epochs=3, seed=5)
    assert stopped.status == "stopped"
    page = lenet5().open(run=stopped.id)
    expect(page.badge("stopped")).to_be_visible()
    page.button("Resume training").click()
    expect(page.badge("finished")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.main.get_by_text("Epoch 3 of 3 · step 18 of 18")).to_be_visible()

    def losses(run):
        events = [event for _, event in store.events(run) if isinstance(event, StepsDone)]
        return [loss for event in events for loss in event.losses]

    assert losses(stopped.id) == losses(whole.id)
    assert store.get(stopped.id).test_accuracy == whole.test_accuracy


def press_at_once(*pages):
    """Press Start on all pages within a few milliseconds."""
    at = 1000 * (time.time() + 0.7)
    for page in pages:
        page.button("Train LeNet-5").evaluate(
            "(button, at) => void setTimeout(() => button.click(), at - Date.now())", at
        )


def test_two_sessions_that_start_at_once_make_one_run(lenet5, store, busy_device, people):
    settings = {"data": "digits", "epochs": 2, "seed": 11}
    pages = [lenet5(token).open(**settings) for token in people]
    press_at_once(*pages)
    for page in pages:
        expect(page.button("Open that one").or_(page.button("Stop, keep the best"))).to_be_visible()
    runs = [run for run in store.list() if run.config.seed == 11]
    assert len(runs) == 1
    (second,) = [page for page in pages if "run" not in page.query()]
    second.button("Open that one").click()
    assert second.run_id() == runs[0].id
    expect(second.main.get_by_text("Waiting: one run before this one")).to_be_visible()
    expect(second.button("Stop, keep the best")).to_have_count(0)


def test_two_sessions_with_different_seeds_wait_in_line(lenet5, store, busy_device, people):
    pages = [
        lenet5(token).open(data="digits", epochs=2, seed=seed)
        for token, seed in zip(people, (21, 22), strict=True)
    ]
    press_at_once(*pages)
    runs = [page.run_id() for page in pages]
    assert runs[0] != runs[1]
    orders = [queue.place(store, store.get(run)) for run in runs]
    assert sorted(orders) == [1, 2]
    for page, order in zip(pages, orders, strict=True):
        words = {1: "Waiting: one run before this one", 2: "Waiting: 2 runs before this one"}
        expect(page.main.get_by_text(words[order])).to_be_visible()
        page.button("Stop, keep the best").click()
        expect(page.badge("stopped")).to_be_visible()
        expect(page.main.get_by_text("Nothing was trained")).to_be_visible()
