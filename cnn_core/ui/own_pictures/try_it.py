"""The tab "Try it": what the network says of a new picture, what it resembles, and "none of these".

The inspector of this server answers, so that the tab needs PyTorch, as the inspector's page does.
"""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from cnn_core.charts.inspection import probability_bars
from cnn_core.charts.wording import percent
from cnn_core.results.judgement import TriedPicture
from cnn_core.results.pictures import Plan
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.inspector.engine import inspector, wait_for_torch
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.heat import heat_view
from cnn_core.ui.own_pictures.photos import Asked, choose_photos
from cnn_core.ui.own_pictures.state import Chosen, plan_of, show_tab
from cnn_core.ui.own_pictures.thumbnails import small_picture

if TYPE_CHECKING:
    from cnn_core.runtime.inspection import Inspector

_SIDE, _NEIGHBOUR = 320, 96
_BARS = 6
_TABLE = "own-tried-table"


def render_try_it(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab.

    Args:
        lab: this server's.
        chosen: the pictures that are open, None if none are.
        record: the run that is open, None if none is.

    Raises:
        CnnLabError: the network, or what it said of its own pictures, cannot be read.
    """
    if chosen is None or record is None or record.status != "finished":
        needs_finished_run(record, "here it is asked about pictures that it has never seen")
        return
    plan = plan_of(chosen.store, record)
    if plan is None:
        return
    asked = choose_photos(chosen.snapshot, plan, chosen.store)
    wait_for_torch()
    answers = _answers(lab, record, asked)
    number = _choose(asked, answers) if len(asked) > 1 else 0
    _one(inspector(), chosen, record, plan, asked[number], answers[number])


def needs_finished_run(record: RunRecord | None, then: str) -> None:
    """Say what has to come before this tab shows anything, and lead there."""
    if record is None:
        st.markdown(f"Train a network first: {then}.")
    elif record.active:
        st.markdown(f"The network is still learning. When it has finished, {then}.")
    else:
        st.markdown(f"This run ended as {record.status}. Open one that has finished: {then}.")
    st.button("Go to training", on_click=show_tab, args=("Training",), icon=":material/tune:")


def _answers(lab: Laboratory, record: RunRecord, asked: list[Asked]) -> list[TriedPicture]:
    from cnn_core.runtime.try_pictures import try_picture

    engine, place, found = inspector(), st.empty(), []
    place.caption("Asking the network …")
    for number, each in enumerate(asked):
        if number:
            place.progress(number / len(asked), f"{number} of {len(asked)} pictures")
        photo = each.photo
        found.append(try_picture(engine, lab.settings, record.id, photo.name, photo.pixels))
    place.empty()
    return found


def _choose(asked: list[Asked], answers: list[TriedPicture]) -> int:
    """Draw all answers as a table; return the number of the chosen row."""
    strange = sum(answer.none_of_these for answer in answers)
    names = {"none of these": strange}
    for answer in answers:
        if not answer.none_of_these:
            names[_first(answer)] = names.get(_first(answer), 0) + 1
    said = ", ".join(f"{count} {name}" for name, count in names.items() if count)
    st.markdown(plain_markdown(f"{len(asked)} pictures: {said}. Choose one in the table."))
    table = pd.DataFrame(
        [
            {
                "picture": answer.name,
                "answer": "none of these" if answer.none_of_these else _first(answer),
                "probability": 100 * answer.probabilities[_first(answer)],
                "distance": answer.distance,
            }
            for answer in answers
        ]
    )
    event = st.dataframe(
        table,
        key=_TABLE,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(35 * (len(asked) + 1) + 3, 240),
        column_config={
            "probability": st.column_config.NumberColumn(format="%.1f %%"),
            "distance": st.column_config.NumberColumn(
                format="%.3f", help="Mean cosine distance to the nearest training pictures."
            ),
        },
        alt="Answer, probability and distance of each picture.",
    )
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(asked) else 0


def _first(answer: TriedPicture) -> str:
    return max(answer.probabilities, key=answer.probabilities.__getitem__)


def _one(
    engine: "Inspector",
    chosen: Chosen,
    record: RunRecord,
    plan: Plan,
    asked: Asked,
    answer: TriedPicture,
) -> None:
    """Draw everything about one picture."""
    left, right = st.columns([1, 1.6], gap="medium")
    order = sorted(answer.probabilities, key=answer.probabilities.__getitem__, reverse=True)
    with right:
        icon = ":material/help:" if answer.none_of_these else ":material/check_circle:"
        head = "None of these" if answer.none_of_these else f"{order[0]}, {_sure(answer, order[0])}"
        st.markdown(f"#### {icon} {plain_markdown(head)}")
        st.markdown(plain_markdown(_truth(asked, order[0]) + answer.sentence))
        indices = {name: index for index, name in enumerate(plan.classes)}
        top = [(indices[name], name, answer.probabilities[name]) for name in order[:_BARS]]
        st.plotly_chart(
            probability_bars(top, chosen=indices[order[0]]),
            key=f"own-try-bars-{record.id}",
            alt="; ".join(f"{name} {percent(share)}" for _, name, share in top),
            config={"displayModeBar": False},
        )
    _neighbours(chosen, answer)
    with left:  # last: a heat map takes seconds, and the answer is to be read meanwhile
        heat_view(engine, record, plan, asked.photo, order)


def _sure(answer: TriedPicture, name: str) -> str:
    return percent(answer.probabilities[name])


def _truth(asked: Asked, said: str) -> str:
    if not asked.truth:
        return ""
    right = "right" if said == asked.truth else f"wrong, it is of the class {asked.truth}"
    return f"A {asked.part} picture of your folder: the answer is {right}. "


def _neighbours(chosen: Chosen, answer: TriedPicture) -> None:
    """Draw the nearest training pictures with their classes."""
    st.markdown(
        "**The nearest training pictures**",
        help="Nearest in what the network makes of them before its last layers: the cosine of the "
        "two, 1 for the same, is under each.",
    )
    drawn = " · synthetic" if chosen.snapshot.synthetic else ""
    with st.container(horizontal=True, gap="small"):
        for neighbour in answer.neighbours:
            pixels = small_picture(chosen.store, chosen.snapshot, neighbour.picture, _NEIGHBOUR)
            caption = f"{neighbour.label} · {neighbour.similarity:.2f}{drawn}"
            if pixels is None:
                st.caption(plain_markdown(f"{caption} (gone)"), width=_NEIGHBOUR)
            else:
                st.image(
                    pixels,
                    caption=plain_markdown(caption),
                    width=_NEIGHBOUR,
                    alt=f"Training picture of class {neighbour.label}.",
                )
