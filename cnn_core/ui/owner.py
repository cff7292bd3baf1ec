"""Who "mine" is: an anonymous token that the browser keeps in a cookie.

The token is made here, at random, on a browser's first visit. Python can read a cookie but not
set one, so an invisible component writes it (one year, renewed by every session, SameSite=Lax).
Until the browser sends it back, which it does with its next connection, session state bridges the
gap. Two tabs opened at once on a first visit both make a token: the first cookie wins, and the
other tab takes it over.

The token is a secret of the browser: only `owner_id()`, a digest, is ever stored or compared. Where
there is a login, whoever is logged in takes the token's place, in every browser of theirs.
"""

import hashlib
import re
import secrets

import streamlit as st

from cnn_core.ui.boundary import guarded
from cnn_core.ui.login import user_token

COOKIE = "cnn_lab_owner"
_STATE = "_cnn_lab_owner"
_COMPONENT = "cnn_lab_owner_cookie"
_PATTERN = r"[A-Za-z0-9_-]{32,64}"
_SCRIPT = """
export default function (component) {
  const { data, setTriggerValue } = component;
  const found = document.cookie.split("; ").find((entry) => entry.startsWith(data.cookie + "="));
  const kept = found ? found.slice(data.cookie.length + 1) : "";
  const token = new RegExp("^" + data.pattern + "$").test(kept) ? kept : data.token;
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  document.cookie =
    data.cookie + "=" + token + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
  if (token !== data.token) setTriggerValue("kept", token);
}
"""


def owner_token() -> str:
    """Return the browser's token, 43 characters of URL-safe base64; the same for its every session.

    A token that the session already uses comes first, then the cookie, then a new one. Where there
    are no cookies (a test without a browser) the token lasts as long as the session.
    """
    token = _valid(st.session_state.get(_STATE)) or _valid(st.context.cookies.get(COOKIE))
    token = token or secrets.token_urlsafe(32)
    st.session_state[_STATE] = token
    return token


def owner_id() -> str:
    """Return what the run store keeps: 16 hexadecimal digits of the token's SHA-256."""
    user = user_token()
    return token_digest(owner_token() if user is None else f"user\0{user}")


def token_digest(token: str) -> str:
    """Return the owner id of a token.

    >>> token_digest("example")
    '50d858e0985ecc7f'
    """
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def keep_owner_token() -> None:
    """Have the browser keep the token; draws nothing. The shell calls this once a run."""
    component = st.components.v2.component(_COMPONENT, js=_SCRIPT)
    component(
        key=_COMPONENT,
        data={"cookie": COOKIE, "token": owner_token(), "pattern": _PATTERN},
        on_kept_change=_take_over,
    )


@guarded
def _take_over() -> None:
    """Use the token that the browser had already: another tab was first."""
    if kept := _valid(st.session_state[_COMPONENT].get("kept")):
        st.session_state[_STATE] = kept


def _valid(token: object) -> str | None:
    """Return the token if it has the form that `owner_token` makes, else None."""
    return token if isinstance(token, str) and re.fullmatch(_PATTERN, token) else None
