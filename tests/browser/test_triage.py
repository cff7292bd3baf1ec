"""X-ray triage in a browser: films come in, the viewer listens to hand and keys, lists are private.

A small triage model is at hand; the films are the page's own synthetic ones.
"""

import re

import pytest

from cnn_core.runtime.prediction_log import PredictionLog
from tests.serving.small_model import write_small_model

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
WIDE = (
    "[...document.querySelectorAll('[data-testid=stMain] *')]"
    ".filter((each) => each.getBoundingClientRect().right > innerWidth + 1"
    " && getComputedStyle(each).visibility !== 'hidden'"
    " && each.checkVisibility() && !each.closest('[role=tablist]'))"
    ".map((each) => each.outerHTML.slice(0, 120))"
)


def settle(page):
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def shown(viewer, **state):
    """Wait until the viewer shows what is expected."""
    for name, value in state.items():
        expect(viewer).to_have_attribute(f"data-{name}", value)


def test_films_are_sorted_looked_at_and_seen_by_nobody_else(
    page, open_tab, start_server, tmp_path_factory
):
    folder = write_small_model(tmp_path_factory.mktemp("served") / "model")
    with start_server(CNN_LAB_TRIAGE_MODEL=str(folder)) as server:
        page.goto(f"{server.url}/triage")
        page.get_by_role("button", name="Synthetic films").click()
        expect(page.get_by_text(re.compile("^15 films: "))).to_be_visible()
        expect(page.get_by_text(re.compile(r"^Read \d+ of 15 films"))).to_have_count(0)
        viewer = page.locator(".viewer[data-ready=true]")
        canvas = viewer.locator("canvas")
        box = canvas.bounding_box()
        assert box["y"] + box["height"] < 720, "the film must be seen without scrolling"
        title = viewer.locator(".titles span").first
        _open_row(page, 0)
        expect(title).to_have_text("photograph.png")
        expect(page.get_by_text("This model does not judge such a picture")).to_be_visible()
        _open_row(page, 2)
        expect(title).not_to_have_text("photograph.png")
        second = title.inner_text()
        expect(page.get_by_text("audit: ")).to_be_visible()
        expect(viewer.locator("[data-part=heat]")).to_be_visible()
        shown(viewer, panes="2", zoom="1.00", level="128", width="255", invert="false")

        canvas.focus()
        for key in ("+", "i", "PageDown", "End", "ArrowRight"):
            page.keyboard.press(key)
        shown(viewer, zoom="1.25", level="138", width="270", invert="true")
        x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.wheel(0, -400)
        expect(viewer).not_to_have_attribute("data-zoom", "1.25")
        page.mouse.down()
        page.mouse.move(x - 50, y - 20, steps=4)
        page.mouse.up()
        shown(viewer, level="158", width="220")
        viewer.locator("[data-part=heat]").select_option("over")
        shown(viewer, panes="1")
        settle(page)
        beside = page.get_by_role("combobox", name="Beside it")
        beside.scroll_into_view_if_needed()
        page.evaluate(TWO_FRAMES)  # a list that is open closes when the page scrolls
        beside.click()
        page.get_by_role("option", name="photograph.png").click()
        shown(viewer, panes="2", level="158")
        viewer.get_by_role("button", name="Reset").click()
        shown(viewer, zoom="1.00", level="128", width="255", invert="false")

        page.get_by_role("button", name="Next film").focus()
        page.keyboard.press("Enter")
        expect(title).not_to_have_text(second)
        page.get_by_role("button", name="Previous film").focus()
        page.keyboard.press("Space")
        expect(title).to_have_text(second)
        settle(page)
        rows = PredictionLog(server.home / "triage").count()
        assert rows == 0, "what the app draws is no traffic"

        address = page.url
        assert re.search(r"case=[0-9a-f]{32}", address)
        stranger = open_tab()
        stranger.goto(address)
        expect(stranger.get_by_text(re.compile("is not on your worklist"))).to_be_visible()
        assert stranger.locator(".viewer").count() == 0

        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 400, "height": 800})
        page.reload()
        expect(viewer).to_be_visible()
        settle(page)
        assert page.url == address
        table = page.get_by_test_id("stDataFrame").first
        assert canvas.bounding_box()["y"] < table.bounding_box()["y"], "the film comes first"
        table.scroll_into_view_if_needed()
        expect(canvas).not_to_be_in_viewport()
        _open_row(page, 0)
        expect(canvas).to_be_in_viewport()
        expect(title).to_have_text("photograph.png")
        wide = page.evaluate(WIDE)
        assert not wide, wide[:3]


def _open_row(page, row):
    """Open the film in a row of the list, counted from 0."""
    settle(page)
    table = page.get_by_test_id("stDataFrame").first
    table.click(position={"x": 17, "y": 35 * (row + 1) + 20})
