"""The page "Curves" in Chromium: a run's verdict, a change that is tried, a dark phone."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.training.conftest import ALICE


@pytest.fixture(scope="module")
def run(train):
    return train(epochs=4, train_sample=200, watch=2, name="Digits, seed 0")


@pytest.fixture
def curves(open_tab, server, sign_in):
    """Return a function that opens the page as Alice and waits until it is drawn."""

    def one(query, **tab):
        made = sign_in(open_tab(**tab), ALICE)
        made.goto(f"{server.url}/curves?{query}")
        return drawn(made)

    return one


def drawn(tab):
    expect(tab).to_have_title(re.compile("Curves"))
    state = re.compile("notRunning")
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", state)
    expect(tab.get_by_text("Something went wrong")).to_have_count(0)
    return tab


def test_from_a_run_to_its_verdict_and_what_a_change_did(curves, run, store, server):
    tab = curves(f"run={run.id}")
    main = tab.get_by_test_id("stMain")
    expect(main.locator(".stMarkdownBadge").first).to_be_visible()
    charts = main.get_by_test_id("stEChartsChart")
    expect(charts).to_have_count(2)
    box = charts.first.bounding_box()
    assert box["y"] + box["height"] <= 720, "the curves need no scrolling"
    expect(main.get_by_text("What the verdict rests on")).to_be_visible()

    main.get_by_text("By seconds").click()
    expect(tab).to_have_url(re.compile("curves-by=seconds"))
    main.get_by_role("tab", name="Layers").click()
    expect(main.get_by_text(re.compile(r"looks at 5 layers took .* of the run"))).to_be_visible()

    main.get_by_role("tab", name="Try one change").click()
    seeds = main.get_by_label("Seeds", exact=True)
    seeds.fill("1")
    seeds.press("Enter")
    main.get_by_role("button", name="Run the pair", exact=True).click()
    expect(main.get_by_text("Tried: ")).to_be_visible()
    expect(main.get_by_text("Verdict without the change")).to_be_visible(timeout=120_000)
    expect(main.get_by_text(re.compile("Test accuracy .*"))).to_be_visible()
    assert [made.status for made in store.list()] == ["finished", "finished"]


def test_a_dark_phone_shows_all_of_it_without_scrolling_sideways(curves, run):
    tab = curves(
        f"run={run.id}&curves-view={quote('Compare modes')}",
        width=400,
        height=900,
        color_scheme="dark",
    )
    for view in ("Curves", "Layers", "Take away"):
        tab.get_by_role("tab", name=view).click()
        expect(tab.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        drawn(tab)
        wider = tab.evaluate(
            "Math.max(...['html', '[data-testid=stMain]'].map(s => document.querySelector(s))"
            ".map(e => e.scrollWidth - e.clientWidth))"
        )
        assert wider <= 0, view
