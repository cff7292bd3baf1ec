"""The tab "Audit": what would make a score unreal, part by part: figure and sentence."""

import importlib
from collections.abc import Sequence

import streamlit as st

from cnn_core.charts.wording import plural, seconds
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_audit import PARTS, AuditFlag, Level, XrayAudit
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.xray.bring import phantom_button
from cnn_core.ui.xray.state import Chosen
from cnn_core.ui.xray.verdict import level_badge, show_flags
from cnn_core.ui.xray.work import say_what_failed, start_work, work_under_way

PART = "xr-part"
_CHOICES = {"all": "All flags"} | {str(part): name for part, name in PARTS.items()}
_LEVELS: tuple[Level, ...] = ("red", "amber", "green", "not judged")


def render_audit(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab."""
    del record
    say_what_failed()
    if chosen is None:
        st.markdown("An audit is of films: bring some first, or draw phantoms.")
        phantom_button(lab, key="audit")
        return
    if chosen.audit is None:
        st.markdown("These films were not audited yet.")
        st.button(
            "Audit these films",
            type="primary",
            icon=":material/rule:",
            on_click=start_work,
            args=(lab, chosen.film_set.title, {"kind": "audit", "film_set": chosen.film_set.id}),
            disabled=work_under_way() is not None,
            key="audit-films",
        )
        return
    _verdict(chosen.audit)
    linked_choice(PART, _CHOICES, "all")
    part = st.pills(
        "Part",
        list(_CHOICES),
        required=True,
        format_func=lambda name: _pill(name, chosen.audit),
        label_visibility="collapsed",
        key=PART,
        persist_state="session",
    )
    if part is None or part == "all":
        _all_flags(chosen.audit)
        return
    flags = [flag for flag in chosen.audit.flags if flag.part == int(part)]
    show_flags(flags)
    figures = importlib.import_module("cnn_core.ui.xray.audit_figures")
    figures.part_figures(int(part), chosen, chosen.audit)


def _verdict(audit: XrayAudit) -> None:
    counts = {level: sum(flag.level == level for flag in audit.flags) for level in _LEVELS}
    found = " ".join(f"{level_badge(level)} {counts[level]}" for level in _LEVELS if counts[level])
    st.markdown(f"**{_sentence(audit)}** {found}  \n:small[{plain_markdown(audit.unseen)}]")


def _sentence(audit: XrayAudit) -> str:
    """Return the verdict in words."""
    red = len(audit.reasons("red"))
    if red:
        return f"{plural(red, 'red flag')}: a score on these films may not be real."
    if audit.level == "amber":
        return "No red flag; some things have to be kept in mind."
    return "Nothing was found that would make a score on these films unreal."


def _pill(name: str, audit: XrayAudit | None) -> str:
    if name == "all" or audit is None:
        return _CHOICES[name]
    level = worst_level([flag for flag in audit.flags if flag.part == int(name)])
    icon = level_badge(level).partition("[")[2].split(" ")[0]
    return f"{icon} {_CHOICES[name]}: {level}"


def worst_level(flags: Sequence[AuditFlag]) -> Level:
    """Return the gravest level of some flags."""
    found = {flag.level for flag in flags}
    return next((level for level in _LEVELS if level in found), "not judged")


def _all_flags(audit: XrayAudit) -> None:
    grave = [flag for flag in audit.flags if flag.level in ("red", "amber")]
    rest = [flag for flag in audit.flags if flag.level not in ("red", "amber")]
    show_flags(grave)
    if rest:
        with st.expander(
            f"{plural(len(rest), 'flag')} that are green or could not be judged", expanded=not grave
        ):
            show_flags(rest)
    st.caption(plain_markdown(f"{audit.model}. The audit took {seconds(audit.seconds)}."))
