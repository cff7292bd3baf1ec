"""The view "Traffic": how many films came, what was decided of them, and how fast."""

import time

import streamlit as st

from cnn_core.charts.film_words import between, figure
from cnn_core.charts.monitoring import latency_figure, rates_figure, volume_figure
from cnn_core.data.pictures.wording import counted
from cnn_core.results.monitoring import WINDOW
from cnn_core.results.xray_evaluation import Interval
from cnn_core.runtime.monitoring import volume
from cnn_core.runtime.monitoring_tables import FEWEST_TOGETHER
from cnn_core.runtime.prediction_log import DAY
from cnn_core.runtime.watched_windows import MOST_WINDOWS, windows_of
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.monitoring.drift import drift_headline
from cnn_core.ui.monitoring.state import Watched, caption, draw, nothing_logged, open_view

_METRIC_PIXELS = 200


def traffic_view(watched: Watched) -> None:
    """Draw the view."""
    if not watched.of_model:
        nothing_logged(
            "Then this shows how many films came, which share was referred and refused in each "
            f"window of {WINDOW} consecutive cases, with its interval, and how long they took."
        )
        return
    cases = watched.of_model
    if len(cases) < FEWEST_TOGETHER:
        st.markdown(
            f"{counted(len(cases), 'case')} so far. Rates, latency and volumes are shown from "
            f"{FEWEST_TOGETHER} cases on: fewer would tell of single films."
        )
        caption(f"Model: {watched.title}.")
        return
    whole = volume(cases)
    today = sum(case.at >= time.time() - DAY for case in cases)
    windows = windows_of(cases)
    drawn = windows[-MOST_WINDOWS:]
    volumes = [volume(window.cases) for window in drawn] or [whole]
    numbers = [window.number for window in drawn]
    size = WINDOW if drawn else len(cases)
    with st.container(horizontal=True, gap="small"):
        _metric("Cases", f"{whole.cases:,}", f"{today:,} in 24 hours")
        _rate("Referred or refused", whole.referred)
        _rate("Refused", whole.refused)
        if whole.seconds:
            fast, most, slowest = whole.seconds
            _metric("Seconds, median", f"{fast:.2f}", f"95 %: {most:.2f}, 99 %: {slowest:.2f}")
    caption(f"Model: {watched.title}. All figures are of this model alone.")
    headline = drift_headline(watched)
    if headline:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Drift.** {plain_markdown(headline)}", width="stretch")
            st.button(
                "See drift",
                icon=":material/ssid_chart:",
                on_click=open_view,
                args=("drift",),
                key="monitor-to-drift",
            )
    rates = rates_figure(volumes, size, numbers)
    left, right = st.columns(2, gap="medium")
    with left:
        draw(rates, "rates", rates.layout.title.text or "")
        latency = latency_figure(volumes, size, numbers)
        draw(latency, "latency", latency.layout.title.text or "")
    with right:
        volumes_drawn = volume_figure(cases)
        draw(volumes_drawn, "volumes", volumes_drawn.layout.title.text or "")
        waiting = cases[-1].number % WINDOW
        st.markdown(
            f"Windows are {WINDOW} consecutive cases, not days: a quiet week and a busy hour tell "
            f"as much. They are counted from the first case here, whatever was purged since. "
            f"{counted(waiting, 'case')} since the last whole window."
            if cases[-1].number >= WINDOW
            else f"The first window is whole at {WINDOW} cases: {WINDOW - waiting} more."
        )
        if len(windows) > MOST_WINDOWS:
            st.caption(f"The charts by window are of the last {MOST_WINDOWS} windows.")
        st.caption(
            "Intervals are 95 %, Wilson's, at the effective number of films where a patient has "
            "several. A refused film goes to a person as a referred one does."
        )


def _metric(label: str, value: str, below: str) -> None:
    st.metric(label, value, delta=below, delta_color="off", delta_arrow="off", width=_METRIC_PIXELS)


def _rate(label: str, found: tuple[float, Interval] | None) -> None:
    if found is not None:
        _metric(label, figure(found[0]), f"{between(found[1])} (95 %)")
