"""The verdict on a run in front of the person: one sentence, and the figures it rests on."""

import streamlit as st

from cnn_core.charts.wording import decimal, percent
from cnn_core.results.fit_verdict import fit_verdict
from cnn_core.results.studied import Studied
from cnn_core.results.verdict import Evidence, FitVerdict, VerdictKind
from cnn_core.ui.boundary import plain_markdown

VERDICT_WORDS: dict[VerdictKind, tuple[str, str]] = {
    "underfitting": ("Underfitting", "orange"),
    "overfitting": ("Overfitting", "orange"),
    "well-fitted": ("Fits well", "green"),
    "still-improving": ("Still improving", "blue"),
    "diverging": ("Diverging", "red"),
    "cannot-tell": ("Cannot tell", "gray"),
}
_COUNTS = ("diverged", "epochs")
_IN_POINTS = ("gap", "train-rise", "valid-rise")
_SHARES = ("train-accuracy", "valid-accuracy", "running-accuracy")


def verdict_badge(kind: VerdictKind) -> str:
    """Return a verdict as a coloured badge in Streamlit's Markdown."""
    words, color = VERDICT_WORDS[kind]
    return f":{color}-badge[{words}]"


def verdict_line(studied: Studied, chance: float | None, *, name: str = "") -> FitVerdict:
    """Draw the verdict in its sentence; return it.

    Args:
        studied: the runs.
        chance: what guessing gets right (`runtime.ways.chance_of`).
        name: whose it is, where several are shown.
    """
    verdict = fit_verdict(studied, chance=chance)
    words = [verdict_badge(verdict.kind), plain_markdown(verdict.sentence)]
    if studied.recording is not None:
        words.insert(0, ":violet-badge[Recorded]")
    if name:
        words.insert(0, f"**{plain_markdown(name)}**")
    st.markdown(" ".join(words))
    return verdict


def evidence_table(verdict: FitVerdict) -> None:
    """Draw each figure with its interval and what it was held against, the deciding one first."""
    st.markdown("**What the verdict rests on**")
    st.table([_row(each) for each in verdict.evidence])


def _row(each: Evidence) -> dict[str, str]:
    figure = _number(each.id, each.value)
    if each.low is not None and each.high is not None:
        ends = f"{_number(each.id, each.low)} to {_number(each.id, each.high)}"
        figure = f"**{figure}** ({ends})"
    return {
        "Measured": plain_markdown(each.what),
        "Figure (95 % interval)": figure,
        "Held against": "nothing" if each.threshold is None else _number(each.id, each.threshold),
        "What follows": plain_markdown(each.sentence),
        "Supports it": "yes" if each.holds else "",
    }


def _number(name: str, value: float | None) -> str:
    """Return a figure of the evidence called `name` in the unit that its sentence has."""
    if value is None:
        return "not known"
    if name in _COUNTS:
        return f"{value:,.0f}"
    if name in _IN_POINTS:
        return f"{100 * value:.1f} points"
    return percent(value) if name in _SHARES else decimal(value)
