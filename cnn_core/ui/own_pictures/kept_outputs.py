"""What the cache of features holds, and the buttons that free it."""

import streamlit as st

from cnn_core.results.judgement import FeatureEntry
from cnn_core.runtime.features import FeatureCache
from cnn_core.settings import Settings
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.wording import when

_LISTED = 12


def kept_outputs(settings: Settings) -> None:
    """Draw the popover: its button says how much is kept."""
    cache = FeatureCache(settings.features, settings.features_bytes)
    entries = cache.entries()
    with st.popover(f"Kept: {size_text(_total(entries))}", icon=":material/database:"):
        _contents(settings, cache, entries)


def _contents(settings: Settings, cache: FeatureCache, entries: list[FeatureEntry]) -> None:
    st.markdown(
        "The outputs of frozen parts are kept on the disk of the server, so that each is computed "
        f"once. All sessions share them; above {size_text(settings.features_bytes)} those that "
        "were used longest ago go."
    )
    if not entries:
        st.caption("Nothing is kept yet.")
        return
    for entry in entries[:_LISTED]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{plain_markdown(entry.title)}  \n:small[{entry_text(entry)}]")
            st.button(
                "Free",
                icon=":material/delete:",
                key=f"free-{entry.key}",
                on_click=_free,
                args=(cache, [entry.key]),
                help="The next run that needs them computes them anew.",
            )
    if len(entries) > _LISTED:
        st.caption(f"And {len(entries) - _LISTED} more, used longer ago.")
    if len(entries) > 1:
        st.button(
            f"Free all {len(entries)}",
            icon=":material/delete_sweep:",
            key="free-all",
            on_click=_free,
            args=(cache, [entry.key for entry in entries]),
        )
    if left := st.session_state.pop(_LEFT, 0):
        st.caption(f"{left} of them are in use by a run, and stay.")


_LEFT = "own-pictures-in-use"


@guarded
def _free(cache: FeatureCache, keys: list[str]) -> None:
    st.session_state[_LEFT] = sum(not cache.remove(key) for key in keys)


def _total(entries: list[FeatureEntry]) -> int:
    return sum(entry.bytes for entry in entries)


def entry_text(entry: FeatureEntry) -> str:
    """Return what there is to say of an entry.

    >>> entry = FeatureEntry(key="", title="", pictures=1500, bytes=75_300_000, used=0.0,
    ...                      complete=False)
    >>> entry_text(entry).startswith("1,500 outputs so far, 75 MB, used ")
    True
    """
    so_far = "" if entry.complete else " so far"
    return f"{entry.pictures:,} outputs{so_far}, {size_text(entry.bytes)}, used {when(entry.used)}"


def size_text(size: int) -> str:
    """Return bytes as a person reads them.

    >>> size_text(0), size_text(41_000), size_text(75_300_000), size_text(20_000_000_000)
    ('0 MB', '0.1 MB', '75 MB', '20.0 GB')
    """
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    megabytes = size / 1e6
    return f"{max(megabytes, 0.1):.1f} MB" if 0 < megabytes < 10 else f"{megabytes:.0f} MB"
