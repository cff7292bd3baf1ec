"""Whether a login is asked for: what stands in Streamlit's secrets, whole, damaged or lacking."""

import logging

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit import config
from streamlit.config_option import ConfigOption
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest

from cnn_core.ui import login
from cnn_core.ui.packed_route import PACKED_ROUTE

WHOLE = """[auth]
redirect_uri = "http://127.0.0.1:1/oauth2callback"
cookie_secret = "of-this-test-alone-0123456789abcdef"
client_id = "lab"
client_secret = "of this test"
server_metadata_url = "http://127.0.0.1:1/.well-known/openid-configuration"
"""
DAMAGED = {
    "a quote that is not closed": WHOLE.replace('"lab"', '"lab'),
    "an empty section": "[auth]\n",
    "no section": 'auth = "yes"\n',
    "nothing": "auth = 0\n",
    "no client": WHOLE.replace("client_id", "client"),
    "cookies that anybody can sign": WHOLE.replace("of-this-test-alone-0123456789abcdef", ""),
    "no text": b"\xff\xfe[auth]",
}


@pytest.fixture
def secrets(tmp_path):
    """Have Streamlit read its secrets from this path alone, where nothing is yet."""
    path = tmp_path / "secrets.toml"
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(path)], ConfigOption.DEFAULT_DEFINITION)
    secrets_singleton._reset()
    login._say.cache_clear()
    yield path
    config.set_option("secrets.files", before, ConfigOption.DEFAULT_DEFINITION)
    secrets_singleton._reset()


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    secrets_singleton._reset()


def fetched(query=""):
    client = TestClient(Starlette(routes=[PACKED_ROUTE]))
    return client.get(f"/take-away/no-such-run.zip{query}").status_code


def shell():
    from cnn_core.ui.shell import run_app

    run_app()


def test_it_is_open_where_nobody_configured_a_login(secrets):
    assert login.logged_in()
    assert not login.login_required()
    write(secrets, 'other = "secret"\n')
    assert login.logged_in()
    assert fetched() == 404


def test_a_whole_section_asks_for_a_login_and_a_key(secrets):
    write(secrets, WHOLE)
    assert login.login_required()
    assert not login.logged_in()
    key = login.file_key("take-away/no-such-run.zip")
    assert fetched(f"?key={key}") == 404
    for wrong in ("", "?key=", f"?key={key[:-1]}", "?key=%C3%A4", "?key=%ED%A0%80"):
        assert fetched(wrong) == 403


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_closes_it(secrets, content, caplog):
    caplog.set_level(logging.ERROR, logger="cnn_core")
    write(secrets, content)
    assert login.login_required()
    assert not login.logged_in()
    assert login.user_token() is None
    assert fetched() == fetched("?key=") == fetched(f"?key={login.file_key('x')}") == 403
    assert caplog.text.count("closed to everybody") == 1


@pytest.mark.parametrize("suffix", [".toml", ""])
def test_files_that_were_named_and_are_missing_close_it(secrets, suffix):
    config.set_option("secrets.files", [str(secrets.with_suffix(suffix))])
    assert not login.logged_in()


def test_nothing_but_a_sentence_is_drawn_then(secrets):
    write(secrets, DAMAGED["a quote that is not closed"])
    app = AppTest.from_function(shell, default_timeout=30).run()
    assert [error.value for error in app.error] == [login.NOT_SET_UP]
    assert not app.title
    assert not app.button
    assert not app.sidebar.caption
    assert not app.exception
    assert str(secrets.parent) not in str([element.value for element in app.error])
