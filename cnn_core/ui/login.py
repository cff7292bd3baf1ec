"""Login for the whole app, where the operator has configured one; else the app is open.

Streamlit's own `st.login` (OpenID Connect) does it: the section `[auth]` of its secrets says with
whom (docs/deployment.md). Nothing of a page is drawn, and no work of it done, before somebody is
logged in, on a deep link too. Files that the app serves beside Streamlit's own have a key in their
address then.

Secrets that are there and cannot be read, and a section that lacks something, close the app: who
wrote them wanted it closed. The log says what is wrong.
"""

import functools
import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Mapping

import streamlit as st
from streamlit import config

from cnn_core.ui.boundary import guarded, plain_markdown

NOT_SET_UP = (
    "The login of this server is not set up properly; its operator finds why in the server's log."
)
_NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_KEY = secrets.token_bytes(32)  # of this server process: links to files last as long as it does

_log = logging.getLogger(__name__)


def login_required() -> bool:
    """Say whether anybody has to log in. For any thread."""
    return _login() is not None


def logged_in() -> bool:
    """Say whether whoever looks at the page may: they have logged in, or nobody has to."""
    wrong = _login()
    return wrong is None or (not wrong and bool(st.user.get("is_logged_in")))


def _login() -> str | None:
    """Return None where there is no login, "" where there is one, else what is wrong with it."""
    try:
        wrong = _wrong(st.secrets["auth"]) if "auth" in st.secrets else None
    except (OSError, ValueError, TypeError) as exc:  # Streamlit's own error is an OSError
        wrong = f"The secrets cannot be read: {exc}" if _expected() else None
    if wrong:
        _say(wrong)
    return wrong


def _wrong(section: object) -> str:
    """Return what the section `[auth]` lacks, "" where nothing."""
    if not isinstance(section, Mapping):
        return "`auth` in the secrets must be a section, [auth]."
    given = {name for name in _NEEDED if isinstance(section.get(name), str) and section[name]}
    missing = [name for name in _NEEDED if name not in given]
    return f"The section [auth] of the secrets lacks {', '.join(missing)}." if missing else ""


def _expected() -> bool:
    """Say whether there should be secrets: somebody named the files, or one of them is there."""
    if config.is_manually_set("secrets.files"):
        return True
    return any(_may_exist(path) for path in config.get_option("secrets.files"))


def _may_exist(path: str) -> bool:
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


@functools.lru_cache(maxsize=8)
def _say(wrong: str) -> None:
    """Log what is wrong, once."""
    _log.error("the app is closed to everybody. %s", wrong)


def user_token() -> str | None:
    """Return what stands for the person who is logged in, None where nobody is.

    Issuer and subject, which stay the same when a name or an address changes.
    """
    if not login_required() or not logged_in():
        return None
    told = st.user.to_dict()
    subject = told.get("sub") or told.get("email")
    return f"{told.get('iss', '')}\0{subject}" if subject else None


def draw_login() -> None:
    """Draw what stands in the place of every page until somebody is logged in."""
    if _login():
        st.error(NOT_SET_UP)
        return
    with st.container(horizontal_alignment="center"):
        st.title("Log in", anchor=False, width="content")
        st.markdown("This CNN Lab is open to people whom its operator knows.", width="content")
        st.button("Log in", type="primary", icon=":material/login:", on_click=_log_in)


@guarded
def _log_in() -> None:
    st.login()


def draw_logout() -> None:
    """Draw who is logged in, and the way out; nothing without a login."""
    if _login() != "":
        return
    told = st.user.to_dict()
    name = str(told.get("name") or told.get("email") or "")
    st.caption(f"Logged in{f' as {plain_markdown(name)}' if name else ''}")
    st.button("Log out", icon=":material/logout:", on_click=st.logout)


def file_key(path: str) -> str:
    """Return the key that the address of a file carries where a login is configured, else ""."""
    if not login_required():
        return ""
    return hmac.new(_KEY, path.encode(), hashlib.sha256).hexdigest()


def may_fetch(path: str, key: str) -> bool:
    """Say whether a request for a file carries its key, or need not. For any thread.

    Nobody may where the login is not set up properly.
    """
    wrong = _login()
    if wrong is not None and not wrong:
        return hmac.compare_digest(file_key(path).encode(), key.encode(errors="replace"))
    return wrong is None
