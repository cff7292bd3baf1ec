"""The view "Drift": whether the cases that come in still look like those that the model knows."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from cnn_core.charts.drift import p_value_figure, statistic_figure, strip_figure
from cnn_core.data.pictures.wording import counted
from cnn_core.results.monitoring import WINDOW, DriftReport, DriftSample
from cnn_core.runtime.watched_windows import (
    MOST_WINDOWS,
    NumberedWindow,
    to_watch,
    watched,
    with_waiting,
)
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.monitoring.state import Watched, caption, draw, nothing_logged
from cnn_core.xray.drift import FEWEST_REFERENCE, LOCAL_REFERENCE, sample_of

_AGAINST, _TEST = "monitor-against", "monitor-test"
_REFERENCES = {
    "model": "The model's own films",
    "machine": f"The first {LOCAL_REFERENCE} patients here",
}
_HOW = f"""
**How it looks.** Each window of {WINDOW} consecutive cases, each patient once, is held against the
reference in eight ways: population stability index of the score against its own null distribution,
Kolmogorov-Smirnov of score, distance to known films, raw brightness and raw contrast, maximum mean
discrepancy of the embeddings, referral rate and refusal rate. Holm's correction keeps the chance
that an unchanged window counts as changed at 1 % over all eight. An alarm takes two changed windows
in a row.

**What the model's own films are.** Films that it was not trained on, one a patient. Those that its
threshold, prediction sets and gate were set on are left out where at least {FEWEST_REFERENCE}
patients remain without them; with them, refusals are rarer in the reference than among new films.

**What it does not say.** Drift shows change, not harm: whether films are judged worse, reviewers'
labels say. A linear change of contrast is normalised away before the network sees a film; only the
raw figures can show it.
"""


class _Chosen(NamedTuple):
    """What windows are held against, and which windows."""

    named: str
    reference: DriftSample
    windows: Sequence[NumberedWindow]
    here: bool


def drift_view(found: Watched) -> None:
    """Draw the view."""
    if not found.of_model:
        nothing_logged(
            f"Then this holds each window of {WINDOW} consecutive cases against the films that the "
            "model was tried on, and says when they begin to differ."
        )
        _about()
        return
    caption(f"Model: {found.title}.")
    chosen = _reference(found)
    if chosen is not None:
        report = drift_report(found, chosen)
        if not report.windows:
            st.markdown(plain_markdown(report.sentence))
            caption(f"Held against: {report.reference}.")
        else:
            draw_report(report, "real")
            waiting = counted(report.waiting, "case")
            caption(f"Held against: {report.reference}. {waiting} since the last whole window.")
            if len(chosen.windows) > MOST_WINDOWS:
                caption(f"Looked at are the last {MOST_WINDOWS} windows.")
    _about()


def draw_report(report: DriftReport, key: str, shifted_from: int | None = None) -> None:
    """Draw a report: its windows in a strip, p by test, and one test's figure.

    Args:
        report: with at least one window.
        key: that tells its charts and widgets from those of other reports.
        shifted_from: place of the first altered case of a simulation.
    """
    draw(strip_figure(report, shifted_from), f"{key}-strip", report.sentence)
    last = report.windows[-1].tests
    titles = {test.code: test.title for test in last}
    plainest = min(range(len(last)), key=lambda place: last[place].adjusted)
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        chart = p_value_figure(report, shifted_from)
        draw(chart, f"{key}-p", chart.layout.title.text or "")
    with right:
        code = st.selectbox(
            "One test, window by window",
            list(titles),
            plainest,
            format_func=titles.__getitem__,
            key=f"{_TEST}-{key}",
        )
        chart = statistic_figure(report, code, shifted_from)
        draw(chart, f"{key}-statistic", chart.layout.title.text or "")
        said = next(test.sentence for test in last if test.code == code)
        caption(f"Last window: {said}")


def _references(found: Watched) -> tuple[_Chosen | None, _Chosen | None]:
    """Return the model's own reference and that of this machine, as far as there are any."""
    own = here = None
    known = found.known.reference if found.known else None
    if known is not None and len(known.referred) >= FEWEST_REFERENCE:
        windows = to_watch(found.of_model)
        own = _Chosen("the model's own reference", known, windows, here=False)
    if found.first is not None and len(found.first) == LOCAL_REFERENCE:
        after = to_watch(found.of_model, found.first[-1].number)
        first = sample_of(found.first)
        here = _Chosen("the first cases of this machine", first, after, here=True)
    return own, here


def _reference(found: Watched) -> _Chosen | None:
    """Draw the choice of a reference, and return it."""
    own, here = _references(found)
    if own is None or here is None:
        gone = f"the cases of the first {LOCAL_REFERENCE} patients here are no longer in the log"
        if own is None and here is None:
            missing = f"{LOCAL_REFERENCE} patients have not come yet"
            st.markdown(
                "There is nothing to hold the cases against: the model is not on this machine or "
                "came without enough films to notice change by, and "
                f"{gone if found.first is None else missing}."
            )
        elif found.first is None:
            caption(f"Purged: {gone}. Use the model's own reference.")
        return own or here
    linked_choice(_AGAINST, _REFERENCES, "model")
    name = st.segmented_control(
        "Held against",
        list(_REFERENCES),
        format_func=_REFERENCES.__getitem__,
        required=True,
        key=_AGAINST,
        persist_state="session",
        help="The model's own films are those it was tried on, from elsewhere: films from here "
        "may differ from them from the first day. The first cases of this machine show what "
        "has changed here since.",
    )
    return here if name == "machine" else own


def drift_headline(found: Watched) -> str:
    """Return what the watch over drift says, held against what its view is set to; "" if nothing.

    Draws nothing but a note while windows are compared.
    """
    chosen = drift_choice(found)
    return drift_report(found, chosen).sentence if chosen else ""


def drift_choice(found: Watched) -> "_Chosen | None":
    """Return what the view is set to hold cases against; None: there is nothing. Draws nothing."""
    own, first = _references(found)
    name = st.session_state.get(_AGAINST, "model")
    return (own or first) if name == "model" else (first or own)


def drift_report(found: Watched, chosen: _Chosen) -> DriftReport:
    """Return the report; a window does not change, so only a new one is looked at again."""
    windows = chosen.windows
    ends = (windows[0].cases[0].id, windows[-1].cases[-1].id) if windows else ()
    key = (found.model, chosen.named, len(windows), *ends)
    report = _compared(key, chosen.reference, windows, chosen.named)
    return with_waiting(report, windows, found.of_model[-1].number, here=chosen.here)


@st.cache_data(max_entries=8, show_spinner="Comparing windows")
def _compared(
    key: tuple[object, ...],
    _reference: DriftSample,
    _windows: Sequence[NumberedWindow],
    named: str,
) -> DriftReport:
    del key  # what tells one comparison from another; the rest is not looked at
    return watched(_reference, _windows, named=named)


def _about() -> None:
    with st.expander("How change is noticed"):
        st.markdown(_HOW)
