"""What is around every page: page config, navigation, sidebar, error boundary.

`app.py` calls `run_app()`. A page's file ends with its one-line guard, `page(__file__, render)`,
because the first session of a fresh server, when it asks for `/lenet5`, gets `pages/lenet5.py` run
by Streamlit without `app.py` (until `st.navigation` was called once, a folder `pages/` means
Streamlit's older kind of multi-page app). The guard then runs the shell, which runs the page's file
a second time, inside; only that second time draws.

Nothing here imports torch: the server draws, processes of their own compute.
"""

import functools
import os
import tomllib
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

import streamlit as st

from cnn_core.ui.boundary import configure_logging, error_boundary
from cnn_core.ui.catalog import APP_TITLE, DEFAULT_SLUG, PAGES_FOLDER, sections
from cnn_core.ui.login import draw_login, draw_logout, logged_in
from cnn_core.ui.owner import keep_owner_token

# An image of our own: a Material icon in the browser's tab would be fetched from another host.
_FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="6" fill="#0072B2"/>'
    '<g fill="#fff"><rect x="6" y="6" width="12" height="12" rx="2"/>'
    '<rect x="20" y="6" width="6" height="6" rx="1" opacity=".8"/>'
    '<rect x="20" y="14" width="6" height="6" rx="1" opacity=".6"/>'
    '<rect x="6" y="20" width="6" height="6" rx="1" opacity=".8"/>'
    '<rect x="14" y="20" width="6" height="6" rx="1" opacity=".6"/></g></svg>'
)

_SIDEBAR_PIXELS = 260

_shell_is_running: ContextVar[bool] = ContextVar("shell_is_running", default=False)


def run_app() -> None:
    """Draw the app: the shell and, inside it, the page that the URL asks for."""
    configure_logging()
    with error_boundary("the shell"):
        pages = {
            section: [
                st.Page(
                    row.path,
                    title=row.title,
                    icon=row.icon,
                    url_path=row.slug,
                    default=row.slug == DEFAULT_SLUG,
                )
                for row in rows
            ]
            for section, rows in sections().items()
        }
        st.set_page_config(
            page_icon=_FAVICON,
            layout="wide",
            initial_sidebar_state=_SIDEBAR_PIXELS,
            menu_items={"About": _about()},
        )
        welcome = logged_in()
        # all pages are named even then, so that none is ever served without this shell
        position: Literal["sidebar", "hidden"] = "sidebar" if welcome else "hidden"
        chosen = st.navigation(pages, position=position, expanded=True)
        st.set_page_config(page_title=f"{chosen.title} · {APP_TITLE}" if welcome else APP_TITLE)
        st.html(Path(__file__).with_suffix(".css"))
        if not welcome:
            draw_login()
            return
        _sidebar_footer()
        running = _shell_is_running.set(True)
        try:
            with error_boundary(f"page {chosen.url_path or DEFAULT_SLUG}"):
                chosen.run()
        finally:
            _shell_is_running.reset(running)


def page(file: str, render: Callable[[], None]) -> None:
    """Draw a page inside the shell: the last line of every file in `pages/`.

    Args:
        file: the page's `__file__`.
        render: draws the page.

    Raises:
        ValueError: the file does not lie in `pages/`.
    """
    if Path(file).resolve().parent != PAGES_FOLDER:
        raise ValueError(f"expected a file in {PAGES_FOLDER}, got {file}")
    if _shell_is_running.get():
        render()
    else:
        run_app()


def _sidebar_footer() -> None:
    with st.sidebar:
        draw_logout()
        st.caption(f"{APP_TITLE} {_version()}  \n{_hardware()}")
        keep_owner_token()


def _about() -> str:
    return (
        f"**{APP_TITLE} {_version()}**: train, open up, compare and deploy the classic "
        "convolutional networks. Nothing that you do here leaves this machine."
    )


@functools.cache
def _version() -> str:
    """Return the version that pyproject.toml beside `pages/` states; empty if missing."""
    try:
        text = (PAGES_FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text)["project"]["version"])
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return ""


@functools.cache
def _hardware() -> str:
    """Return what this machine has to compute with, in words, without importing torch."""
    count = os.cpu_count() or 1
    cores = f"{count} CPU core{'s' if count > 1 else ''}"
    cards = sorted(
        line.split(":", 1)[1].strip()
        for information in Path("/proc/driver/nvidia/gpus").glob("*/information")
        for line in information.read_text(encoding="utf-8").splitlines()
        if line.startswith("Model:")
    )
    return " · ".join([*cards, cores])
