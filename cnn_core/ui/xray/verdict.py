"""How an audit's verdicts look: a colour, a word and an icon each; never colour alone."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.charts.film_words import under_every_result
from cnn_core.results.xray_audit import AuditFlag, Level, XrayAudit
from cnn_core.results.xray_study import StudyResult
from cnn_core.ui.boundary import plain_markdown

_COLORS = {"red": "red", "amber": "orange", "green": "green", "not judged": "gray"}
_ICONS = {
    "red": ":material/dangerous:",
    "amber": ":material/warning:",
    "green": ":material/check_circle:",
    "not judged": ":material/help:",
}
MOST_REASONS = 3


def level_badge(level: Level) -> str:
    """Return a verdict as a badge in Streamlit's Markdown: icon, word and colour.

    >>> level_badge("red")
    ':red-badge[:material/dangerous: red]'
    """
    return f":{_COLORS[level]}-badge[{_ICONS[level]} {level}]"


def show_flags(flags: Sequence[AuditFlag]) -> None:
    """Draw flags, a line each."""
    for flag in flags:
        st.markdown(f"{level_badge(flag.level)} {plain_markdown(flag.sentence)}")


def red_reasons(audit: XrayAudit | None) -> None:
    """Draw why the audit is red, if it is: what stands beside every score."""
    if audit is None:
        st.caption(":material/help: These films were not audited.")
        return
    reasons = audit.reasons("red")
    if not reasons:
        return
    shown = " ".join(plain_markdown(reason) for reason in reasons[:MOST_REASONS])
    more = len(reasons) - MOST_REASONS
    rest = f" And {more} more: see the audit." if more > 0 else ""
    st.markdown(f"{level_badge('red')} {shown}{rest}")


def more_to_know(result: StudyResult) -> list[str]:
    """Return the other red reasons and the warnings, each once, without what stands open."""
    shown = {*result.red[:1], result.unseen}
    others = dict.fromkeys([*result.red[1:], *result.warnings])
    return [line for line in others if line not in shown]


def beside_every_score(result: StudyResult) -> None:
    """Draw the first red flag, what stands under every result, and the way to all the others."""
    with st.container(gap="xxsmall"):
        first_and_under(result)
        more_popover(result)


def first_and_under(result: StudyResult) -> None:
    """Draw the first red flag, and what stands under every result."""
    lines = [
        line
        for line in under_every_result(result)
        if not line.startswith("red audit:")  # the badge says it, and each reason stands for itself
    ]
    if result.red:
        st.markdown(f"{level_badge('red')} :small[audit: {plain_markdown(result.red[0])}]")
    else:
        st.markdown(f"Audit: {level_badge(result.audit_level)}")
    st.caption(" · ".join(plain_markdown(line.rstrip(".")) for line in lines))


def more_popover(result: StudyResult) -> None:
    """Draw the way to the other red flags and the warnings, if there are any."""
    more = more_to_know(result)
    if more:
        with st.popover(f"{len(more)} more to know", icon=":material/warning:", width="content"):
            for line in more:
                st.markdown(f"- {plain_markdown(line)}")
