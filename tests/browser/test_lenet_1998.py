"""The page "LeNet-5, 1998" in a browser: one drawn digit, read by both networks."""

import pytest
from playwright.sync_api import expect

from tests.browser.sheet import draw, settled

pytest.importorskip("playwright")


def test_both_networks_read_the_one_drawing(page, server):
    page.goto(f"{server.url}/lenet_1998?lenet-1998-view=Draw+a+digit")
    labs = page.locator(".lab[data-probabilities]")
    expect(labs).to_have_count(2)
    old, today = labs.nth(0), labs.nth(1)
    expect(page.locator("[data-part=sheet]:visible")).to_have_count(1)
    expect(page.get_by_text("LeNet-5 of 1998, 60,000 parameters").first).to_be_visible()
    expect(page.get_by_text("LeNet-5 of today, 44,426 parameters").first).to_be_visible()
    before = [settled(lab) for lab in (old, today)]
    page.get_by_role("button", name="Clear").click()
    page.locator("[data-part=sheet]").scroll_into_view_if_needed()
    draw(page, (0.5, 0.2), (0.5, 0.8))
    after = [settled(lab) for lab in (old, today)]
    assert all(first != second for first, second in zip(before, after, strict=True))
    assert after[0] != after[1], "two networks, two answers"
    for lab in (old, today):
        expect(lab).to_have_attribute("data-digit", "1")
    today.locator(".layer").nth(2).click()
    for lab in (old, today):
        expect(lab.locator(".layer").nth(2)).to_have_attribute("aria-pressed", "true")
    expect(old.locator("[data-part=large-caption]")).to_contain_text("1998: C3")
    expect(today.locator("[data-part=large-caption]")).to_contain_text("Today: C3")
    expect(page.get_by_text("16 maps of 10×10. 1,516 trainable parameters")).to_be_visible()
    expect(page.get_by_text("16 maps of 8×8. 2,416 trainable parameters")).to_be_visible()
    top, bottom = (lab.locator(".layer").nth(2).bounding_box() for lab in (old, today))
    assert top["x"] == bottom["x"], "layer under layer"
    assert top["y"] < bottom["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
