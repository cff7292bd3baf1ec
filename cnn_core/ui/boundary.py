"""The one place where an exception becomes words on a page.

A `CnnLabError` shows its sentence and, beneath it, its hint. Anything else is a bug: it is logged
to standard error with its traceback under an id of eight characters, and the page shows that id
only. Streamlit's own control flow (`st.rerun`, `st.stop`) passes untouched.

The shell puts every page inside `error_boundary()`. A fragment's rerun and a widget's callback run
outside of the page's script, so their functions carry the boundary themselves:

    @st.fragment(run_every=1.0)
    @guarded
    def live_panel() -> None: ...
"""

import functools
import logging
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import streamlit as st
from streamlit.errors import FragmentHandledException

from cnn_core.errors import CnnLabError
from cnn_core.results.markdown import plain_markdown

__all__ = ["configure_logging", "error_boundary", "guarded", "plain_markdown", "show_error"]

P = ParamSpec("P")
R = TypeVar("R")

_logger = logging.getLogger(__name__)


@functools.cache
def configure_logging() -> None:
    """Send cnn_core's log to standard error, from INFO up.

    Adds no handler where the root logger has one already (an embedding program, a test).
    """
    logger = logging.getLogger("cnn_core")
    logger.setLevel(logging.INFO)
    if not logging.getLogger().handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logger.addHandler(handler)


def show_error(error: CnnLabError) -> None:
    """Draw a known error: what is wrong, and beneath it what to do."""
    lines = [plain_markdown(text) for text in (error.message, error.hint) if text]
    st.error("\n\n".join(lines), icon=":material/error:")


@contextmanager
def error_boundary(where: str = "the app") -> Iterator[None]:
    """Show what goes wrong inside; nothing but Streamlit's control flow gets out.

    Args:
        where: what was being drawn, for the log ("page lenet5").
    """
    try:
        yield
    except FragmentHandledException:
        raise  # a fragment inside has shown it; Streamlit still counts the run as failed
    except CnnLabError as error:
        show_error(error)
    except Exception:
        error_id = secrets.token_hex(4)
        _logger.exception("error %s in %s", error_id, where)
        st.error(
            f"Something went wrong in the app (id {error_id}).\n\n"
            "Reload the page. If it happens again, the app's log has the details under this id.",
            icon=":material/bug_report:",
        )


def guarded(function: Callable[P, R]) -> Callable[P, R | None]:
    """Put a function inside the error boundary: for bodies of fragments and for callbacks.

    The decorated function returns None where the boundary had something to show. Under
    `@st.fragment` this decorator is the inner one.
    """

    @functools.wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R | None:
        with error_boundary(f"{function.__module__}.{function.__qualname__}"):
            return function(*args, **kwargs)
        return None

    return inside
