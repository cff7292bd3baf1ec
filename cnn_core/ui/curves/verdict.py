"""The verdict on a run in front of the person: one sentence, and the figures it rests on."""

import streamlit as st

from cnn_core.charts.wording import decimal
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


def verdict_badge(kind: VerdictKind) -> str:
    """Return a verdict as a coloured badge in Streamlit's Markdown."""
    words, color = VERDICT_WORDS[kind]
    return f":{color}-badge[{words}]"


def verdict_line(studied: Studied, chance: float | None, *, named: bool = False) -> FitVerdict:
    """Draw the verdict in its sentence; return it.

    Args:
        studied: the runs.
        chance: what guessing gets right (`runtime.ways.chance_of`).
        named: say whose it is, where several are shown.
    """
    verdict = fit_verdict(studied, chance=chance)
    words = [verdict_badge(verdict.kind), plain_markdown(verdict.sentence)]
    if studied.recording is not None:
        words.insert(0, ":violet-badge[Recorded]")
    if named:
        words.insert(0, f"**{plain_markdown(studied.title)}**")
    st.markdown(" ".join(words))
    return verdict


def evidence_table(verdict: FitVerdict) -> None:
    """Draw each figure with its interval and what it was held against, the deciding one first."""
    st.markdown("**What the verdict rests on**")
    st.table([_row(each) for each in verdict.evidence])


def _row(each: Evidence) -> dict[str, str]:
    return {
        "": "**supports it**" if each.holds else "",
        "What was measured": plain_markdown(each.what),
        "Figure": _number(each.value),
        "95 % interval": _interval(each),
        "Held against": _number(each.threshold),
        "What follows": plain_markdown(each.sentence),
    }


def _number(value: float | None) -> str:
    return "not known" if value is None else decimal(value)


def _interval(each: Evidence) -> str:
    if each.low is None or each.high is None:
        return "none"
    return f"{decimal(each.low)} to {decimal(each.high)}"
