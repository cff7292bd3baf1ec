"""The explorer in a browser: maps follow the drawing, a click on a layer shows it large."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.sheet import draw, open_lab, settled

pytest.importorskip("playwright")


def pixels(lab, where):
    """All pixels of the canvases there, as numbers."""
    return lab.locator(f"{where} canvas").evaluate_all(
        """canvases => canvases.map(canvas => [...canvas.getContext("2d")
            .getImageData(0, 0, canvas.width, canvas.height).data].join())"""
    )


def test_every_layer_follows_the_drawing_and_the_chosen_one_is_large(page, server):
    lab = open_lab(page, f"{server.url}/lenet_explorer?form=1998")
    box = lab.bounding_box()
    assert box["y"] + box["height"] <= 760, "the sheet, the layers and the large maps are in view"
    large = page.locator("[data-part=large]")
    assert (
        large.bounding_box()["y"] + large.bounding_box()["height"] <= page.viewport_size["height"]
    )
    layers = lab.locator(".layer")
    expect(layers).to_have_count(7)
    before = [pixels(lab, f".layer[data-layer={name}]") for name in ("C1", "C3", "F6", "output")]
    draw(page, (0.5, 0.2), (0.5, 0.8))
    settled(lab)
    after = [pixels(lab, f".layer[data-layer={name}]") for name in ("C1", "C3", "F6", "output")]
    assert all(old != new for old, new in zip(before, after, strict=True))
    layers.nth(2).click()
    expect(layers.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("C3: convolution. 16 maps of 10×10.")).to_be_visible()
    expect(page).to_have_url(re.compile("layer=2"))
    assert pixels(lab, "[data-part=large]") == pixels(lab, ".layer[data-layer=C3]")
    spot = large.locator("canvas").nth(5).bounding_box()
    page.mouse.move(spot["x"] + spot["width"] * 0.45, spot["y"] + spot["height"] * 0.25)
    expect(lab.locator("[data-part=unit]")).to_have_text(
        re.compile(r"map 5, row 2, column 4: -?\d\.\d\d, from rows 2 to 15, columns 6 to 19")
    )
    expect(lab.locator("[data-part=seen]")).to_be_visible()
    page.get_by_text("Today's form", exact=True).click()
    expect(lab.get_by_text("44,426 parameters")).to_be_visible()
    expect(lab.locator(".layer").nth(2)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("C3: convolution. 16 maps of 8×8.")).to_be_visible()
    expect(lab).to_have_attribute("data-digit", "1")


def test_a_layer_can_be_chosen_by_keyboard_on_a_narrow_dark_screen(open_tab, server):
    page = open_tab(width=400, height=800, color_scheme="dark")
    lab = open_lab(page, f"{server.url}/lenet_explorer")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    lab.locator(".layer").nth(3).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("S4: max pooling. 16 maps of 4×4.")).to_be_visible()
    wide = lab.evaluate(
        """lab => [...lab.querySelectorAll("*")].filter(node => {
            const place = node.getBoundingClientRect();
            return place.width > 1 && place.right > lab.getBoundingClientRect().right + 0.5;
        }).map(node => node.outerHTML.slice(0, 80))"""
    )
    assert wide == []
    page.get_by_role("tab", name="C3's connections").click()
    expect(page.get_by_role("img", name="sees")).to_have_count(60)
