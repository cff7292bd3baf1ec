"""Home in a browser: the lab is there at once, at every width, by mouse, finger and keyboard."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.sheet import draw, open_lab, settled, shown


@pytest.fixture
def home(page, server):
    return open_lab(page, server.url)


@pytest.fixture(scope="module")
def motion():
    """Digits are written stroke by stroke, as most people see them."""
    return "no-preference"


def test_every_sample_is_read_right(page, home):
    for digit in (3, 5, 7, 2, 8, 4):
        expect(home).to_have_attribute("data-digit", str(digit))
        shares = [float(share) for share in settled(home).split(",")]
        assert shares[digit] > 0.9
        expect(home.locator("[data-part=sentence]")).to_have_text(
            re.compile(rf"Reads {digit} with 9\d\s%")
        )
        expect(home.locator("[aria-live=polite]")).to_have_text(
            re.compile(rf"Reads {digit} with 9\d\s%")
        )
        page.get_by_role("button", name="Another digit").click()
        page.wait_for_timeout(900)


def test_reading_moves_with_the_mouse_and_asks_the_server_nothing(page, server):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    home = open_lab(page, server.url)
    page.wait_for_timeout(1500)  # the page's own start-up messages
    assert sent, "the spy must hear the messages there are"
    sent.clear()
    box = page.locator("[data-part=sheet]").bounding_box()
    x, top, side = box["x"] + box["width"] / 2, box["y"], box["height"]
    page.mouse.move(x, top + 0.2 * side)
    page.mouse.down()
    readings, times = set(), []
    for share in np.linspace(0.22, 0.8, 12):
        page.mouse.move(x, top + share * side)
        readings.add(settled(home))
        times.append(shown(home)["milliseconds"])
    assert len(readings) > 6, "the reading must move before the pen is lifted"
    page.mouse.up()
    expect(home).to_have_attribute("data-digit", "1")
    assert np.median(times) < 8
    page.wait_for_timeout(500)
    assert not sent
    page.close()


def test_own_stroke_replaces_the_sample_and_undo_brings_it_back(page, home):
    sample = home.get_attribute("data-probabilities")
    draw(page, (0.5, 0.2), (0.5, 0.8))
    expect(home).to_have_attribute("data-digit", "1")
    page.get_by_role("button", name="Undo").click()
    expect(home).to_have_attribute("data-probabilities", sample)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_digit_can_be_drawn_with_the_keyboard(page, home):
    sheet = page.locator("[data-part=sheet]")
    sheet.focus()
    page.keyboard.press("Delete")
    expect(home).to_have_attribute("data-digit", "")
    expect(home.locator("[data-part=sentence]")).to_have_text("Draw a digit")
    assert sheet.evaluate("canvas => getComputedStyle(canvas).outlineStyle") == "solid"
    page.keyboard.press("ArrowUp")
    expect(home).to_have_attribute("data-digit", "")
    page.keyboard.press("Space")
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(home).to_have_attribute("data-digit", "1")
    lifted = settled(home)
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    assert settled(home) == lifted, "a lifted pen must leave no ink"
    page.keyboard.press("Control+z")
    expect(home).to_have_attribute("data-digit", "")


def test_finger_draws_and_does_not_scroll(chromium, open_tab, server):
    context = chromium.new_context(
        viewport={"width": 400, "height": 800}, has_touch=True, is_mobile=True
    )
    page = open_tab(context=context)
    home = open_lab(page, server.url)
    box = page.locator("[data-part=sheet]").bounding_box()
    x, top, side = box["x"] + box["width"] / 2, box["y"], box["height"]
    finger = context.new_cdp_session(page)
    for kind, share in [("touchStart", 0.8), *[("touchMove", 0.8 - i / 20) for i in range(1, 13)]]:
        point = {"x": x, "y": top + share * side}
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(home).to_have_attribute("data-digit", "1")
    after = page.locator("[data-part=sheet]").bounding_box()
    assert after["y"] == box["y"]
    context.close()


def test_lab_is_above_the_fold(home):
    box = home.bounding_box()
    assert box["height"] <= 520
    assert box["y"] + box["height"] <= 720


@pytest.mark.parametrize(
    ("width", "layout"), [(400, "stack"), (700, "pair"), (1280, "row"), (1680, "wide")]
)
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_lab_fits_every_width(open_tab, server, width, layout, color_scheme):
    page = open_tab(width=width, height=720, color_scheme=color_scheme)
    home = open_lab(page, server.url)
    assert home.get_attribute("data-layout") == layout
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    inside = home.evaluate(
        """lab => [...lab.querySelectorAll("*")].filter(node => {
            const place = node.getBoundingClientRect();
            return place.width > 1 && place.right > lab.getBoundingClientRect().right + 0.5;
        }).map(node => node.outerHTML.slice(0, 80))"""
    )
    assert inside == []
    smallest = home.evaluate(
        """lab => Math.min(...[...lab.querySelectorAll("*")]
            .filter(node => node.textContent.trim())
            .map(node => parseFloat(getComputedStyle(node).fontSize)))"""
    )
    assert smallest >= 14


def test_drawing_outlives_a_visit_to_another_page(page, home):
    draw(page, (0.5, 0.2), (0.5, 0.8))
    expect(home).to_have_attribute("data-digit", "1")
    before = settled(home)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Runs").click()
    expect(home).to_have_count(0)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home").click()
    expect(home).to_have_attribute("data-probabilities", before)


def test_doors_lead_to_their_pages(page, home):
    page.get_by_test_id("stMain").get_by_role("link", name="Runs").click()
    expect(page).to_have_url(re.compile(r"/runs$"))
