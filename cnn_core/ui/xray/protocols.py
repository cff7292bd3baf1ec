"""The tab "Naive or honest": the same small model, asked in the way that flatters and in others."""

from typing import Any

import streamlit as st

from cnn_core.charts.protocols import protocols_alt, protocols_chart
from cnn_core.results.protocol_words import auroc_words, protocol_words
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_audit import Protocols, ProtocolScore, Zone
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.xray.bring import phantom_button
from cnn_core.ui.xray.state import Chosen
from cnn_core.ui.xray.verdict import level_badge, red_reasons
from cnn_core.ui.xray.work import say_what_failed, start_work, work_under_way

GROUPING = {"random": "Films at random", "grouped": "Patients kept together"}
ZONES: dict[Zone, str] = {
    "full": "Whole film",
    "no-centre": "Central zone black",
    "centre": "Central zone alone",
}
SOURCES = {"seen": "Seen hospital", "unseen": "Unseen hospital"}


def render_protocols(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab."""
    del record
    say_what_failed()
    if chosen is None:
        st.markdown("Two ways of asking how good a model is, on films: bring some, or draw them.")
        phantom_button(lab, key="protocols")
        return
    if chosen.protocols is None:
        st.markdown(
            "The same small model is scored on these films in every combination of three choices: "
            "films or patients split, what of the film it sees, and whether the hospital was seen."
        )
        st.button(
            "Compare naive and honest",
            type="primary",
            icon=":material/balance:",
            key="compare-protocols",
            on_click=start_work,
            args=(
                lab,
                chosen.film_set.title,
                {"kind": "protocols", "film_set": chosen.film_set.id},
            ),
            disabled=work_under_way() is not None,
        )
        return
    _show(chosen, chosen.protocols)


def _show(chosen: Chosen, protocols: Protocols) -> None:
    naive, honest = protocols.scores[protocols.naive], protocols.scores[protocols.honest]
    left, right = st.columns([1.6, 1], gap="medium")
    with right:
        for (name, score), column in zip(
            (("Naive", naive), ("Honest", honest)), st.columns(2, gap="small"), strict=True
        ):
            with column:
                _score(name, score)
        st.markdown(plain_markdown(protocols.sentence))
        red_reasons(chosen.audit)
        if chosen.audit is not None and chosen.audit.level != "red":
            st.markdown(f"Audit: {level_badge(chosen.audit.level)}")
    with left:
        every = st.toggle(
            f"All {len(protocols.scores)} ways of asking",
            key="xr-every-way",
            help="Otherwise the steps from the naive way to the honest one.",
        )
        st.plotly_chart(
            protocols_chart(protocols, rows=None if every else steps(protocols)),
            key="protocols-chart",
            alt=protocols_alt(protocols),
            config={"displayModeBar": False},
        )
    st.markdown("**Ask in your own way**")
    _choose(protocols)
    with st.expander("All ways as a table"):
        st.dataframe(table(protocols), hide_index=True, key="protocols-table")
    st.caption(plain_markdown(f"The small model: {protocols.model}"))


def steps(protocols: Protocols) -> list[int]:
    """Return the places of the protocols on the way from the naive to the honest one.

    Each differs from the one before it by one choice: patients together, then the central zone
    alone, then a hospital that was not seen.
    """
    way: tuple[tuple[bool, Zone, bool], ...] = (
        (False, "full", False),
        (True, "full", False),
        (True, "centre", False),
    )
    asked = [(score.grouped, score.zone, score.unseen) for score in protocols.scores]
    return [*(asked.index(each) for each in way), protocols.honest]


def _score(name: str, score: ProtocolScore) -> None:
    st.metric(
        f"{name} (AUROC)",
        "not measurable" if score.auroc is None else f"{score.auroc:.2f}",
        delta=None
        if score.interval is None
        else f"{score.interval[0]:.2f} to {score.interval[1]:.2f} (95 %)",
        delta_color="off",
        delta_arrow="off",
        help=plain_markdown(_words(score)),
    )


def _words(score: ProtocolScore) -> str:
    words = protocol_words(grouped=score.grouped, zone=score.zone, unseen=score.unseen)
    return f"{words}; {score.films:,} films."


def _choose(protocols: Protocols) -> None:
    """Draw the three choices, and what comes out for them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        grouping = st.segmented_control(
            "Split", list(GROUPING), format_func=GROUPING.__getitem__, default="random",
            required=True, key="xr-grouping",
        )  # fmt: skip
        zone = st.segmented_control(
            "What the model sees", list(ZONES), format_func=ZONES.__getitem__, default="full",
            required=True, key="xr-zone",
            help="The central zone is a fixed ellipse, not a segmentation of the lungs.",
        )  # fmt: skip
        source = st.segmented_control(
            "Hospital of the test films", list(SOURCES), format_func=SOURCES.__getitem__,
            default="seen", required=True, key="xr-source-seen",
        )  # fmt: skip
    score = next(
        each
        for each in protocols.scores
        if (each.grouped, each.zone, each.unseen)
        == (grouping == "grouped", zone or "full", source == "unseen")
    )
    st.markdown(
        f"**Macro AUROC {plain_markdown(auroc_words(score))}.** {plain_markdown(score.sentence)}"
    )


def table(protocols: Protocols) -> dict[str, Any]:
    """Return every combination as columns."""
    scores = protocols.scores
    return {
        "Split": [GROUPING["grouped" if each.grouped else "random"] for each in scores],
        "Model sees": [ZONES[each.zone] for each in scores],
        "Hospital": [SOURCES["unseen" if each.unseen else "seen"] for each in scores],
        "Macro AUROC (95 %)": [auroc_words(each) for each in scores],
        "Films": [each.films for each in scores],
    }
