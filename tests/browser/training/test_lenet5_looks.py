"""Both pages in dark and on a phone, and by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

VIEWS = ("Learning", "Timing", "Mistakes", "Your digit", "About")


@pytest.fixture(scope="module")
def run(train):
    return train(epochs=2, batch_size=64, name="A run with a name that is rather long for a phone")


def sideways(tab):
    """By how many pixels the page is wider than what is seen of it."""
    return tab.evaluate(
        "Math.max(...['html', '[data-testid=stMain]'].map(s => document.querySelector(s))"
        ".map(e => e.scrollWidth - e.clientWidth))"
    )


def contrast(locator):
    """Return the contrast of an element's text to what is behind it (WCAG 2.2, 1.4.3)."""
    return locator.evaluate(
        """element => {
            const parse = text => text.match(/[\\d.]+/g).map(Number);
            const luminance = rgb => {
                const [r, g, b] = rgb.map(v => v / 255)
                    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const layers = [];
            for (let node = element; node; node = node.parentElement) {
                layers.push(parse(getComputedStyle(node).backgroundColor));
            }
            const behind = layers.reverse().reduce((below, [r, g, b, alpha = 1]) =>
                [r, g, b].map((v, i) => alpha * v + (1 - alpha) * below[i]), [255, 255, 255]);
            const text = parse(getComputedStyle(element).color).slice(0, 3);
            const [dark, light] = [luminance(text), luminance(behind)].sort((a, b) => a - b);
            return (light + 0.05) / (dark + 0.05);
        }"""
    )


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_pages_fit_a_phone(lenet5, run, color_scheme):
    page = lenet5(width=400, color_scheme=color_scheme).open(run=run.id)
    expect(page.badge("finished")).to_be_visible()
    assert contrast(page.main.get_by_text(re.compile("Epoch 2 of 2"))) > 4.5
    assert contrast(page.button("Train LeNet-5").locator("p")) > 4.5
    assert contrast(page.badge("finished")) > 4.5
    for view in VIEWS:
        page.view(view)
        expect(page.tab.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )
        assert sideways(page.tab) <= 0, view
    page.tab.goto(f"{page.url}/runs")
    expect(page.tab.get_by_test_id("stDataFrame")).to_be_visible()
    assert sideways(page.tab) <= 0


def test_main_picture_and_button_need_no_scrolling(lenet5, run):
    page = lenet5().open(run=run.id)
    charts = page.main.get_by_test_id("stEChartsChart")
    expect(charts).to_have_count(2)
    for seen in (page.button("Train LeNet-5"), page.main.get_by_text("Test accuracy").first):
        box = seen.bounding_box()
        assert box["y"] + box["height"] <= 720
    assert charts.first.bounding_box()["y"] < 480


def test_run_is_started_and_stopped_by_keyboard_alone(lenet5, store, busy_device):
    page = lenet5().open(data="digits", seed=31)
    words = "document.activeElement.closest('button')?.innerText || ''"

    def reach(name):
        for _ in range(60):
            page.tab.keyboard.press("Tab")
            if name in page.tab.evaluate(words):
                return
        pytest.fail(f"60 presses of Tab did not reach {name!r}")

    reach("Train LeNet-5")
    page.tab.keyboard.press("Enter")
    run = page.run_id()
    expect(page.main.get_by_text("Waiting: one run before this one")).to_be_visible()
    reach("Stop, keep the best")
    page.tab.keyboard.press("Enter")
    expect(page.badge("stopped")).to_be_visible()
    assert store.get(run).status == "stopped"
