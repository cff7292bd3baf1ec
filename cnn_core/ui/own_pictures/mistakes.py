"""What the network got wrong: the pictures behind a cell of the confusion matrix, the worst losses.

Each can be left out or given another class, and the run trained again.
"""

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.charts.confusion import clicked_cell, confusion_alt, confusion_figure
from cnn_core.charts.wording import percent, plural
from cnn_core.results.judgement import Judged, PartScore
from cnn_core.results.metrics import cell_members
from cnn_core.results.pictures import Part
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.again import offer_again
from cnn_core.ui.own_pictures.gallery import gallery
from cnn_core.ui.own_pictures.state import Chosen
from cnn_core.ui.training.cells import choose_cell

_VERB = "taken for"
_SAID = 3  # classes beside a picture
_BADGE = 11  # characters
PART_WORDS: dict[Part, str] = {"train": "training", "valid": "validation", "test": "test"}


def mistakes_view(
    lab: Laboratory, chosen: Chosen | None, record: RunRecord, score: PartScore, judged: Judged
) -> None:
    """Draw the matrix; a click on a cell shows its pictures, the most confident first."""
    matrix = np.array(score.confusion, dtype=np.int64)
    names = [each.label for each in score.classes]
    part = f"{PART_WORDS[score.part]} pictures"
    left, right = st.columns([1, 1.3], gap="medium")
    with left:
        selection = st.plotly_chart(
            confusion_figure(matrix, names, thing="class", verb=_VERB),
            key=f"confusion-{record.id}-{score.part}",
            on_select="rerun",
            selection_mode="points",
            alt=confusion_alt(matrix, names, part=part, verb=_VERB),
            config={"displayModeBar": False},
        )
    with right:
        clicked = clicked_cell(selection)
        cell = choose_cell(matrix, names, clicked, verb=_VERB, key="picture-cell")
        if cell is None:
            st.markdown(f"All {plural(score.size, 'picture')} are right.")
            return
        true, predicted = cell
        predictions = judged.probabilities.argmax(axis=1).astype(np.int64)
        sure = judged.probabilities.max(axis=1).astype(np.float64)
        members = cell_members(judged.labels, predictions, sure, true, predicted, len(predictions))
        what = (
            f"{names[true]} that are right"
            if true == predicted
            else f"{names[true]} {_VERB} {names[predicted]}"
        )
        _pictures(
            lab,
            chosen,
            record,
            judged,
            names,
            members,
            key=f"cell-{record.id}-{score.part}",
            what=f"{plural(len(members), 'picture')}: {what}, the most confident first.",
            narrow=True,
        )


def losses_view(
    lab: Laboratory, chosen: Chosen | None, record: RunRecord, score: PartScore, judged: Judged
) -> None:
    """Draw the pictures of the greatest loss: wrong names are found among these first."""
    _pictures(
        lab,
        chosen,
        record,
        judged,
        [each.label for each in score.classes],
        np.array(score.top_losses, dtype=np.int64),
        key=f"losses-{record.id}-{score.part}",
        what=f"The {PART_WORDS[score.part]} pictures whose own class got the least probability, "
        "the worst first, each with the class it was taken for. Pictures with a wrong name are "
        "often among them.",
    )


def _pictures(
    lab: Laboratory,
    chosen: Chosen | None,
    record: RunRecord,
    judged: Judged,
    names: list[str],
    members: NDArray[np.int64],
    *,
    key: str,
    what: str,
    narrow: bool = False,
) -> None:
    """Draw the pictures at `members` of `judged`, and what can be decided of each."""
    st.caption(plain_markdown(what))
    if chosen is None:
        st.markdown("The pictures of this run are no longer here.")
        return
    places = judged.pictures[members]
    row_of = dict(zip(places.tolist(), members.tolist(), strict=True))
    predictions = judged.probabilities.argmax(axis=1)
    badges = {
        place: _short(names[predictions[row]])
        for place, row in row_of.items()
        if predictions[row] != judged.labels[row]
    }
    said = _said(judged, names, row_of)
    gallery(chosen, places, key=key, badges=badges, alt=what, note=said, narrow=narrow)
    if judged.part == "test":
        st.caption(
            "Of test pictures mend only what is wrong for certain: a test that is cleared of what "
            "the network gets wrong says nothing any more."
        )
    offer_again(lab, chosen, record, key=f"{key}-again")


def _said(judged: Judged, names: list[str], row_of: dict[int, int]) -> Callable[[int], str]:
    """Return what says of a place in the snapshot what its class is and what the network said."""

    def words(place: int) -> str:
        row = row_of[place]
        given = judged.probabilities[row]
        said = ", ".join(
            f"{plain_markdown(names[index])} {percent(float(given[index]))}"
            for index in np.argsort(-given, kind="stable")[:_SAID]
        )
        return f"**{plain_markdown(names[judged.labels[row]])}**  \n:small[The network: {said}]"

    return words


def _short(name: str) -> str:
    return name if len(name) <= _BADGE else f"{name[: _BADGE - 1]}…"
