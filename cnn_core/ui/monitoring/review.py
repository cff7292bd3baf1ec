"""The view "Review": sensitivity from the labels that reviewers gave blind."""

import streamlit as st

from cnn_core.charts.film_words import measured, short_class
from cnn_core.results.worklist_rows import UNCLEAR
from cnn_core.runtime.prediction_log import REVIEW_SHARE
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.monitoring.state import TRIAGE_PAGE, Watched, caption, nothing_logged
from cnn_core.xray.operating_point import NORMAL
from cnn_core.xray.review import weighted_sensitivity

_HOW = f"""
**Who is reviewed.** Films on the triage page: those that come over HTTP or in a terminal have no
way to a label, and nothing is said of them. On the page, every referred or refused film, and
{REVIEW_SHARE:.0%} of routine ones, drawn at random when they come in and not marked. With "Blind
reading" on, the triage page shows them mixed, without decision, score, reason or heat map, until
they are labelled. A label that was given after these were seen is kept and does not count, nor does
"cannot tell".

**How it is counted.** A label stands for all films of its decision: its weight is one over the
share of them that was labelled, which takes those with a label for a random choice of those
without. Intervals are 95 %; they are wide while few routine films are labelled, since each stands
for many.

**What it is not.** A reviewer's label is an opinion on a film, not a laboratory test.
"""


def review_view(found: Watched) -> None:
    """Draw the view."""
    if not found.of_model:
        nothing_logged(
            "Then reviewers label films on the triage page, and this says which share of those "
            "they call diseased was referred."
        )
        _about()
        return
    caption(f"Model: {found.title}.")
    diseases = _diseases(found)
    result = weighted_sensitivity(found.of_model, diseases)
    st.markdown(f"**{plain_markdown(result.sentence)}**")
    if result.sensitivity:
        rows = list(result.sensitivity)
        st.dataframe(
            {
                "Reviewers say": [short_class(r) if r else "any disease" for r in rows],
                "Share referred or refused (95 %)": [measured(result.sensitivity[r]) for r in rows],
                "Films they stand for": [round(result.weighted_positive[r], 1) for r in rows],
                "Effective sample size": [round(result.effective[r], 1) for r in rows],
            },
            hide_index=True,
            key="monitor-sensitivity",
        )
    caption(
        f"Labels that count, given blind: {result.labelled:,}, {result.routine_labelled:,} of them "
        f'of routine films. Given blind as "cannot tell": {result.unclear:,}. Given after the '
        f"decision was seen: {result.seen_before:,}. Films over HTTP or in a terminal: "
        f"{result.elsewhere:,}."
    )
    st.page_link(TRIAGE_PAGE, label="Label films", icon=":material/fact_check:")
    _about()


def _diseases(found: Watched) -> tuple[str, ...]:
    """The classes of the model but the normal one; of an unknown model what reviewers named."""
    named = (
        found.known.classes
        if found.known
        else sorted({case.label for case in found.of_model if case.label})
    )
    return tuple(name for name in named if name not in (NORMAL, UNCLEAR))


def _about() -> None:
    with st.expander("How review works"):
        st.markdown(_HOW)
