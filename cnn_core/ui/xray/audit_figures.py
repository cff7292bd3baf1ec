"""The figures of an audit's six parts, and the films behind them."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from cnn_core.charts.film_audit import audit_alt, audit_figure
from cnn_core.charts.film_words import between, figure
from cnn_core.charts.wording import plural
from cnn_core.results.films import MISSING
from cnn_core.results.protocol_words import SEEN_WORDS, ZONE_WORDS
from cnn_core.results.xray_audit import DuplicatePair, XrayAudit
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.xray.gallery import film_gallery
from cnn_core.ui.xray.state import Chosen

_MOST_PAIRS = 200
_NUMBERS = 2  # of its pairs that a film names in its corner


def part_figures(part: int, chosen: Chosen, audit: XrayAudit) -> None:
    """Draw what there is to see of a part.

    Args:
        part: 1 to 6.
        chosen: the films that are open.
        audit: theirs.
    """
    drawn = audit_figure(part, audit, chosen.film_set.classes)
    if drawn is not None:
        st.plotly_chart(
            drawn,
            key=f"xr-audit-{part}",
            alt=audit_alt(part, audit, chosen.film_set.classes),
            config={"displayModeBar": False},
        )
    draw = (_duplicates, _patients, _associations, _without_film, _shortcut, _sources)[part - 1]
    draw(chosen, audit)


def _duplicates(chosen: Chosen, audit: XrayAudit) -> None:
    """Draw the pairs, each with its number on both films."""
    if not audit.pairs:
        return
    kinds = sorted({pair.kind for pair in audit.pairs})
    kind = st.segmented_control(
        "Kind", kinds, default=kinds[0], required=True, key="xr-pairs",
        label_visibility="collapsed",
    )  # fmt: skip
    pairs = [pair for pair in audit.pairs if pair.kind == kind][:_MOST_PAIRS]
    count = audit.counted_pairs[kind]
    if count > len(pairs):
        st.caption(f"The first {len(pairs):,} of {count:,} pairs.")
    badges = pair_badges(pairs)
    film_gallery(
        chosen,
        list(badges),
        key=f"pairs-{kind}",
        alt=f"{plural(len(pairs), 'pair')} of films, {kind}.",
        badges=badges,
    )


def pair_badges(pairs: Sequence[DuplicatePair]) -> dict[int, str]:
    """Return the numbers of its pairs for each film, by place, in the order of the pairs.

    A film of many pairs names the first and how many more there are: a corner has little room.

    >>> pairs = [
    ...     DuplicatePair(first=0, second=place, kind="near", distance=3.0)
    ...     for place in (4, 5, 6, 7)
    ... ]
    >>> pair_badges(pairs)
    {0: '1, 2 +2', 4: '1', 5: '2', 6: '3', 7: '4'}
    """
    numbers: dict[int, list[int]] = {}
    for number, pair in enumerate(pairs, start=1):
        for place in (pair.first, pair.second):
            numbers.setdefault(place, []).append(number)
    return {place: _corner(found) for place, found in numbers.items()}


def _corner(numbers: Sequence[int]) -> str:
    more = len(numbers) - _NUMBERS
    return ", ".join(map(str, numbers[:_NUMBERS])) + (f" +{more}" if more > 0 else "")


def _patients(chosen: Chosen, audit: XrayAudit) -> None:
    """Draw the films of patients with several labels."""
    crossed = set(audit.cross_label_patients)
    places = [
        place
        for place, film in enumerate(chosen.film_set.films)
        if film.patient != MISSING and film.patient in crossed
    ]
    if places:
        places.sort(key=lambda place: chosen.film_set.films[place].patient)
        st.markdown(f"**Films of the {plural(len(crossed), 'patient')} with several labels**")
        film_gallery(
            chosen, places, key="crossed", alt=f"{plural(len(places), 'film')} of these patients."
        )


def _associations(chosen: Chosen, audit: XrayAudit) -> None:
    """Draw the table of films by class and level of a column."""
    if not audit.associations:
        return
    by_name = {each.column: each for each in audit.associations}
    name = st.selectbox("Column", list(by_name), key="xr-association")
    found = by_name[name]
    table: dict[str, Any] = {"Class": list(chosen.film_set.classes)}
    for place, level in enumerate(found.levels):
        table[level or "missing"] = [row[place] for row in found.table]
    st.dataframe(table, hide_index=True, key="xr-association-table")


def _without_film(chosen: Chosen, audit: XrayAudit) -> None:
    """Draw what table and file tell, beside the small model on the whole film."""
    table: dict[str, Any] = {
        "What it sees": [SEEN_WORDS.get(row.what, row.what) for row in audit.blind],
        "Macro AUROC (95 %)": [
            f"{figure(score.auroc)} ({between(score.interval)})" for score in audit.blind
        ],
    }
    for place, label in enumerate(chosen.film_set.classes):
        table[label] = [
            "" if place >= len(score.by_class) or (value := score.by_class[place]) is None
            else figure(value)
            for score in audit.blind
        ]  # fmt: skip
    table["Columns"] = [", ".join(score.columns) for score in audit.blind]
    st.dataframe(table, hide_index=True, key="xr-blind")


def _shortcut(chosen: Chosen, audit: XrayAudit) -> None:
    """Draw how much of the skill is left without the lungs, by class and zone."""
    del chosen
    st.dataframe(
        {
            "Class": [row.label for row in audit.skill],
            "Sees": [ZONE_WORDS[row.zone] for row in audit.skill],
            "AUROC, whole film": [figure(row.full) for row in audit.skill],
            "AUROC, masked": [figure(row.masked) for row in audit.skill],
            "Share of skill left (95 %)": [
                "not judged"
                if row.share is None or row.interval is None
                else f"{figure(row.share)} ({between(row.interval)})"
                for row in audit.skill
            ],
            "Verdict": [row.level for row in audit.skill],
        },
        hide_index=True,
        key="xr-skill",
    )


def _sources(chosen: Chosen, audit: XrayAudit) -> None:
    """Draw patients by source and class, and discrimination inside each source."""
    table: dict[str, Any] = {"Source": [row.source for row in audit.sources]}
    for place, label in enumerate(chosen.film_set.classes):
        table[f"{label}, patients"] = [row.patients[place] for row in audit.sources]
    table["Carries"] = [", ".join(row.carries) or "none" for row in audit.sources]
    st.dataframe(table, hide_index=True, key="xr-sources")
    for row in audit.sources:
        for each in row.within:
            st.markdown(
                f"Inside {plain_markdown(row.source)}, "
                f"{plain_markdown(each.first)} against {plain_markdown(each.second)}: AUROC "
                f"{figure(each.auroc)} ({between(each.interval)})."
            )
    for left in audit.left_out:
        st.markdown(
            f"{plain_markdown(left.source)} left out: macro AUROC {figure(left.auroc)} "
            f"({between(left.interval)}), {left.films:,} films."
        )
