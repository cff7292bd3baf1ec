"""Why, Switch off and Compare in a browser: clicks on bars and maps, keys, links, downloads."""

import io
import re

import numpy as np
import pytest
from PIL import Image

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

TABS = {"Why": "Can it be believed?", "Switch off": "All channels are on", "Compare": "Both:"}


def open_tab_of(page, server, tab):
    page.goto(f"{server.url}/inspector?model=lenet5&tab={tab}")
    expect(page.get_by_text(TABS[tab]).first).to_be_visible()
    settle(page)


def settle(page):
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def linked(page, pattern):
    expect(page).to_have_url(re.compile(pattern))


def test_a_click_on_a_bar_asks_why_that_class_and_the_answer_can_be_taken_away(page, server):
    open_tab_of(page, server, "Why")
    plot = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    bottom = plot["y"] + plot["height"]
    assert bottom < 720, "picture and bars must be seen without scrolling"
    first = page.get_by_text(re.compile("Yellow speaks most for"))
    expect(first).to_contain_text("for 8 ")
    page.mouse.click(plot["x"] + 0.7 * plot["width"], plot["y"] + 0.3 * plot["height"])
    linked(page, "class=3")
    expect(first).to_contain_text("for 3 ")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Picture with caption (PNG)").click()
    picture = Image.open(waiting.value.path())
    assert "Grad-CAM of conv2 for 3." in str(picture.info)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Numbers (NumPy, .npz)").click()
    arrays = np.load(io.BytesIO(waiting.value.path().read_bytes()))
    assert arrays["heat"].shape == (28, 28)
    assert arrays["deletion_probabilities"][0] == pytest.approx(0.059, abs=0.02)


def test_maps_are_switched_off_by_mouse_and_keyboard_and_a_link_keeps_them(page, server):
    open_tab_of(page, server, "Switch off")
    sheet = page.get_by_role("group", name=re.compile("maps of conv1"))
    box = sheet.bounding_box()
    sheet.click(position={"x": box["width"] / 2, "y": box["height"] / 4})
    linked(page, r"off=conv1(:|%3A)1\b")
    expect(page.get_by_text(re.compile("stays first|is now first|No class moves"))).to_be_visible()
    settle(page)
    sheet = page.get_by_role("group", name=re.compile("maps of conv1; off: 1"))
    sheet.focus()
    for key in ("ArrowRight", "Enter"):
        page.keyboard.press(key)
    linked(page, r"off=conv1(:|%3A)1(,|%2C)2\b")
    page.reload()
    button = page.get_by_role("button", name="Channels off: 2 of 6")
    expect(button).to_be_visible()
    page.get_by_role("button", name="Switch all on").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Channels off: 0 of 6")).to_be_visible()
    assert "off=" not in page.url


def test_nothing_is_cut_off_at_400_pixels_in_the_dark(open_tab, server):
    page = open_tab(width=400, height=800, color_scheme="dark")
    for tab in TABS:
        open_tab_of(page, server, tab)
        wide = page.evaluate(
            "[...document.querySelectorAll('[data-testid=stMain] *')]"
            ".filter((each) => each.getBoundingClientRect().right > innerWidth + 1"
            " && getComputedStyle(each).visibility !== 'hidden'"
            " && each.checkVisibility() && !each.closest('[role=tablist]'))"
            ".map((each) => each.outerHTML.slice(0, 120))"
        )
        assert not wide, f"{tab}: {wide[:3]}"
