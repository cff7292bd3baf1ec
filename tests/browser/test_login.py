"""Login, where one is configured: with a real provider on loopback, from the first request on."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from tests.browser.conftest import AppServer, OpenTab, StartServer
from tests.browser.identity_provider import CLIENT, PASSWORD, Provider

_SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "of-this-test-alone-0123456789abcdef"
client_id = "{client}"
client_secret = "{password}"
server_metadata_url = "{url}/.well-known/openid-configuration"
"""


@pytest.fixture
def guarded_server(
    start_server: StartServer, tmp_path: Path
) -> Iterator[tuple[AppServer, Provider]]:
    """A fresh server that asks for a login, and the provider that it trusts."""
    provider = Provider()
    provider.start()
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(_SECRETS.format(client=CLIENT, password=PASSWORD, url=provider.url))
    with start_server(STREAMLIT_SECRETS_FILES=str(secrets)) as app:
        yield app, provider
    provider.stop()


def test_nothing_is_shown_before_login_and_each_person_has_their_own(
    guarded_server: tuple[AppServer, Provider], open_tab: OpenTab
) -> None:
    app, provider = guarded_server
    page = open_tab()
    page.goto(f"{app.url}/runs")  # the first request of a fresh server
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    _nothing_is_shown(page)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{app.url}/take-away/some-run.zip")

    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Logged in as Ada Example")).to_be_visible()
    page.goto(f"{app.url}/runs")
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(f"{app.url}/triage")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    _nothing_is_shown(page)
    provider.subject = "bob"
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Logged in as Bob Example")).to_be_visible()


def _nothing_is_shown(page: Page) -> None:
    expect(page.get_by_role("heading")).to_have_count(1)
    expect(page.get_by_role("link", name="Runs")).to_have_count(0)
