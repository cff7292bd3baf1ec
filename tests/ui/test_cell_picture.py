"""The clickable picture's Python side: what goes in is measured, what comes back is checked."""

import re
from pathlib import Path

import pytest

from cnn_core.results.inspection import Box
from cnn_core.ui.cell_picture import Cells, cell_picture, component

FOLDER = Path(component.__file__).parent
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def mounted(monkeypatch):
    """Return what the component was mounted with, instead of mounting it."""
    calls = []
    monkeypatch.setattr(component, "_mount", lambda **options: calls.append(options))
    return calls


def test_boxes_are_cut_off_at_the_pictures_edges(mounted):
    boxes = [Box(top=-2, left=3, bottom=5, right=40), Box(top=50, left=0, bottom=60, right=4)]
    cell_picture(PNG, (30, 20), key="picture", alt="A picture.", boxes=boxes)
    (call,) = mounted
    assert call["data"]["boxes"] == [3, 0, 27, 5, 0, 50, 4, 0]
    assert call["data"]["count"] == 0
    assert call["data"]["image"].startswith("data:image/png;base64,")


@pytest.mark.parametrize("chosen", [-1, 4, 7])
def test_cell_that_is_not_there_cannot_be_chosen(mounted, chosen):
    cells = Cells(count=4, columns=2, width=10, height=10)
    with pytest.raises(ValueError, match="expected a cell that is there"):
        cell_picture(PNG, (20, 20), key="picture", alt="", cells=cells, chosen=chosen)
    assert not mounted


def test_choice_of_a_browser_is_handed_on_only_if_there_is_such_a_cell(mounted, monkeypatch):
    heard = []
    state = {}
    monkeypatch.setattr(component.st, "session_state", state)
    cells = Cells(count=4, columns=2, width=10, height=10)
    cell_picture(PNG, (20, 20), key="picture", alt="", cells=cells, on_choose=heard.append)
    (call,) = mounted
    for sent in (3, 4, -1, "1", None, 0):
        state["picture"] = {"chosen": sent}
        call["on_chosen_change"]()
    state.clear()
    call["on_chosen_change"]()
    assert heard == [3, 0]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.[jc]*s*")), ids=lambda path: path.name)
def test_script_and_style_stay_short_and_fetch_nothing(path):
    text = path.read_text(encoding="utf-8")
    assert 0 < text.count("\n") < 300
    assert not re.search(r"fetch\(|XMLHttpRequest|import\b|eval\(|innerHTML", text)
    assert re.findall(r"https?://[^\"' ]+", text) in ([], ["http://www.w3.org/2000/svg"])
