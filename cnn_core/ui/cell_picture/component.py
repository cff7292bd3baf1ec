"""The component's Python side: the picture goes in, a cell's number comes back and is checked."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from cnn_core.results.inspection import Box

_FOLDER = Path(__file__).parent
_NAME = "cell_picture"


def _text(suffix: str) -> str:
    return (_FOLDER / f"{_NAME}.{suffix}").read_text(encoding="utf-8")


_mount = st.components.v2.component(_NAME, html=_text("html"), css=_text("css"), js=_text("js"))


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Equal cells in rows from the top left, as a picture is divided.

    Attributes:
        count: how many there are; the last row may be shorter.
        columns: a row.
        width, height: of one, in the picture's pixels.
        gap: between two and round all, in the picture's pixels.
        noun: what one is, in the singular ("map").
    """

    count: int
    columns: int
    width: float
    height: float
    gap: float = 0.0
    noun: str = "cell"


def cell_picture(
    image: bytes,
    size: tuple[int, int],
    *,
    key: str,
    alt: str,
    cells: Cells | None = None,
    chosen: int | None = None,
    on_choose: Callable[[int], None] | None = None,
    boxes: Sequence[Box] = (),
    widest: int = 1024,
    pixelated: bool = False,
) -> None:
    """Draw a picture, its boxes and its chosen cell; call `on_choose` where a person chooses one.

    Args:
        image: a PNG or JPEG file.
        size: the width and height that cells and boxes are measured in; the file may have more
            pixels, in the same proportion.
        key: names this picture on its page.
        alt: what is to be seen, for those who do not see it.
        cells: how it is divided; None for a picture that is only looked at.
        chosen: the cell that is outlined.
        on_choose: called with a cell's number from 0 to count - 1, before the script runs again.
        boxes: drawn as frames, in units of `size`; what reaches beyond is cut off.
        widest: in CSS pixels; it is narrower where the page is.
        pixelated: enlarge pixels to squares instead of smoothing them.

    Raises:
        ValueError: a cell is chosen that is not there.
    """
    if chosen is not None and not (cells and 0 <= chosen < cells.count):
        raise ValueError(f"expected a cell that is there, but got {chosen} of {cells}.")

    def heard() -> None:
        number = read_choice(st.session_state.get(key), cells.count if cells else 0)
        if number is not None and on_choose is not None:
            on_choose(number)

    width, height = size
    _mount(
        key=key,
        data={
            "image": f"data:{_mime(image)};base64,{base64.b64encode(image).decode('ascii')}",
            "width": width,
            "height": height,
            "widest": widest,
            "pixelated": pixelated,
            "alt": alt,
            "chosen": -1 if chosen is None else chosen,
            "boxes": [number for box in boxes for number in _inside(box, width, height)],
            "count": cells.count if cells else 0,
            "columns": cells.columns if cells else 1,
            "cell_width": cells.width if cells else width,
            "cell_height": cells.height if cells else height,
            "gap": cells.gap if cells else 0.0,
            "noun": cells.noun if cells else "",
        },
        on_chosen_change=heard,
    )


def read_choice(state: Any, count: int) -> int | None:  # noqa: ANN401 - comes from a browser
    """Return the cell that a browser says was chosen; None where it says nothing sensible.

    >>> [read_choice({"chosen": sent}, 4) for sent in (3, 4, "1", True)]
    [3, None, None, None]
    """
    number = state.get("chosen") if hasattr(state, "get") else None
    return number if type(number) is int and 0 <= number < count else None


def _mime(image: bytes) -> str:
    return "image/png" if image.startswith(b"\x89PNG") else "image/jpeg"


def _inside(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of what of the box lies in the picture."""
    left, top = max(0, box.left), max(0, box.top)
    return left, top, max(0, min(width, box.right) - left), max(0, min(height, box.bottom) - top)
