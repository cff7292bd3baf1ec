"""What the finished network got wrong: the confusion matrix, and the pictures behind a cell."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.charts.confusion import clicked_cell, confusion_alt, confusion_figure
from cnn_core.charts.noted import with_note
from cnn_core.charts.tiles import tile
from cnn_core.results.metrics import cell_members, confusion_matrix
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.training.cells import choose_cell
from cnn_core.ui.training.tested import Tested, tested_of

NOT_TESTED = "The test set is looked at once, when the run has finished."
_SHOWN = 24
_COLUMNS = 6
_PICTURE_PIXELS = 68


def mistakes_view(
    lab: Laboratory, record: RunRecord, *, thing: str = "digit", verb: str = "read as"
) -> None:
    """Draw the matrix; a click on a cell shows its pictures, the most confident first.

    Args:
        lab: for the run's files.
        record: the run.
        thing: what a class is, for the axes ("predicted digit").
        verb: what happens to one that is mistaken ("4 read as 9").

    Raises:
        DataError, WeightsError: the pictures or the predictions are no longer there.
    """
    if record.status != "finished":
        st.markdown(NOT_TESTED)
        return
    confusion_view(record, tested_of(lab, record), thing=thing, verb=verb)


def confusion_view(
    record: RunRecord, tested: Tested, *, thing: str, verb: str, note: str = ""
) -> None:
    """Draw the matrix of what was tested, and beside it the pictures of the chosen cell.

    Args:
        record: whose predictions they are.
        tested: the pictures and what was said of them.
        thing: see `mistakes_view`.
        verb: likewise.
        note: what whoever sees the matrix alone has to know of the pictures.
    """
    test = tested.pictures
    matrix = confusion_matrix(test.labels, tested.predictions, len(test.classes))
    left, right = st.columns([1.1, 1])
    with left:
        selection = st.plotly_chart(
            with_note(confusion_figure(matrix, test.classes, thing=thing, verb=verb), note),
            key=f"confusion-{record.id}",
            on_select="rerun",
            selection_mode="points",
            alt=confusion_alt(matrix, test.classes, verb=verb),
            config={"displayModeBar": False},
        )
    with right:
        clicked = clicked_cell(selection)
        cell = choose_cell(matrix, test.classes, clicked, verb=verb, key="cell")
        _pictures(tested, cell or (0, 0), verb)


def _pictures(tested: Tested, cell: tuple[int, int], verb: str) -> None:
    test, (true, predicted) = tested.pictures, cell
    sure = tested.confidences
    members = cell_members(test.labels, tested.predictions, sure, true, predicted, _SHOWN)
    if not len(members):
        st.markdown("No test image is in this cell.")
        return
    names = f"{test.classes[true]} {verb} {test.classes[predicted]}"
    shown = "" if len(members) < _SHOWN else f"the first {_SHOWN}, "
    st.image(
        tile(test.images[members], _COLUMNS, scale=2, gap=6),
        alt=f"{len(members)} test images: {names}.",
        width=_PICTURE_PIXELS * min(_COLUMNS, len(members)),
    )
    st.caption(
        f"{plain_markdown(names)}: {shown}the most confident first, from "
        f"{100 * sure[members[0]]:.1f} % down to {100 * sure[members[-1]]:.1f} %. "
        f"{numbers_text(tested.numbers[members])}"
    )


def numbers_text(numbers: NDArray[np.int64]) -> str:
    """Return which test images are meant, at most twelve of them.

    >>> numbers_text(np.array([4, 1_207]))
    'Test images no. 4, 1207'
    """
    some = ", ".join(str(int(number)) for number in numbers[:12])
    return f"Test images no. {some}{' …' if len(numbers) > 12 else ''}"
