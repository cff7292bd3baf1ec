"""The choice of a cell of a confusion matrix: by a click, or from a list, which needs no mouse."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

Cell = tuple[int, int]


def choose_cell(
    matrix: NDArray[np.int64],
    names: Sequence[str],
    clicked: Cell | None,
    *,
    verb: str,
    key: str,
) -> Cell | None:
    """Offer the wrong cells as a list, the fullest first; one that was clicked comes before them.

    Args:
        matrix: counts, int64 `(C, C)`; rows are true classes, columns predicted ones.
        names: of the C classes.
        clicked: the cell of the figure that was clicked, None if none was.
        verb: what happens to one that is mistaken ("4 read as 9").
        key: of the list, together with what was clicked.

    Returns:
        (true class, predicted class); None where nothing is wrong and nothing was clicked.
    """
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(wrong, axis=None, kind="stable")[::-1]
    cells = [(int(i // len(matrix)), int(i % len(matrix))) for i in order if wrong.flat[i]]
    if clicked is not None:
        cells = [clicked, *(cell for cell in cells if cell != clicked)]
    if not cells:
        return None

    def words(cell: Cell) -> str:
        true, predicted = cell
        return f"{names[true]} {verb} {names[predicted]} ({int(matrix[true, predicted])})"

    return st.selectbox(
        "Click a cell of the matrix, or choose one here",
        cells,
        format_func=words,
        key=f"{key}-{clicked}",
    )
