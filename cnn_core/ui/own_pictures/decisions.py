"""Leaving pictures out, giving them another class, and taking either back: actions and words."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.data.pictures.decisions import decided
from cnn_core.results.pictures import Decision, Snapshot
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.own_pictures.state import Chosen, Step, decide, steps_of, undo


@guarded
def exclude(snapshot_id: str, places: Sequence[int]) -> None:
    """Leave pictures out. For callbacks, as the two below."""
    decide(snapshot_id, [Decision(picture=place, action="exclude") for place in places])


@guarded
def relabel(snapshot: Snapshot, places: Sequence[int], label: str) -> None:
    """Give pictures another class; those that came in it are simply taken back."""
    decide(
        snapshot.id,
        [
            Decision(picture=place, action="keep")
            if snapshot.pictures[place].label == label
            else Decision(picture=place, action="relabel", label=label)
            for place in places
        ],
    )


@guarded
def keep(snapshot_id: str, places: Sequence[int]) -> None:
    """Take back what was decided of pictures."""
    decide(snapshot_id, [Decision(picture=place, action="keep") for place in places])


@guarded
def take_back(snapshot_id: str) -> None:
    """Undo the last step."""
    undo(snapshot_id)


def undo_button(chosen: Chosen) -> None:
    """Offer to undo the last step, where there is one; the button says which."""
    steps = steps_of(chosen.snapshot.id)
    if steps:
        st.button(
            f"Undo: {plain_markdown(step_words(chosen.snapshot, steps[-1]))}",
            icon=":material/undo:",
            key="undo-decision",
            on_click=take_back,
            args=(chosen.snapshot.id,),
        )


def step_words(snapshot: Snapshot, step: Step, *, named: bool = False) -> str:
    """Return what one click decided, in words, not escaped ("leave out 3 pictures").

    Args:
        snapshot: of which pictures.
        step: the decisions of one click, at least one.
        named: whether a single picture is named.
    """
    count = len(step)
    which = "1 picture" if count == 1 else f"{count:,} pictures"
    if named and count == 1:
        which = snapshot.pictures[step[0].picture].name
    actions = {each.action for each in step}
    labels = {each.label for each in step} - {""}
    if actions == {"keep"}:
        return f"take back what was decided of {which}"
    if actions == {"exclude"}:
        return f"leave out {which}"
    if "exclude" not in actions and len(labels) == 1:
        return f"call {which} {labels.pop()}"
    return f"decide on {which} as the run did"


def decided_words(chosen: Chosen) -> str:
    """Return what is decided altogether, in words ("2 left out, 1 with another class")."""
    actions = [each.action for each in decided(chosen.snapshot, chosen.decisions).values()]
    left_out, renamed = actions.count("exclude"), actions.count("relabel")
    parts = [f"{left_out:,} left out"] if left_out else []
    parts += [f"{renamed:,} with another class"] if renamed else []
    return ", ".join(parts) or "nothing is decided"
