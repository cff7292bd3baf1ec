"""The tabs that tests borrow: the next test finds nothing of the one before."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


URL = "http://127.0.0.1/"
LEAVE = """() => {
    localStorage.left = sessionStorage.left = "there";
    document.cookie = "left=there; Path=/";
}"""
FOUND = """() => [localStorage.left, sessionStorage.left, document.cookie,
    innerWidth, matchMedia("(prefers-color-scheme: dark)").matches,
    matchMedia("(prefers-reduced-motion: reduce)").matches]"""
LIGHT = {"width": 1280, "height": 720, "color_scheme": "light", "motion": "reduce"}
DARK = {"width": 400, "height": 900, "color_scheme": "dark", "motion": "no-preference"}


@pytest.fixture
def tabs(chromium):
    from tests.browser.tabs import Tabs

    return Tabs(chromium)


def visit(tab):
    tab.route("**/*", lambda asked: asked.fulfill(body="", content_type="text/html"))
    tab.goto(URL)
    return tab


def test_a_tab_that_comes_back_is_lent_again_and_is_empty(tabs):
    tab = visit(tabs.lend(**LIGHT))
    tab.evaluate(LEAVE)
    assert tab.evaluate(FOUND) == ["there", "there", "left=there", 1280, False, True]
    other = tab.context.new_page()
    tabs.take_back(tab)
    assert other.is_closed()
    again = visit(tabs.lend(**DARK))
    assert again is tab
    assert again.evaluate(FOUND) == [None, None, "", 400, True, False]
    again.context.close()


def test_two_tabs_at_a_time_are_two_browsers(tabs):
    one, other = (visit(tabs.lend(**LIGHT)) for _ in range(2))
    one.evaluate(LEAVE)
    assert other.evaluate(FOUND)[:3] == [None, None, ""]
    for tab in (one, other):
        tab.context.close()


def test_a_closed_tab_or_one_of_a_failed_test_is_not_lent_again(tabs):
    closed, failed = visit(tabs.lend(**LIGHT)), visit(tabs.lend(**LIGHT))
    closed.close()
    tabs.take_back(closed)
    tabs.take_back(failed, keep=False)
    assert failed.is_closed()
    fresh = tabs.lend(**LIGHT)
    assert fresh is not closed
    assert fresh is not failed
    fresh.context.close()
