"""Flowers for somebody without a folder: drawn ones at once, Oxford's after a download."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from cnn_core.data.pictures.drawn_flowers import LABELS
from cnn_core.data.pictures.flowers import EACH, take_drawn_flowers, take_flowers102
from cnn_core.data.pictures.flowers102 import (
    CITATION,
    DOWNLOAD_BYTES,
    FIVE,
    LICENCE,
    flowers102_state,
)
from cnn_core.data.pictures.store import PictureStore
from cnn_core.results.pictures import IntakeProgress, Snapshot
from cnn_core.runtime.fetching import Fetcher
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.copying import Bring
from cnn_core.ui.own_pictures.state import picture_store

_SOURCE = "flowers102"
_POLL_SECONDS = 0.5

Start = Callable[[str, Bring], None]


def offer_samples(lab: Laboratory, start: Start, *, key: str) -> None:
    """Draw both offers.

    Args:
        lab: this server's.
        start: starts copying under a title.
        key: tells two such offers on a page apart.
    """
    store = picture_store(lab.settings)
    if st.button(
        f"Draw {EACH * len(LABELS)} flowers", icon=":material/brush:", key=f"drawn-{key}",
        help=f"{len(LABELS)} kinds, {EACH} pictures each, drawn by a program and marked as "
        "synthetic; no download.",
    ):  # fmt: skip
        start("Drawn flowers", partial(_drawn, store))
        st.rerun()
    state = flowers102_state(lab.settings.data)
    if state.ready:
        if st.button(
            f"Take {len(FIVE)} kinds of Oxford's flowers", icon=":material/local_florist:",
            key=f"oxford-{key}", help=_about_oxford(),
        ):  # fmt: skip
            start("Oxford's flowers", partial(_oxford, lab))
            st.rerun()
        return
    _offer_download(_fetcher(str(lab.settings.runs), lab), key)


def _drawn(
    store: PictureStore,
    report: Callable[[IntakeProgress], None],
    cancelled: Callable[[], bool],
) -> Snapshot:
    return take_drawn_flowers(store, progress=report, cancelled=cancelled)


def _oxford(
    lab: Laboratory, report: Callable[[IntakeProgress], None], cancelled: Callable[[], bool]
) -> Snapshot:
    return take_flowers102(
        picture_store(lab.settings), lab.settings.data, progress=report, cancelled=cancelled
    )


@st.cache_resource(show_spinner=False)
def _fetcher(runs: str, _lab: Laboratory) -> Fetcher:
    del runs  # the cache's key
    return Fetcher(_lab.settings)


def _offer_download(fetcher: Fetcher, key: str) -> None:
    state = fetcher.state()
    if state.running:
        _watch(fetcher)
        return
    if st.button(
        f"Download Oxford's flowers ({DOWNLOAD_BYTES / 1e6:.0f} MB)",
        icon=":material/download:", key=f"download-{key}", help=_about_oxford(),
    ):  # fmt: skip
        fetcher.start(_SOURCE)
        st.rerun()
    if state.error:
        st.caption(f":material/cloud_off: {plain_markdown(state.error)}")


def _about_oxford() -> str:
    names = ", ".join(FIVE)
    return plain_markdown(f"Photos of {names}. {CITATION}. Licence: {LICENCE}.")


@st.fragment(run_every=_POLL_SECONDS)
@guarded
def _watch(fetcher: Fetcher) -> None:
    state = fetcher.state()
    if not state.running:
        st.rerun()
    share = state.done / state.total if state.total else 0.0
    st.progress(
        min(share, 1.0),
        text=f"Downloading Oxford's flowers: {state.done / 1e6:.0f} of {state.total / 1e6:.0f} MB"
        if state.total
        else "Asking for Oxford's flowers …",
    )
