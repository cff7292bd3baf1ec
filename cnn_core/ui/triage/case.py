"""The open case: one decision in words, why, the picture, and where the network looked.

While a film is read blind nothing of the decision is drawn; what was shown once is remembered, so
that a later label does not count as blind.
"""

from collections.abc import Sequence

import streamlit as st

from cnn_core.charts.triage_words import ROUTINE_IS, headline, reason_list
from cnn_core.results.triage import Decision, Prediction, TriedFilm
from cnn_core.results.worklist import Case, Judge
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.triage.details import details
from cnn_core.ui.triage.state import Desk, open_case
from cnn_core.ui.triage.viewer import film_viewer
from cnn_core.ui.triage.worklist import neighbour

_BADGES: dict[Decision, str] = {
    "routine": ":blue-badge[:material/low_priority: routine]",
    "refer": ":orange-badge[:material/priority_high: refer]",
    "refused": ":red-badge[:material/block: refused]",
}
_BESIDE = "triage-beside"
_STEPS = (
    ("Previous film", -1, ":material/arrow_upward:"),
    ("Next film", 1, ":material/arrow_downward:"),
)


def decision_badge(decision: Decision) -> str:
    """Return a decision as a badge in Streamlit's Markdown: icon, word and colour.

    >>> decision_badge("refused")
    ':red-badge[:material/block: refused]'
    """
    return _BADGES[decision]


def _next_buttons(desk: Desk, case: Case) -> None:
    """Draw what leads along the worklist without a pointer, film by film as it is listed."""
    for words, step, icon in _STEPS:
        st.button(
            words,
            key=f"triage-step{step}",
            icon=icon,
            disabled=neighbour(desk, case.id, step) is None,
            on_click=_step,
            args=(desk, case.id, step),
        )


@guarded
def _step(desk: Desk, case_id: str, step: int) -> None:
    if (found := neighbour(desk, case_id, step)) is not None:
        open_case(found)


def case_panel(desk: Desk, case: Case, others: Sequence[Case], *, hidden: bool) -> None:
    """Draw a case.

    Args:
        desk: see there.
        case: the one that is open.
        others: films that may be shown beside it.
        hidden: whether nothing that was said of it may be drawn yet.
    """
    if case.status == "failed":
        st.markdown(f":red-badge[:material/error: not read] {plain_markdown(case.sentence)}")
        if case.retriable:
            st.button(
                "Try it again",
                icon=":material/refresh:",
                key="triage-retry-one",
                on_click=_retry,
                args=(desk, case.id),
            )
        with st.container(horizontal=True):
            _next_buttons(desk, case)
        return
    if case.tried is None or case.judge is None:
        word = "is being read" if case.status == "reading" else "waits for its turn"
        st.markdown(f"{plain_markdown(case.name)} {word}.")
        with st.container(horizontal=True):
            _next_buttons(desk, case)
        return
    if hidden:
        st.markdown(
            ":gray-badge[:material/visibility_off: blind reading] Look at the film and give it a "
            "label; what the model said of it is shown after that."
        )
    else:
        _decision(case.tried.prediction)
        desk.worklist.see(case.id)
    _picture(desk, case, case.tried, others, hidden=hidden)
    if not hidden:
        _below(case, case.tried, case.judge)


@guarded
def _retry(desk: Desk, case_id: str) -> None:
    desk.worklist.retry([case_id])


def _decision(prediction: Prediction) -> None:
    """Draw the one decision, and its weightiest reason."""
    word, _, rest = headline(prediction).partition(":")
    del word  # the badge says it
    reason = reason_list(prediction)[0]
    st.markdown(
        f"{decision_badge(prediction.decision)} **{plain_markdown(rest.strip().capitalize())}** "
        f"{plain_markdown(reason)}"
    )
    if prediction.decision == "routine":
        st.caption(ROUTINE_IS)


def _picture(
    desk: Desk, case: Case, tried: TriedFilm, others: Sequence[Case], *, hidden: bool
) -> None:
    by_id = {other.id: other for other in others if other.id != case.id and other.tried}
    if st.session_state.get(_BESIDE) not in by_id:
        st.session_state.pop(_BESIDE, None)
    beside = by_id.get(st.session_state.get(_BESIDE, ""))
    heat = None if hidden else tried.prediction.heat
    shown = f"{case.name}, {tried.display.shape[1]} x {tried.display.shape[0]} pixels"
    film_viewer(
        tried.display,
        key="triage-viewer",
        token=case.id,
        title=case.name,
        alt=f"Chest film {shown}. Keys: plus, minus, arrows, Page Up, Page Down, Home, End, I, R.",
        heat=heat,
        other=beside.tried.display if beside and beside.tried else None,
        other_title=beside.name if beside else "",
    )
    with st.container(horizontal=True):
        _next_buttons(desk, case)
        if by_id:
            st.selectbox(
                "Beside it", list(by_id), index=None, key=_BESIDE, label_visibility="collapsed",
                format_func=lambda each: by_id[each].name,
                placeholder="Show another film beside it",
            )  # fmt: skip


def _below(case: Case, tried: TriedFilm, judge: Judge) -> None:
    prediction = tried.prediction
    if prediction.heat is not None:
        st.caption(plain_markdown(prediction.heat.sentence))
    if case.drawn:
        st.caption("The app drew this film to try triage with: nothing of it is logged.")
    if tried.unlogged:
        st.markdown(f":material/warning: {plain_markdown(tried.unlogged)}")
    with st.expander("Details", icon=":material/data_table:", key="triage-details"):
        details(prediction, judge)
