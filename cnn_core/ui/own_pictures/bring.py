"""The ways for pictures to come in, and how far they have come.

Whatever way is taken, a thread copies the pictures into a snapshot (`copying`); the page says how
far it is and opens the snapshot when it is there. A session copies one folder at a time.
"""

from collections.abc import Callable

import streamlit as st

from cnn_core.data.pictures.store import SnapshotHeader
from cnn_core.errors import CnnLabError
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.copying import Bring, Copying, progress_share, progress_words
from cnn_core.ui.own_pictures.samples import offer_samples
from cnn_core.ui.own_pictures.server_path import offer_server_path
from cnn_core.ui.own_pictures.state import open_pictures, picture_store
from cnn_core.ui.own_pictures.upload import offer_upload

_COPYING, _FAULT, _WAY = "own-pictures-copying", "own-pictures-fault", "own-pictures-way"
_POLL_SECONDS = 0.5
_LISTED = 30
_LAYOUT = (
    "One folder a class: `flowers/roses/1.jpg`, `flowers/tulips/2.jpg`. Where `train`, `val` and "
    "`test` stand above the class folders, that split is kept."
)

Start = Callable[[str, Bring], None]


def start_copying(title: str, work: Bring) -> None:
    """Copy in a thread, unless this session is at it already. For callbacks, too."""
    if not copying():
        st.session_state.pop(_FAULT, None)
        st.session_state[_COPYING] = Copying(title, work)


def copying() -> Copying | None:
    """Return what this session is copying, None if it is not."""
    found: Copying | None = st.session_state.get(_COPYING)
    return found


def settle() -> None:
    """Open what has been copied, or keep what went wrong: before anything is drawn."""
    work = copying()
    if work is None:
        return
    state = work.state()
    if state.running:
        return
    del st.session_state[_COPYING]
    if state.error is not None:
        st.session_state[_FAULT] = state.error
    else:
        open_pictures(state.snapshot_id)


def watch_copying() -> None:
    """Draw the progress of what is being copied, if anything is."""
    work = copying()
    if work is not None:
        _watch(work)


def say_what_failed() -> None:
    """Draw why the last copying failed, if it did."""
    fault: CnnLabError | None = st.session_state.get(_FAULT)
    if fault is not None:
        show_error(fault)


@st.fragment(run_every=_POLL_SECONDS)
@guarded
def _watch(work: Copying) -> None:
    state = work.state()
    if not state.running:
        st.rerun()
    with st.container(border=True):
        st.progress(
            progress_share(state),
            text=f"{plain_markdown(work.title)}. {plain_markdown(progress_words(state))}",
        )
        st.button("Stop copying", icon=":material/stop:", on_click=work.stop, key="stop-copying")


def bring(lab: Laboratory) -> None:
    """Draw all ways, for somebody who has no pictures open."""
    left, right = st.columns([1.7, 1], gap="large")
    with left:
        st.subheader("Bring a folder of pictures", anchor=False)
        st.caption(_LAYOUT)
        _ways(lab, key="bring")
    with right:
        st.subheader("No folder at hand?", anchor=False)
        offer_samples(lab, start_copying, key="bring")
        _earlier(lab, key="bring")


def bring_others(lab: Laboratory) -> None:
    """Draw all ways behind a button, for somebody who has pictures open."""
    with st.popover("Other pictures", icon=":material/folder_open:", width="content"):
        _earlier(lab, key="others")
        st.caption(_LAYOUT)
        _ways(lab, key="others")
        offer_samples(lab, start_copying, key="others")


def _ways(lab: Laboratory, *, key: str) -> None:
    ways = ["Folder", "Zip file"]
    if lab.settings.browse is not None:
        ways.append("On the server")
    way = st.segmented_control(
        "Where the pictures are", ways, default=ways[0], required=True, key=f"{_WAY}-{key}",
        label_visibility="collapsed",
    )  # fmt: skip
    if way == "On the server":
        offer_server_path(lab, start_copying, key=key)
    else:
        offer_upload(lab, start_copying, key=key, zipped=way == "Zip file")


def _earlier(lab: Laboratory, *, key: str) -> None:
    """Offer the pictures that are here already, the newest first."""
    here = picture_store(lab.settings).snapshots()[:_LISTED]
    if not here:
        return
    by_id = {header.id: header for header in here}

    def chosen() -> None:
        if picked := st.session_state[f"earlier-{key}"]:
            open_pictures(picked)
            st.session_state[f"earlier-{key}"] = None

    st.selectbox(
        "Pictures that are here already",
        list(by_id),
        index=None,
        format_func=lambda name: _title(by_id[name]),
        key=f"earlier-{key}",
        on_change=chosen,
        placeholder="Open …",
    )


def _title(header: SnapshotHeader) -> str:
    """Return what a list says of pictures; options of a list are plain text, never Markdown."""
    return f"{header.title}: {header.pictures:,} pictures in {len(header.classes)} classes"
