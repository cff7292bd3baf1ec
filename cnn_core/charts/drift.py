"""Charts of the watch over drift: windows as a strip, p by test, one test's statistic.

A changed window and an alarm are told by symbol and word as well as by colour; titles are computed;
no ground of their own, text at least 14 px (`charts.inspection.lay_out`).
"""

import html
from typing import Any

import numpy as np
import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.film_words import figure as said
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import legend_below
from cnn_core.data.pictures.wording import counted
from cnn_core.results.monitoring import DriftReport, DriftTest, DriftWindow

STATES = {
    "unchanged": (palette.TEST, "circle"),
    "changed": (palette.VALIDATION, "diamond"),
    "alarm": ("#BC5096", "x"),
}
"""Colour and symbol of a window: unchanged, changed alone, changed after a changed one."""


def state_of(window: DriftWindow) -> str:
    """Return which of `STATES` a window is in."""
    return "alarm" if window.alarm else "changed" if window.changed else "unchanged"


def strip_figure(report: DriftReport, shifted_from: int | None = None) -> go.Figure:
    """Draw a mark a window in a row.

    Args:
        report: of the watch.
        shifted_from: place of the first case that was altered, from 0, in a simulation.
    """
    figure = go.Figure()
    for name, (color, symbol) in STATES.items():
        those = [each for each in report.windows if state_of(each) == name]
        figure.add_trace(
            go.Scatter(
                x=[each.number for each in those],
                y=[0] * len(those),
                mode="markers",
                name=name,
                marker={"color": color, "symbol": symbol, "size": 16},
                text=[_window_words(each, report.level) for each in those],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    lay_out(figure, report.sentence, height=90)
    legend_below(figure, len(STATES))
    _mark_shift(figure, report, shifted_from)
    _window_axis(figure, report)
    figure.update_yaxes(visible=False, range=[-1, 1])
    return figure


def p_value_figure(report: DriftReport, shifted_from: int | None = None) -> go.Figure:
    """Draw each test's adjusted p over the windows, on a logarithmic axis, with the level.

    Args:
        report: of the watch.
        shifted_from: see `strip_figure`.
    """
    figure = go.Figure()
    codes = [test.code for test in report.windows[0].tests] if report.windows else []
    for index, code in enumerate(codes):
        tests = [_test_of(window, code) for window in report.windows]
        style = palette.series_style(index)
        figure.add_trace(
            go.Scatter(
                x=[window.number for window in report.windows],
                y=[max(test.adjusted, _LEAST_P) for test in tests],
                mode="lines+markers",
                name=html.escape(tests[0].title),
                line={"color": style.color, "dash": style.dash, "width": 2},
                marker={"symbol": style.symbol, "size": 9},
                text=[_test_words(test) for test in tests],
                hovertemplate="window %{x}<br>%{text}<extra></extra>",
            )
        )
    figure.add_trace(
        _level_line([window.number for window in report.windows], report.level, "level")
    )
    lay_out(figure, _p_title(report), height=320)
    legend_below(figure, len(codes) + 1)
    _mark_shift(figure, report, shifted_from)
    _window_axis(figure, report)
    figure.update_yaxes(
        title_text="p after Holm's correction",
        type="log",
        range=[-4.2, 0.15],
        tickvals=[1, 0.1, 0.01, 0.001, _LEAST_P],
        ticktext=["1", "0.1", "0.01", "0.001", "0.0001<br>or less"],
    )
    return figure


def statistic_figure(report: DriftReport, code: str, shifted_from: int | None = None) -> go.Figure:
    """Draw one test's statistic over the windows; windows in which this test changed are marked.

    Args:
        report: of the watch.
        code: see `DriftTest`.
        shifted_from: see `strip_figure`.
    """
    tests = [_test_of(window, code) for window in report.windows]
    figure = go.Figure()
    title = tests[0].title if tests else "No whole window yet"
    figure.add_trace(
        go.Scatter(
            x=[window.number for window in report.windows],
            y=[test.statistic if np.isfinite(test.statistic) else None for test in tests],
            mode="lines+markers",
            line={"color": palette.REFERENCE, "width": 2},
            marker={
                "size": 12,
                "color": [_test_style(test, report.level)[0] for test in tests],
                "symbol": [_test_style(test, report.level)[1] for test in tests],
            },
            text=[_test_words(test) for test in tests],
            hovertemplate="window %{x}<br>%{text}<extra></extra>",
        )
    )
    changed = sum(test.adjusted <= report.level for test in tests)
    lay_out(
        figure,
        f"{title}: changed (diamonds) in {changed} of {counted(len(tests), 'window')}"
        if tests
        else title,
        height=260,
    )
    _mark_shift(figure, report, shifted_from)
    _window_axis(figure, report)
    figure.update_yaxes(title_text=html.escape(title.split(", ")[-1]), rangemode="tozero")
    return figure


_LEAST_P = 1e-4


def _test_of(window: DriftWindow, code: str) -> DriftTest:
    return next(test for test in window.tests if test.code == code)


def _test_style(test: DriftTest, level: float) -> tuple[str, str]:
    return STATES["changed" if test.adjusted <= level else "unchanged"]


def _test_words(test: DriftTest) -> str:
    p = _p_words(test.adjusted)
    return f"{html.escape(test.title)}<br>p {p}<br>{html.escape(test.sentence)}"


def _p_words(p: float) -> str:
    return said(p) if p > 0 else "below 1e-300"  # too small for a float: no p is 0


def _window_words(window: DriftWindow, level: float) -> str:
    lines = [
        f"window {window.number}: {state_of(window)}",
        f"cases {window.first + 1:,} and on, {counted(window.cases, 'patient')}",
        *(test.title for test in window.tests if test.adjusted <= level),
    ]
    return "<br>".join(html.escape(each) for each in lines)


def _p_title(report: DriftReport) -> str:
    if not report.windows:
        return "No whole window yet"
    last = min(report.windows[-1].tests, key=lambda test: test.adjusted)
    return f"Last window: smallest p {_p_words(last.adjusted)} ({last.title})"


def _level_line(places: list[int], level: float, name: str) -> go.Scatter:
    ends = [min(places, default=1) - 0.5, max(places, default=1) + 0.5]
    return go.Scatter(
        x=ends,
        y=[level, level],
        mode="lines",
        name=f"{name}: {said(level)}",
        line={"color": palette.REFERENCE, "width": 2, "dash": "dash"},
        hoverinfo="skip",
    )


def _window_axis(figure: go.Figure, report: DriftReport) -> None:
    """Number the windows, at whole numbers only."""
    numbers = [window.number for window in report.windows] or [1]
    step: dict[str, Any] = {"dtick": 1} if len(numbers) <= 12 else {"nticks": 10}
    ends = [numbers[0] - 0.6, numbers[-1] + 0.6]
    figure.update_xaxes(title_text="window", range=ends, zeroline=False, tickformat="d", **step)


def _mark_shift(figure: go.Figure, report: DriftReport, shifted_from: int | None) -> None:
    """Draw an upright line where a simulation begins to alter cases."""
    if shifted_from is None or not report.windows:
        return
    length = report.windows[1].first if len(report.windows) > 1 else max(1, shifted_from)
    figure.add_vline(
        x=shifted_from / length + 0.5, line={"color": palette.REFERENCE, "width": 2, "dash": "dot"}
    )
