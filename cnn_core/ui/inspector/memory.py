"""Which networks the server keeps in memory, and the button that lets them go."""

import streamlit as st

from cnn_core.results.model_cache import CacheEntry, CacheState
from cnn_core.runtime.inspection import Inspector
from cnn_core.ui.boundary import guarded, plain_markdown


@st.fragment
@guarded
def memory_view(inspector: Inspector) -> None:
    """Draw the expander."""
    state = inspector.cache_state()
    with st.expander(f"Memory: {in_words(state)}", key="inspector-memory"):
        st.markdown(
            "\n".join(f"* {_entry(entry)}" for entry in state.entries) or "No network is in memory."
        )
        st.caption(
            f"Of {state.budget_megabytes:,.0f} MB; {state.hits:,} times a network was there "
            f"already (hits), {state.misses:,} times it was loaded (misses), "
            f"{state.evictions:,} times one had to go. All sessions of this server share them."
        )
        if st.button("Free memory", icon=":material/delete_sweep:", key="inspector-free"):
            inspector.free()
            st.rerun(scope="fragment")


def in_words(state: CacheState) -> str:
    """Return how many networks with how many megabytes.

    >>> in_words(CacheState(entries=(), megabytes=0, budget_megabytes=1, hits=0, misses=0,
    ...                     evictions=0))
    'no networks, 0 MB'
    """
    count = len(state.entries)
    return f"{count or 'no'} network{'' if count == 1 else 's'}, {state.megabytes:,.0f} MB"


def _entry(entry: CacheEntry) -> str:
    random = ", random weights" if entry.choice.weights == "random" else ""
    use = f", used {entry.in_use} times right now" if entry.in_use > 1 else ""
    return (
        f"{plain_markdown(entry.choice.name)}{random}: {entry.megabytes:,.1f} MB on "
        f"{entry.device}{use}"
    )
