"""The shell in a browser: deep links, themes, small screens, the keyboard, who "mine" is."""

from urllib.parse import urlparse

import pytest

from cnn_core.ui.catalog import APP_TITLE, PAGES, find_page
from cnn_core.ui.owner import COOKIE

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

SLUGS = [row.slug for row in PAGES]
OWNER_SCRIPT = """
import streamlit as st
from cnn_core.ui.owner import keep_owner_token, owner_id
st.session_state.runs = st.session_state.get("runs", 0) + 1
keep_owner_token()
st.button("Again")
st.markdown(f"owner {owner_id()} run {st.session_state.runs}.")
"""


def open_page(tab, url, slug):
    """Go to a page and wait until Streamlit has drawn all of it."""
    tab.goto(f"{url}/{find_page(slug).url_path}")
    wait_until_drawn(tab, slug)


def wait_until_drawn(tab, slug):
    expect(tab).to_have_title(f"{find_page(slug).title} · {APP_TITLE}")
    expect(tab.locator("h1")).to_have_count(1)
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(tab.get_by_text("Something went wrong")).to_have_count(0)
    expect(tab.get_by_test_id("stException")).to_have_count(0)


def nav_links(tab):
    return tab.get_by_test_id("stSidebarNavLink")


@pytest.mark.parametrize("slug", SLUGS)
def test_deep_link_to_a_fresh_server_and_its_page_on_a_phone(start_server, page, slug):
    with start_server() as app:
        open_page(page, app.url, slug)
        expect(nav_links(page)).to_have_count(len(PAGES))
        for row in PAGES:
            expect(page.get_by_role("link", name=row.title, exact=False).first).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert urlparse(page.url).path == f"/{find_page(slug).url_path}"
        drawn_by_the_guard = page.get_by_test_id("stMain").locator("h1, h2, h3").all_inner_texts()
        page.set_viewport_size({"width": 400, "height": 720})
        page.reload()  # by now app.py is what Streamlit runs
        wait_until_drawn(page, slug)
        drawn_by_app = page.get_by_test_id("stMain").locator("h1, h2, h3").all_inner_texts()
        assert drawn_by_the_guard == drawn_by_app
        assert scrolls_sideways(page) == []


def scrolls_sideways(tab):
    """Return (width, visible width) of what is wider than what is seen of it."""
    return tab.evaluate(
        "['html', '[data-testid=stMain]'].map(s => document.querySelector(s))"
        ".map(e => [e.scrollWidth, e.clientWidth]).filter(([all, seen]) => all > seen)"
    )


def test_every_page_is_reached_from_the_navigation_without_leaving_the_host(server, page):
    hosts = set()
    page.on("request", lambda asked: hosts.add(urlparse(asked.url).hostname))
    open_page(page, server.url, SLUGS[-1])
    for slug in SLUGS:
        nav_links(page).nth(SLUGS.index(slug)).click()
        wait_until_drawn(page, slug)
        assert urlparse(page.url).path == f"/{find_page(slug).url_path}"
    assert hosts - {None} == {"127.0.0.1"}  # None: a blob, made in the page
    page.close()


@pytest.mark.parametrize(
    ("color_scheme", "background", "sidebar"),
    [
        ("light", "rgb(255, 255, 255)", "rgb(246, 247, 249)"),
        ("dark", "rgb(15, 20, 25)", "rgb(20, 26, 34)"),
    ],
)
def test_theme_follows_the_browser(server, open_tab, color_scheme, background, sidebar):
    tab = open_tab(color_scheme=color_scheme)
    open_page(tab, server.url, SLUGS[0])
    expect(tab.get_by_test_id("stApp")).to_have_css("background-color", background)
    expect(tab.get_by_test_id("stSidebar")).to_have_css("background-color", sidebar)


def test_unknown_path_says_so_and_shows_home(server, page):
    page.goto(f"{server.url}/no-such-page")
    expect(page.get_by_role("dialog")).to_contain_text("Page not found")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_until_drawn(page, "home")
    expect(nav_links(page)).to_have_count(len(PAGES))


def test_keyboard_reaches_the_navigation(server, page):
    open_page(page, server.url, "home")
    title = find_page("runs").title
    for _ in range(30):
        page.keyboard.press("Tab")
        if title in page.evaluate("document.activeElement.innerText || ''").splitlines():
            break
    else:
        pytest.fail(f"30 presses of Tab did not reach {title!r}")
    page.keyboard.press("Enter")
    wait_until_drawn(page, "runs")


def test_sidebar_says_version_and_hardware(server, page):
    open_page(page, server.url, "home")
    expect(page.get_by_test_id("stSidebar").get_by_text("CPU core")).to_contain_text(APP_TITLE)


@pytest.fixture(scope="module")
def owner_server(start_server, tmp_path_factory):
    script = tmp_path_factory.mktemp("script") / "owner_page.py"
    script.write_text(OWNER_SCRIPT, encoding="utf-8")
    with start_server(script=script) as app:
        yield app


def read_owner(tab):
    """Return (owner id, number of the script run) once the browser keeps the token."""
    line = tab.get_by_text("owner ")
    expect(line).to_be_visible()
    tab.wait_for_function(f"document.cookie.includes('{COOKIE}=')")
    _, owner, _, run = line.inner_text().rstrip(".").split()
    return owner, int(run)


def test_owner_survives_reload_second_tab_and_restart(owner_server, open_tab):
    first = open_tab()
    first.goto(owner_server.url)
    owner, run = read_owner(first)
    assert run == 1  # keeping the token costs no rerun
    first.get_by_role("button", name="Again").click()
    expect(first.get_by_text(f"owner {owner} run 2.")).to_be_visible()
    first.reload()
    expect(first.get_by_text(f"owner {owner} run 1.")).to_be_visible()
    second = open_tab(context=first.context)
    second.goto(owner_server.url)
    expect(second.get_by_text(f"owner {owner} run 1.")).to_be_visible()
    (cookie,) = [c for c in first.context.cookies() if c["name"] == COOKIE]
    assert cookie["sameSite"] == "Lax"
    assert cookie["path"] == "/"
    assert owner not in cookie["value"]
    second.close()
    first.goto("about:blank")
    owner_server.restart()
    first.goto(owner_server.url)
    expect(first.get_by_text(f"owner {owner} run 1.")).to_be_visible()


def test_owner_differs_between_browsers(owner_server, open_tab):
    owners = set()
    for _ in range(2):
        tab = open_tab()
        tab.goto(owner_server.url)
        owners.add(read_owner(tab)[0])
    assert len(owners) == 2


def test_tab_that_comes_second_takes_over_the_token_with_one_rerun(owner_server, page):
    """Another tab has set the cookie after this one connected: that token wins, no loop."""
    token = "T" * 43
    page.add_init_script(
        "window.WebSocket = class extends window.WebSocket { constructor(...given) {"
        " super(...given); this.addEventListener('open', () => {"
        f" document.cookie = '{COOKIE}={token}; Path=/'; }}); }} }};"
    )
    page.goto(owner_server.url)
    expect(page.get_by_text(" run 2.")).to_be_visible()
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_text(" run 3.")).to_be_visible()
    taken_over = read_owner(page)[0]
    page.reload()
    expect(page.get_by_text(f"owner {taken_over} run 1.")).to_be_visible()
    assert f"{COOKIE}={token}" in page.evaluate("document.cookie")
    page.close()
