"""Which pictures a page trains on: its recipe's data set, a folder with its files, or others."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cnn_core.data.datasets import SOURCES, dataset_state
from cnn_core.data.images import DataState
from cnn_core.runtime.fetching import Fetcher
from cnn_core.settings import Settings
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.linked import linked_choice

_FOLDER = "folder"
_POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class DataOffer:
    """What a page offers to train on.

    Attributes:
        source: id of the data set that its recipe is made for.
        others: ids of further data sets; the first is offered where `source` is missing.
        others_label: of the button that chooses the first of them.
        folder_title: the choice of a folder with the files of `source`.
        folder_label: above the field for that folder.
        folder_help: what is looked into.
        download_size: of `source`, in words.
        key: of the choice, in the address bar too.
        folder_key: of the folder, in the session alone.
    """

    source: str
    others: tuple[str, ...] = ()
    others_label: str = ""
    folder_title: str
    folder_label: str
    folder_help: str
    download_size: str
    key: str
    folder_key: str

    @property
    def titles(self) -> dict[str, str]:
        """What can be chosen, by id, with what a person reads."""
        named = {name: SOURCES[name].title for name in (self.source, *self.others)}
        return {**named, _FOLDER: self.folder_title}


@dataclass(frozen=True, kw_only=True)
class DataChoice:
    """The chosen pictures, and whether they can be read."""

    source: str
    folder: Path
    title: str
    state: DataState


def current_choice(settings: Settings, offer: DataOffer) -> DataChoice:
    """Return what is chosen now, from the session's state or the address bar."""
    chosen = linked_choice(offer.key, offer.titles, offer.source)
    folder = settings.data
    if chosen == _FOLDER:
        folder = Path(st.session_state.get(offer.folder_key, "").strip() or folder).expanduser()
    source = offer.source if chosen == _FOLDER else chosen
    state = dataset_state(source, folder)
    return DataChoice(source=source, folder=folder, title=offer.titles[chosen], state=state)


def data_form(settings: Settings, offer: DataOffer) -> None:
    """Draw the choice of data."""
    titles = offer.titles
    chosen = st.radio(
        "Train on",
        list(titles),
        format_func=titles.__getitem__,
        key=offer.key,
        persist_state="session",
    )
    if chosen == _FOLDER:
        st.text_input(
            offer.folder_label,
            key=offer.folder_key,
            persist_state="session",
            help=offer.folder_help,
        )
    else:
        st.caption(plain_markdown(SOURCES[chosen].description))
    choice = current_choice(settings, offer)
    icon = ":material/check_circle:" if choice.state.ready else ":material/error:"
    st.markdown(f"{icon} {plain_markdown(choice.state.message)}")


@st.cache_resource(show_spinner=False)
def _fetcher(runs: Path, source: str, _settings: Settings) -> Fetcher:
    return Fetcher(_settings, log=runs / f"fetch-{source}.log")  # both are the cache's key


def offer_missing(settings: Settings, choice: DataChoice, offer: DataOffer) -> None:
    """Say what is missing and offer the ways on: the download, or other pictures."""
    fetcher = _fetcher(settings.runs, offer.source, settings)
    if fetcher.state().running:
        _watch(fetcher, SOURCES[offer.source].title)
        return
    with st.container(border=True):
        st.markdown(
            f":material/error: {plain_markdown(choice.state.message)} "
            f"{plain_markdown(choice.state.hint)}"
        )
        if error := fetcher.state().error:
            st.markdown(f":material/cloud_off: {plain_markdown(error)}")
        with st.container(horizontal=True):
            if choice.folder == settings.data:
                _download_button(fetcher, offer, main=True)
            if offer.others:
                st.button(
                    offer.others_label,
                    on_click=_choose,
                    args=(offer.key, offer.others[0]),
                    icon=":material/dataset:",
                )


def offer_published(settings: Settings, offer: DataOffer) -> None:
    """Offer the download of the published files where others of their form are in their place."""
    fetcher = _fetcher(settings.runs, offer.source, settings)
    if fetcher.state().running:
        _watch(fetcher, SOURCES[offer.source].title)
        return
    _download_button(fetcher, offer, main=False)
    if error := fetcher.state().error:
        st.markdown(f":material/cloud_off: {plain_markdown(error)}")


def _download_button(fetcher: Fetcher, offer: DataOffer, *, main: bool) -> None:
    title = SOURCES[offer.source].title
    if st.button(
        f"Download {title} ({offer.download_size})",
        type="primary" if main else "secondary",
        icon=":material/download:",
        key=f"download-{offer.source}",
    ):
        fetcher.start(offer.source)
        st.rerun()


@guarded
def _choose(key: str, source: str) -> None:
    st.session_state[key] = source


@st.fragment(run_every=_POLL_SECONDS)
@guarded
def _watch(fetcher: Fetcher, title: str) -> None:
    state = fetcher.state()
    if not state.running:
        st.rerun()
    share = state.done / state.total if state.total else 0.0
    st.progress(
        min(share, 1.0),
        text=f"Downloading {title}: {state.done / 1e6:.1f} of {state.total / 1e6:.1f} MB"
        if state.total
        else f"Asking for {title} …",
    )
