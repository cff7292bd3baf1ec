"""The confusion matrix: what it shows, what a click on it reports."""

import json

import numpy as np
import pytest

from cnn_core.charts import palette
from cnn_core.charts.confusion import (
    clicked_cell,
    confusion_alt,
    confusion_figure,
    confusion_title,
)


@pytest.fixture
def matrix():
    counts = np.diag(np.full(10, 980)).astype(np.int64)
    counts[4, 9], counts[7, 2], counts[3, 5] = 9, 4, 1
    return counts


def test_the_title_says_how_many_and_what_most_often(matrix):
    assert confusion_title(matrix) == "14 of 9,814 wrong; most often 4 read as 9 (9 times)"
    assert confusion_title(np.diag([5, 5])) == "All 10 right"
    assert "appears" in confusion_title(np.zeros((3, 3), dtype=np.int64))
    assert confusion_alt(matrix).endswith("(9 times).")


def test_every_cell_reports_itself_when_clicked(matrix):
    layer = confusion_figure(matrix).data[-1]
    assert layer.marker.opacity == 0
    for x, y, data in zip(layer.x, layer.y, layer.customdata, strict=True):
        assert (y, x) == tuple(data)
    assert len({tuple(data) for data in layer.customdata}) == 100


def test_rows_run_downwards_and_both_axes_are_named(matrix):
    layout = confusion_figure(matrix).layout
    assert layout.yaxis.range == (9.5, -0.5)
    assert layout.yaxis.title.text == "true digit"
    assert layout.xaxis.title.text == "predicted digit"


def test_counts_are_written_where_there_are_any_and_are_large_enough(matrix):
    notes = confusion_figure(matrix).layout.annotations
    assert len(notes) == np.count_nonzero(matrix)
    assert min(note.font.size for note in notes) >= 14
    assert ">9</span>" in next(note.text for note in notes if (note.y, note.x) == (4, 9))


def test_mistakes_are_coloured_by_their_number_and_the_diagonal_is_not(matrix):
    mistakes, diagonal, _ = confusion_figure(matrix).data
    shades = np.array(mistakes.z)
    assert shades[4, 9] > shades[7, 2] > shades[3, 5] > 0
    assert shades[4, 9] < 3 * shades[7, 2]  # rare mistakes are seen beside frequent ones
    assert (np.diag(shades) == 0).all()
    assert np.isnan(np.array(diagonal.z)[4, 9])


def blend(color, alpha, background):
    pairs = [(int(color[i : i + 2], 16), int(background[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(alpha * top + (1 - alpha) * low):02X}" for top, low in pairs)


@pytest.mark.parametrize(("ground", "ink"), [("#FFFFFF", "#17202B"), ("#0F1419", "#E8EDF3")])
def test_counts_can_be_read_on_the_strongest_cell(matrix, ground, ink):
    mistakes, diagonal, _ = confusion_figure(matrix).data
    for trace, color in ((mistakes, palette.VALIDATION), (diagonal, palette.REFERENCE)):
        alpha = float(trace.colorscale[-1][1].rsplit(",", 1)[1].rstrip(")"))
        assert palette.contrast(blend(color, alpha, ground), ink) >= 4.5


def test_the_figure_has_no_ground_of_its_own_and_no_nan_in_its_json(matrix):
    figure = confusion_figure(matrix)
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == palette.TRANSPARENT
    json.loads(figure.to_json(), parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))


@pytest.mark.parametrize("counts", [np.diag([5, 5]), np.zeros((3, 3), dtype=np.int64), [[7]]])
def test_a_matrix_without_mistakes_is_drawn_too(counts):
    assert len(confusion_figure(np.array(counts)).data) == 3


def test_names_are_not_read_as_html():
    figure = confusion_figure(np.array([[5, 3], [0, 5]]), ["<b>a</b>", "b"], thing="class")
    assert "<b>" not in figure.layout.title.text.replace("<br>", "")
    assert figure.layout.xaxis.ticktext[0] == "&lt;b&gt;a&lt;/b&gt;"


def test_many_classes_are_drawn_without_counts():
    assert not confusion_figure(np.eye(30, dtype=np.int64)).layout.annotations


def test_the_matrix_is_left_as_it_was(matrix):
    before = matrix.copy()
    confusion_figure(matrix)
    np.testing.assert_array_equal(matrix, before)


def test_what_is_no_confusion_matrix_is_refused(matrix):
    with pytest.raises(ValueError, match=r"expected a square matrix \(C, C\), but its shape is"):
        confusion_figure(matrix[:3])
    with pytest.raises(ValueError, match="expected 10 class names, but got 2"):
        confusion_figure(matrix, ["a", "b"])


@pytest.mark.parametrize(
    ("event", "cell"),
    [
        ({"selection": {"points": [{"customdata": [4, 9]}]}}, (4, 9)),
        ({"points": [{"customdata": [4, 9]}]}, (4, 9)),
        ({"points": [{"customdata": {"0": 4, "1": 9}}]}, (4, 9)),
        ({"points": [{"curve_number": 0}, {"customdata": [1, 2]}]}, (1, 2)),
        ({"selection": {"points": [], "box": []}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_click_is_read_from_streamlits_event(event, cell):
    assert clicked_cell(event) == cell
