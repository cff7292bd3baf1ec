"""A folder or zip file on the server, below the one folder that whoever runs it has opened."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from cnn_core.data.pictures.folder import resolve_server_path
from cnn_core.data.pictures.intake import source_at, take_in
from cnn_core.data.pictures.names import clean_name
from cnn_core.errors import CnnLabError
from cnn_core.results.pictures import IntakeProgress, Snapshot
from cnn_core.ui.boundary import show_error
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.copying import Bring
from cnn_core.ui.own_pictures.state import picture_store

_LISTED = 200


def offer_server_path(lab: Laboratory, start: Callable[[str, Bring], None], *, key: str) -> None:
    """Draw a choice of what lies at the top of the opened folder; deeper paths can be typed.

    Args:
        lab: this server's.
        start: starts copying under a title.
        key: tells two such controls on a page apart.
    """
    browse = lab.settings.browse
    if browse is None:
        return
    text = st.selectbox(
        "Folder or zip file on the server",
        top_of(browse),
        index=None,
        accept_new_options=True,
        key=f"server-path-{key}",
        placeholder="Choose, or type a path such as flowers/2024",
        help="Below the folder that this server reads pictures from. Any number of pictures: they "
        "are copied from disk to disk, not through the browser.",
    )
    if st.button(
        "Copy and look it over", type="primary", disabled=not text, key=f"server-path-go-{key}",
        icon=":material/drive_folder_upload:",
    ):  # fmt: skip
        try:
            path = resolve_server_path(text or "", browse)
        except CnnLabError as error:
            show_error(error)
            return
        start(clean_name(path.name), _work(lab, path))
        st.rerun()


def _work(lab: Laboratory, path: Path) -> Bring:
    store = picture_store(lab.settings)

    def work(report: Callable[[IntakeProgress], None], cancelled: Callable[[], bool]) -> Snapshot:
        return take_in(store, source_at(path), progress=report, cancelled=cancelled)

    return work


def top_of(browse: Path) -> list[str]:
    """Return the names of the folders and zip files at the top of `browse`, some of them."""
    try:
        names = [
            path.name
            for path in browse.iterdir()
            if not path.name.startswith(".")
            and path.name == clean_name(path.name)
            and (path.is_dir() or path.suffix.lower() == ".zip")
        ]
    except OSError:
        return []
    return sorted(names)[:_LISTED]
