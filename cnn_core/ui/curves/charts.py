"""The curves of one or several runs, with the controls of what is drawn and how.

Every control is bound to the address. Charts are drawn once for all who look at the same curves.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

import streamlit as st

from cnn_core.charts.curves import By
from cnn_core.charts.fit_curves import (
    FIT_LINES,
    LINE_DASHES,
    LINE_WORDS,
    FitLine,
    fit_chart,
    legend_rows,
)
from cnn_core.charts.fit_words import Quantity, Shown, bands_words, fit_alt
from cnn_core.charts.live import CHART_HEIGHT
from cnn_core.charts.palette import DARK_BACKGROUNDS, LIGHT_BACKGROUNDS
from cnn_core.results.studied import Studied
from cnn_core.ui.curves.studied import link_id, titles_of
from cnn_core.ui.drawn_once import drawn_once
from cnn_core.ui.linked import linked_choice

_ROW_PX = 30
_BIND: Any = "query-params"
_LOG_BELOW, _LOG_LOSS = "epochs or seconds", "loss"
BY_WORDS: dict[By, str] = {"epoch": "By epoch", "seconds": "By seconds"}


class Look(NamedTuple):
    """How curves are drawn."""

    by: By
    lines: tuple[FitLine, ...]
    smoothing: float
    log_x: bool
    log_y: bool


def shown_of(studied: Studied, title: str) -> Shown:
    """Return whose curves a chart shows, and what they are called there."""
    return Shown(
        title=title,
        seeds=len(studied.histories),
        recorded=studied.recording is not None,
    )


def ground() -> str:
    """Return the colour behind a picture that is saved: that of the page's theme."""
    dark = st.context.theme.type == "dark"
    return DARK_BACKGROUNDS[0] if dark else LIGHT_BACKGROUNDS[0]


def look_controls(*, several: bool) -> Look:
    """Draw the controls of what is drawn and how; return what was chosen."""
    with st.container(horizontal=True, vertical_alignment="center"):
        linked_choice("curves-by", get_args(By), "epoch")
        by = st.segmented_control(
            "Axis below",
            list(get_args(By)),
            required=True,
            format_func=BY_WORDS.__getitem__,
            label_visibility="collapsed",
            key="curves-by",
            persist_state="session",
            help="Seconds are of training alone, of several seeds their mean.",
        )
        with st.popover("Lines and axes", icon=":material/tune:"):
            lines = st.pills(
                "Lines",
                list(FIT_LINES),
                selection_mode="multi",
                default=["valid", "train"] if several else list(FIT_LINES),
                format_func=LINE_WORDS.__getitem__,
                key="curves-lines-several" if several else "curves-lines",
                bind=_BIND,
                help="Evaluated: training pictures scored as validation is (evaluation mode, no "
                "augmentation). Running: counted while the network learned, on augmented pictures "
                "and with dropout. A running figure below validation is no underfitting.",
            )
            smoothing = st.slider(
                "Smoothing (weight of the past)",
                0.0,
                0.95,
                0.0,
                0.05,
                key="curves-smoothing",
                bind=_BIND,
                help="Each point becomes a running mean of the epochs before it; 0 draws what was "
                "measured. Titles and the verdict always are of what was measured.",
            )
            logs = st.pills(
                "Logarithmic axes",
                [_LOG_LOSS, _LOG_BELOW],
                selection_mode="multi",
                key="curves-log",
                bind=_BIND,
                help="Equal distances are equal factors.",
            )
    return Look(
        by=by or "epoch",
        lines=tuple(which for which in FIT_LINES if which in lines),
        smoothing=smoothing,
        log_x=_LOG_BELOW in logs,
        log_y=_LOG_LOSS in logs,
    )


def fit_charts(studies: Sequence[Studied], look: Look, *, names: Sequence[str] = ()) -> None:
    """Draw accuracy and loss of all of `studies`, at least one, called by `names` if there are."""
    histories = [history for each in studies for history in each.histories]
    titles = names or titles_of(studies)
    shown = tuple(shown_of(each, title) for each, title in zip(studies, titles, strict=True))
    key = "-".join(link_id(each) for each in studies)
    told = [bands_words(shown), _dash_words(look.lines) if len(studies) > 1 else ""]
    quantities: tuple[Quantity, ...] = get_args(Quantity)
    for column, quantity in zip(st.columns(2), quantities, strict=True):
        with column:
            st.echarts_chart(
                drawn_once(
                    fit_chart,
                    histories,
                    shown=shown,
                    quantity=quantity,
                    ground=ground(),
                    **look._asdict(),
                ),
                key=f"fit-{quantity}-{key}",
                height=CHART_HEIGHT + _ROW_PX * (legend_rows(len(studies)) - 1),
                alt=drawn_once(fit_alt, histories, shown=shown, quantity=quantity),
            )
    if any(told):
        st.caption(" ".join(filter(None, told)))


def _dash_words(lines: Sequence[FitLine]) -> str:
    """Return which kind of line is what, where colours tell the runs."""
    kinds = [f"{LINE_DASHES[which]}: {LINE_WORDS[which]}" for which in lines]
    return f"{'; '.join(kinds)}.".capitalize()
