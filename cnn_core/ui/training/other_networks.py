"""What can be done where a network's trained weights are not on this machine."""

import streamlit as st

from cnn_core.models.registry import ModelRow, model_row
from cnn_core.runtime.picture_runs import EMBEDDED
from cnn_core.ui.boundary import guarded
from cnn_core.ui.inspector.offer import offer_download


def offer_other_ways(row: ModelRow, prefix: str) -> None:
    """Offer the network whose weights come along, and the download of those of `row`.

    Args:
        row: of the registry.
        prefix: of the keys under which the page's settings stand in the session.
    """
    with st.container(horizontal=True):
        if row.id != EMBEDDED:
            st.button(
                f"Use {model_row(EMBEDDED).title} instead",
                icon=":material/swap_horiz:",
                on_click=_use_embedded,
                args=(prefix,),
                help="A small network whose trained weights come along.",
            )
        offer_download(row, f"Get the weights of {row.title}")


@guarded
def _use_embedded(prefix: str) -> None:
    st.session_state[f"{prefix}model"] = EMBEDDED
