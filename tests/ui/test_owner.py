"""The owner's token without a browser; tests/browser/test_shell.py has the cookie."""

import hashlib
import re

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.ui import owner


def script():
    import streamlit as st

    from cnn_core.ui.owner import keep_owner_token, owner_id, owner_token

    st.text(owner_token())
    st.text(owner_id())
    keep_owner_token()
    st.text(owner_token())


def values(app: AppTest) -> list[str]:
    assert not app.exception
    assert not app.error
    return [element.value for element in app.text]


def test_token_lasts_as_long_as_the_session():
    app = AppTest.from_function(script, default_timeout=30).run()
    token, digest, again = values(app)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert again == token
    assert digest == hashlib.sha256(token.encode()).hexdigest()[:16]
    assert values(app.run()) == [token, digest, token]


def test_two_sessions_have_two_tokens():
    first, second = (AppTest.from_function(script, default_timeout=30).run() for _ in range(2))
    assert values(first)[0] != values(second)[0]


@pytest.mark.parametrize("cookie", ["A" * 43, "x-_9" * 10])
def test_cookie_of_the_right_form_is_taken(monkeypatch, cookie):
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", {owner.COOKIE: cookie}, raising=True
    )
    app = AppTest.from_function(script, default_timeout=30).run()
    assert values(app)[0] == cookie


@pytest.mark.parametrize(
    "cookie", ["", "short", "A" * 65, "A" * 42 + "\n", "<script>" * 5, "é" * 43]
)
def test_cookie_of_another_form_is_replaced(monkeypatch, cookie):
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", {owner.COOKIE: cookie}, raising=True
    )
    app = AppTest.from_function(script, default_timeout=30).run()
    token = values(app)[0]
    assert token != cookie
    assert len(token) == 43
