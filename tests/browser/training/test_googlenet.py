"""GoogLeNet on CIFAR-10 in Chromium: from Start to the worst mistakes, on a phone, without data."""

import re

import pytest
from playwright.sync_api import expect

from cnn_core.ui.owner import COOKIE
from tests.data.cifar_files import write_cifar

SETTINGS = "gn-preset=scratch&gn-model=googlenet-cifar-tiny&gn-epochs=2&gn-batch_size=32"


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(start_server, data_folder):
    with start_server(CNN_LAB_DATA=str(data_folder)) as app:
        yield app


@pytest.fixture
def open_page(open_tab, server, people):
    """Return a function that opens the page with a query, in a browser of one person."""

    def one(query="", **tab):
        made = open_tab(**tab)
        made.context.add_cookies([{"name": COOKIE, "value": people[0], "url": server.url}])
        made.goto(f"{server.url}/googlenet?{query}")
        return drawn(made)

    return one


def drawn(tab):
    """Wait until the page is whole, without an error that nobody foresaw."""
    expect(tab).to_have_title(re.compile("GoogLeNet"))
    expect(tab.get_by_role("button", name=re.compile("^Train "))).to_be_visible()
    state = re.compile("notRunning")
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", state)
    expect(tab.get_by_text("Something went wrong")).to_have_count(0)
    return tab


def sideways(tab):
    """By how many pixels the page is wider than what is seen of it."""
    return tab.evaluate(
        "Math.max(...['html', '[data-testid=stMain]'].map(s => document.querySelector(s))"
        ".map(e => e.scrollWidth - e.clientWidth))"
    )


def test_from_no_data_to_the_worst_mistakes_and_to_a_phone(open_page, server, data_folder, store):
    tab = open_page(SETTINGS)
    main = tab.get_by_test_id("stMain")
    start = main.get_by_role("button", name="Train GoogLeNet for 32x32")
    expect(main.get_by_text("CIFAR-10 is not in the data folder.").first).to_be_visible()
    expect(main.get_by_role("button", name="Download CIFAR-10 (170 MB)")).to_be_visible()
    expect(start).to_be_disabled()

    write_cifar(data_folder)
    tab.reload()
    drawn(tab)
    expect(main.get_by_text("CIFAR-10, unofficial copy, 100 of 50,000.")).to_be_visible()
    box = start.bounding_box()
    assert box["y"] + box["height"] <= 720
    start.click()
    expect(main.locator(".stMarkdownBadge").get_by_text("finished")).to_be_visible(timeout=120_000)
    (run,) = store.list()
    assert run.config.model == "googlenet-cifar-tiny"
    expect(main.get_by_text("Epoch 2 of 2 · step 6 of 6")).to_be_visible()
    charts = main.get_by_test_id("stEChartsChart")
    expect(charts).to_have_count(2)
    assert charts.first.bounding_box()["y"] < 500

    main.get_by_role("tab", name="Mistakes").click()
    expect(main.get_by_text("of 20 test pictures right")).to_be_visible()
    expect(tab.locator(".js-plotly-plot")).to_contain_text("unofficial copy, 100 of 50,000")
    main.get_by_role("radio", name="Worst mistakes").click()
    pictures = main.get_by_test_id("stImage").locator("img")
    expect(pictures).to_have_count(min(18, 20 - round(20 * run.test_accuracy)))
    expect(pictures.first).to_have_attribute("alt", re.compile("Test picture .* taken for"))

    phone = open_page(f"run={run.id}&gn-view=Learning", width=400, color_scheme="dark")
    expect(phone.get_by_test_id("stEChartsChart").first).to_be_visible()
    assert sideways(phone) <= 0
    phone.goto(f"{server.url}/googlenet?run={run.id}&gn-view=Mistakes")
    drawn(phone)
    expect(phone.locator(".js-plotly-plot").first).to_be_visible()
    assert sideways(phone) <= 0
