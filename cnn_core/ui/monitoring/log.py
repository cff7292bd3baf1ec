"""The view "Log": what is kept, of which models, for how long, and how to have it forgotten.

No case is listed and none can be taken away: the tables are sums by window and by day. Whoever
opens this page may be anybody who reaches the server, so it forgets nothing: a command does.
"""

import streamlit as st

from cnn_core.runtime.monitoring import known_model, retention_words
from cnn_core.runtime.monitoring_tables import FEWEST_TOGETHER, days_csv, windows_csv
from cnn_core.runtime.watched_windows import MOST_WINDOWS, watched, windows_of
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.monitoring.drift import drift_choice
from cnn_core.ui.monitoring.state import (
    SHOWN_CASES,
    Watched,
    caption,
    model_title,
    nothing_logged,
)
from cnn_core.ui.wording import when

_PURGE = """python -m cnn_core purge --older-than 30d --dry-run
python -m cnn_core purge --older-than 30d"""
_HELD = """
**What a row holds.** Time, who asked (page, terminal, http), SHA-256 of the model, a digest of the
file and one of the patient under a secret of this machine, decision, reason, score and
probabilities at the model's own prior, distance to known films, raw brightness and contrast,
sixteen numbers of the embedding, seconds, and a reviewer's label. No picture, no name, no tag of a
header, no file name.

**Who can read it.** Whoever may read the database file on the server: its owner alone. Nothing of a
single case is handed out here, since its figures are a fingerprint: with a film and the model, one
finds the film's row.
"""
_FORGET = """
**Forgetting.** The operator of the server purges in a terminal; with `--dry-run` it counts and
forgets nothing. What is purged is overwritten in the file and in what the database keeps beside it.
Backups and snapshots of the disk are not reached.
"""


def log_view(found: Watched) -> None:
    """Draw the view."""
    if not found.of_model:
        nothing_logged("Then this shows of which models, for how long, and how to forget it.")
        _about()
        return
    kept = sum(each.cases for each in found.models)
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
    _tables(found)
    _about()


def _tables(found: Watched) -> None:
    """Draw what takes the chosen model's sums away."""
    windows, chosen = windows_of(found.of_model), drift_choice(found)

    def by_window() -> bytes:
        report = watched(chosen.reference, chosen.windows, named=chosen.named) if chosen else None
        return windows_csv(windows, report).encode()

    with st.container(horizontal=True):
        st.download_button(
            "By window (CSV)",
            by_window,
            "monitoring-windows.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="monitor-csv-windows",
            disabled=not windows,
            help="A row for each whole window: referral and refusal rate with their intervals, "
            f"latency, and of the last {MOST_WINDOWS} windows p of each test for drift."
            if windows
            else "There is no whole window yet.",
        )
        st.download_button(
            "By day (CSV)",
            lambda: days_csv(found.of_model).encode(),
            "monitoring-days.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="monitor-csv-days",
            help="A row for each day: cases, referral and refusal rate with their intervals, "
            f"latency. Of a day with fewer than {FEWEST_TOGETHER} cases, how many.",
        )
    caption(f"Model: {found.title}. The tables have sums, and no case.")
    if any(each.cases > SHOWN_CASES for each in found.models):
        caption(f"This page is about the last {SHOWN_CASES:,} cases of a model.")


def _about() -> None:
    st.markdown(_HELD)
    st.markdown(_FORGET)
    st.code(_PURGE, language="sh")
