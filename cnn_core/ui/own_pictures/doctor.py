"""The check-up: what the data doctor found, one finding at a time, with its pictures."""

from collections.abc import Mapping, Sequence

import streamlit as st

from cnn_core.data.pictures.decisions import decided
from cnn_core.results.pictures import Finding, FindingKind
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.own_pictures.decisions import exclude
from cnn_core.ui.own_pictures.examined import audit_of
from cnn_core.ui.own_pictures.gallery import gallery
from cnn_core.ui.own_pictures.overview import overview
from cnn_core.ui.own_pictures.state import Chosen

FINDING = "finding"
OVERVIEW = "overview"
TITLES: Mapping[FindingKind, str] = {
    "exact-duplicates": "Same file twice",
    "near-duplicates": "Near-duplicates",
    "across-parts": "On both sides of the split",
    "across-classes": "In two classes",
    "dark": "Dark",
    "blank": "Blank",
    "tiny": "Tiny",
    "odd-shape": "Odd shape",
    "imbalance": "Imbalance",
    "small-class": "Small classes",
    "one-class": "One class",
    "rejected": "Files left out",
}
_ICONS = {
    "problem": ":material/error:",
    "warning": ":material/warning:",
    "note": ":material/info:",
}
_LISTED = 1_000
_STAYS = ("test", "valid", "train", "")


def render_check_up(chosen: Chosen) -> None:
    """Draw the check-up."""
    with st.spinner("Looking the pictures over", show_time=True):
        audit = audit_of(chosen)
    findings: dict[str, Finding] = {}
    for finding in audit.findings:
        findings.setdefault(finding.kind, finding)
    options = [OVERVIEW, *findings]
    linked_choice(FINDING, options, OVERVIEW)
    kind = st.pills(
        "What was found",
        options,
        required=True,
        format_func=lambda name: _pill(name, findings),
        label_visibility="collapsed",
        key=FINDING,
        persist_state="session",
    )
    if kind is None or kind == OVERVIEW:
        overview(chosen, audit)
    else:
        _finding(chosen, findings[kind])


def _pill(name: str, findings: Mapping[str, Finding]) -> str:
    if name == OVERVIEW:
        return "Overview"
    finding = findings[name]
    count = f" ({len(finding.pictures):,})" if finding.pictures else ""
    return f"{_ICONS[finding.severity]} {TITLES[finding.kind]}{count}"


def _finding(chosen: Chosen, finding: Finding) -> None:
    """Draw one finding: what it is, what to do, the pictures."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{plain_markdown(finding.sentence)}** {plain_markdown(finding.hint)}",
            width="stretch",
        )
        _all_at_once(chosen, finding)
    if finding.kind == "rejected":
        _rejected(chosen)
    elif finding.pictures:
        gallery(
            chosen,
            finding.pictures,
            key=f"found-{finding.kind}",
            badges=_group_badges(finding),
            alt=finding.sentence,
        )


def _all_at_once(chosen: Chosen, finding: Finding) -> None:
    """Offer to leave out what is superfluous: of each group all but one, else all pictures."""
    places = superfluous(chosen, finding)
    if not places or finding.kind in ("imbalance", "small-class", "one-class"):
        return
    words = "all but one of each group" if _has_spares(finding) else "all of them"
    st.button(
        f"Leave out {words} ({len(places):,})",
        icon=":material/block:",
        key=f"all-{finding.kind}",
        on_click=exclude,
        args=(chosen.snapshot.id, places),
        help="They are not trained on. Nothing is deleted, and it can be undone.",
    )


def superfluous(chosen: Chosen, finding: Finding) -> list[int]:
    """Return the finding's pictures that are still in; of copies all but one of each group.

    The one that stays is of the test before validation, and of validation before training. Of a
    picture in two classes none stays: which class is right is not known.
    """
    now = decided(chosen.snapshot, chosen.decisions)

    def there(places: Sequence[int]) -> list[int]:
        return [p for p in places if not (p in now and now[p].action == "exclude")]

    def weight(place: int) -> int:
        return _STAYS.index(chosen.snapshot.pictures[place].part)

    if not _has_spares(finding):
        return there(finding.pictures)
    groups = [sorted(there(group), key=weight) for group in finding.groups]
    return [place for group in groups for place in group[1:]]


def _has_spares(finding: Finding) -> bool:
    return bool(finding.groups) and finding.kind != "across-classes"


def _group_badges(finding: Finding) -> dict[int, str]:
    return {
        place: str(number)
        for number, group in enumerate(finding.groups, start=1)
        for place in group
    }


def _rejected(chosen: Chosen) -> None:
    rejected = chosen.snapshot.rejected
    if len(rejected) > _LISTED:
        st.caption(f"The first {_LISTED:,} of {len(rejected):,}.")
    st.dataframe(
        {
            "File": [each.name for each in rejected[:_LISTED]],
            "Why it was left out": [each.reason for each in rejected[:_LISTED]],
        },
        hide_index=True,
        key="rejected",
    )
