"""What the finished network got wrong: the confusion matrix, and the pictures behind a cell."""

from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.charts.confusion import clicked_cell, confusion_alt, confusion_figure
from cnn_core.charts.tiles import tile
from cnn_core.data.images import ImageSet
from cnn_core.errors import DataError
from cnn_core.results.metrics import cell_members, confusion_matrix
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.files import PREDICTIONS_FILE, read_probabilities
from cnn_core.ui.lab import Laboratory

_SHOWN = 24
_COLUMNS = 6
_PICTURE_PIXELS = 68


def mistakes_view(lab: Laboratory, record: RunRecord) -> None:
    """Draw the matrix; a click on a cell shows its pictures, the most confident first.

    Raises:
        DataError, WeightsError: the pictures or the predictions are no longer there.
    """
    if record.status != "finished":
        st.markdown("The test set is looked at once, when the run has finished.")
        return
    probabilities = read_probabilities(lab.store.folder / record.id / PREDICTIONS_FILE)
    test = _test_set(record)
    predictions = probabilities.argmax(axis=1).astype(np.int64)
    matrix = confusion_matrix(test.labels, predictions, len(test.classes))
    left, right = st.columns([1.1, 1])
    with left:
        selection = st.plotly_chart(
            confusion_figure(matrix, test.classes),
            key=f"confusion-{record.id}",
            on_select="rerun",
            selection_mode="points",
            alt=confusion_alt(matrix, test.classes),
            config={"displayModeBar": False},
        )
    cell = clicked_cell(selection)
    with right:
        cell = _choose_by_keyboard(matrix, cell, test.classes)
        _pictures(test, predictions, probabilities, cell)


def _test_set(record: RunRecord) -> ImageSet:
    dataset = cached_dataset(record.dataset.source, Path(record.dataset.location or "."))
    if dataset.fingerprint != record.dataset.fingerprint:
        raise DataError(
            "The data set has changed since this run: its mistakes cannot be shown any more.",
            hint="Train a new run with the data as it is now.",
        )
    return dataset.test


def _choose_by_keyboard(
    matrix: NDArray[np.int64], clicked: tuple[int, int] | None, classes: tuple[str, ...]
) -> tuple[int, int]:
    """Offer the wrong cells as a list, which works without a mouse; a click comes before it."""
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(wrong, axis=None, kind="stable")[::-1]
    cells = [(int(i // len(matrix)), int(i % len(matrix))) for i in order if wrong.flat[i]]
    if clicked is not None:
        cells = [clicked, *(cell for cell in cells if cell != clicked)]
    if not cells:
        return 0, 0

    def words(cell: tuple[int, int]) -> str:
        true, predicted = cell
        count = int(matrix[true, predicted])
        return f"{classes[true]} read as {classes[predicted]} ({count})"

    return st.selectbox(
        "Click a cell of the matrix, or choose one here",
        cells,
        format_func=words,
        key=f"cell-{clicked}",
    )


def _pictures(
    test: ImageSet,
    predictions: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    cell: tuple[int, int],
) -> None:
    true, predicted = cell
    confidences = probabilities[np.arange(len(predictions)), predictions].astype(np.float64)
    members = cell_members(test.labels, predictions, confidences, true, predicted, _SHOWN)
    if not len(members):
        st.markdown("No test image is in this cell.")
        return
    most = confidences[members[0]]
    names = f"{test.classes[true]} read as {test.classes[predicted]}"
    shown = "" if len(members) < _SHOWN else f"the first {_SHOWN}, "
    st.image(
        tile(test.images[members], _COLUMNS, scale=2, gap=6),
        alt=f"{len(members)} test images: {names}.",
        width=_PICTURE_PIXELS * min(_COLUMNS, len(members)),
    )
    st.caption(
        f"{names}: {shown}the most confident first, from {100 * most:.1f} % down to "
        f"{100 * confidences[members[-1]]:.1f} %. Test images no. "
        + ", ".join(str(int(index)) for index in members[:12])
        + (" …" if len(members) > 12 else "")
    )
