"""The view "Log": what is kept, of which models, for how long; take it away, or have it forgotten.

No case is listed: the table that can be downloaded has digests and figures alone.
"""

import streamlit as st

from cnn_core.data.pictures.wording import counted
from cnn_core.runtime.monitoring import known_model, log_csv, retention_words
from cnn_core.runtime.prediction_log import DAY, MOST_CASES
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.monitoring.state import (
    SHOWN_CASES,
    Watched,
    caption,
    model_title,
    nothing_logged,
)
from cnn_core.ui.wording import when

_DAYS, _PURGED = "monitor-purge-days", "_monitor-purged"
_MOST_DAYS = 3_650
_HELD = """
**What a row holds.** Time, who asked (page, terminal, http), SHA-256 of the model, a digest of the
file and one of the patient under a secret of this machine, decision, reason, score and
probabilities at the model's own prior, distance to known films, raw brightness and contrast,
sixteen numbers of the embedding, seconds, and a reviewer's label. No picture, no name, no tag of a
header, no file name.

**Forgetting.** What is purged is overwritten in the file and in what the database keeps beside it.
Backups and snapshots of the disk are not reached. In a terminal:
`python -m cnn_core purge --older-than 30d`.
"""


def log_view(found: Watched) -> None:
    """Draw the view."""
    purged: int | None = st.session_state.pop(_PURGED, None)
    if purged is not None:
        st.markdown(f"**{counted(purged, 'case')} left the log.**")
    if not found.cases:
        nothing_logged("Then this shows of which models, for how long, and how to forget it.")
        st.markdown(_HELD)
        return
    kept = found.log.count()
    st.markdown(plain_markdown(retention_words(found.settings.log_days, kept)))
    st.dataframe(
        {
            "Model": [
                model_title(each.sha256, known_model(found.settings, each.sha256))
                for each in found.models
            ],
            "Cases": [each.cases for each in found.models],
            "First": [when(each.first) for each in found.models],
            "Last": [when(each.last) for each in found.models],
            "SHA-256": [each.sha256 for each in found.models],
        },
        hide_index=True,
        key="monitor-models",
    )
    with st.container(horizontal=True):
        st.download_button(
            "Download the log (CSV)",
            lambda: log_csv(found.log.cases()).encode(),
            "prediction-log.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="monitor-csv",
            help="Digests and figures. No cell of it is taken for a formula by a spreadsheet.",
        )
        with st.popover("Purge the log", icon=":material/delete_sweep:"):
            _purge(found)
    if kept > SHOWN_CASES:
        caption(
            f"This page is about the last {SHOWN_CASES:,} cases, the table that can be downloaded "
            f"holds at most {MOST_CASES:,}."
        )
    st.markdown(_HELD)


def _purge(found: Watched) -> None:
    days = st.number_input(
        "Older than so many days",
        0,
        _MOST_DAYS,
        found.settings.log_days or 30,
        key=_DAYS,
        help="0: all cases.",
    )
    many = found.log.count() if days == 0 else found.log.count(days * DAY)
    st.markdown(
        f"{counted(many, 'case')} would leave the log, of everybody who uses this server. This "
        "cannot be undone."
    )
    st.button(
        f"Forget {counted(many, 'case')} for good",
        type="primary",
        icon=":material/delete_forever:",
        key="monitor-purge",
        disabled=not many,
        on_click=_forget,
        args=(found, days * DAY),
    )


@guarded
def _forget(found: Watched, older_than: float) -> None:
    st.session_state[_PURGED] = found.log.purge(older_than)
