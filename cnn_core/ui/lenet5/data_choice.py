"""Which pictures: MNIST, a folder with its files, or scikit-learn's digits, by choice."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cnn_core.data.datasets import SOURCES, dataset_state
from cnn_core.data.images import DataState
from cnn_core.runtime.fetching import Fetcher
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice

_FOLDER = "folder"
_TITLES = {**{name: source.title for name, source in SOURCES.items()}, _FOLDER: "MNIST in a folder"}
_POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class DataChoice:
    """The chosen pictures, and whether they can be read."""

    source: str
    folder: Path
    title: str
    state: DataState


def current_choice(lab: Laboratory) -> DataChoice:
    """Return what is chosen now, from the session's state or the address bar."""
    chosen = linked_choice("data", _TITLES, "mnist")
    folder = lab.settings.data
    if chosen == _FOLDER:
        folder = Path(st.session_state.get("lenet5-folder", "").strip() or folder).expanduser()
    source = "mnist" if chosen == _FOLDER else chosen
    state = dataset_state(source, folder)
    return DataChoice(source=source, folder=folder, title=_TITLES[chosen], state=state)


def data_form(lab: Laboratory) -> None:
    """Draw the choice of data."""
    chosen = st.radio(
        "Train on",
        list(_TITLES),
        format_func=_TITLES.__getitem__,
        key="data",
        persist_state="session",
    )
    if chosen == _FOLDER:
        st.text_input(
            "Folder on the server with the four idx files",
            key="lenet5-folder",
            persist_state="session",
            help="The folder itself, or one above it: raw/ and MNIST/raw/ are looked into.",
        )
    else:
        st.caption(plain_markdown(SOURCES[chosen].description))
    choice = current_choice(lab)
    icon = ":material/check_circle:" if choice.state.ready else ":material/error:"
    st.markdown(f"{icon} {plain_markdown(choice.state.message)}")


@st.cache_resource(show_spinner=False)
def _fetcher(runs: str, _lab: Laboratory) -> Fetcher:
    del runs  # the cache's key
    return Fetcher(_lab.settings)


def offer_missing(lab: Laboratory, choice: DataChoice) -> None:
    """Say what is missing and offer both ways on: the download, or the bundled digits."""
    fetcher = _fetcher(str(lab.settings.runs), lab)
    if fetcher.state().running:
        _watch(fetcher)
        return
    with st.container(border=True):
        st.markdown(
            f":material/error: {plain_markdown(choice.state.message)} "
            f"{plain_markdown(choice.state.hint)}"
        )
        if error := fetcher.state().error:
            st.markdown(f":material/cloud_off: {plain_markdown(error)}")
        with st.container(horizontal=True):
            if choice.folder == lab.settings.data and st.button(
                "Download MNIST (11.6 MB)", type="primary", icon=":material/download:"
            ):
                fetcher.start("mnist")
                st.rerun()
            st.button(
                "Use scikit-learn's digits instead",
                on_click=_choose_digits,
                icon=":material/dataset:",
            )


@guarded
def _choose_digits() -> None:
    st.session_state["data"] = "digits"


@st.fragment(run_every=_POLL_SECONDS)
@guarded
def _watch(fetcher: Fetcher) -> None:
    state = fetcher.state()
    if not state.running:
        st.rerun()
    share = state.done / state.total if state.total else 0.0
    st.progress(
        min(share, 1.0),
        text=f"Downloading MNIST: {state.done / 1e6:.1f} of {state.total / 1e6:.1f} MB"
        if state.total
        else "Asking for MNIST …",
    )
