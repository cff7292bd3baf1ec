"""What an item of a reporting checklist is, and how a study answers it: plain values.

An item names the evidence that it needs. It is "reported" where a study has all of it, "missing"
where it lacks some, "not applicable" where the item says why. Nothing is reported by default: what
this program cannot know (ethics, funding, readers) stays "missing", whoever reads is to add it.
"""

from dataclasses import dataclass
from typing import Literal

Status = Literal["reported", "not applicable", "missing"]
STATUSES: tuple[Status, ...] = ("reported", "not applicable", "missing")

Evidence = Literal[
    "always",
    "never",
    "sources",
    "dates",
    "established",
    "demographics",
    "plan",
    "records",
    "evaluation",
    "calibration",
    "subgroups",
    "audit",
    "failures",
    "operating point",
    "licence",
    "commit",
]
"""What a study can have; "always" is in every report, "never" is nothing that it could know."""


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    """One item, its topic in this project's own words.

    Attributes:
        number: as the checklist has it ("12c").
        section: of the checklist.
        topic: what is to be reported.
        needs: the evidence without which it is missing.
        where: the part of the report that has it, or what is missing where it is.
        not_applicable: why it does not apply, "" where it does.
    """

    number: str
    section: str
    topic: str
    needs: tuple[Evidence, ...]
    where: str
    not_applicable: str = ""


@dataclass(frozen=True, kw_only=True)
class AnsweredItem:
    """An item with what a study says to it; `note`: where it stands, or why it does not."""

    item: ChecklistItem
    status: Status
    note: str


def answered(
    items: tuple[ChecklistItem, ...], evidence: frozenset[Evidence]
) -> tuple[AnsweredItem, ...]:
    """Return the status of every item.

    Args:
        items: of a checklist.
        evidence: what the study has.
    """
    return tuple(_answer(item, evidence | {"always"}) for item in items)


def _answer(item: ChecklistItem, evidence: frozenset[Evidence]) -> AnsweredItem:
    if item.not_applicable:
        return AnsweredItem(item=item, status="not applicable", note=item.not_applicable)
    lacking = [need for need in item.needs if need not in evidence]
    if not lacking:
        return AnsweredItem(item=item, status="reported", note=item.where)
    if "never" in lacking:
        return AnsweredItem(item=item, status="missing", note=item.where)
    return AnsweredItem(item=item, status="missing", note=_LACKING[lacking[0]])


_LACKING: dict[Evidence, str] = {
    "sources": "the films' table names no source and no site",
    "dates": "the films' table has no study dates",
    "established": "how the labels were established is not stated for every class",
    "demographics": "age and sex are not both in the films' table",
    "plan": "the patients were not split",
    "records": "no training run is kept with this study",
    "evaluation": "nothing was evaluated yet",
    "calibration": "calibration was not measured yet",
    "subgroups": "no subgroup could be formed",
    "audit": "the films were not audited",
    "failures": "no failed films were given to this report",
    "operating point": "no threshold could be guaranteed",
    "licence": "no licence is stated with the films",
    "commit": "the version of the code is not known",
}
