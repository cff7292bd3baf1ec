"""Login for the whole app, where the operator has configured one; else the app is open.

Streamlit's own `st.login` (OpenID Connect) does it: the section `[auth]` of its secrets says with
whom (docs/deployment.md). Nothing of a page is drawn, and no work of it done, before somebody is
logged in, on a deep link too. Files that the app serves beside Streamlit's own have a key in their
address then.
"""

import hashlib
import hmac
import secrets

import streamlit as st

from cnn_core.ui.boundary import guarded, plain_markdown

_KEY = secrets.token_bytes(32)  # of this server process: links to files last as long as it does


def login_required() -> bool:
    """Say whether the operator has configured a login. For any thread."""
    return st.secrets.load_if_toml_exists() and bool(st.secrets.get("auth"))


def logged_in() -> bool:
    """Say whether whoever looks at the page may: they have logged in, or nobody has to."""
    return not login_required() or bool(st.user.is_logged_in)


def user_token() -> str | None:
    """Return what stands for the person who is logged in, None where nobody is.

    Issuer and subject, which stay the same when a name or an address changes.
    """
    if not login_required() or not st.user.is_logged_in:
        return None
    told = st.user.to_dict()
    subject = told.get("sub") or told.get("email")
    return f"{told.get('iss', '')}\0{subject}" if subject else None


def draw_login() -> None:
    """Draw what stands in the place of every page until somebody is logged in."""
    with st.container(horizontal_alignment="center"):
        st.title("Log in", anchor=False, width="content")
        st.markdown("This CNN Lab is open to people whom its operator knows.", width="content")
        st.button("Log in", type="primary", icon=":material/login:", on_click=_log_in)


@guarded
def _log_in() -> None:
    st.login()


def draw_logout() -> None:
    """Draw who is logged in, and the way out; nothing without a login."""
    if not login_required():
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
    """Say whether a request for a file carries its key, or need not. For any thread."""
    return not login_required() or hmac.compare_digest(file_key(path), key)
