"""Small pictures on one sheet: a page of them is one image, however many pictures there are."""

import functools
import io
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnn_core.data.pictures.store import PictureStore
from cnn_core.data.pictures.thumbnails import thumbnail
from cnn_core.errors import CnnLabError
from cnn_core.results.pictures import Snapshot
from cnn_core.ui.cell_picture.component import Cells

PAGE = 48
COLUMNS = 8
SIDE, GAP = 96, 6
_KEPT = 64  # sheets, about 200 kB each
_FADED = 0.25  # of the colour of a picture that is left out
_GROUNDS = {"light": (238, 240, 243), "dark": (26, 33, 43)}
_PAGES = {"light": (255, 255, 255), "dark": (15, 20, 25)}
_STRIP, _BADGE, _WHITE = (23, 32, 43), (0, 114, 178), (255, 255, 255)

Theme = str
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One picture on a sheet.

    Attributes:
        place: in `Snapshot.pictures`.
        excluded: whether it was left out: it is faded and crossed.
        badge: a few characters in its corner: its group, or that it has another class now.
    """

    place: int
    excluded: bool = False
    badge: str = ""


def cells_of(count: int) -> Cells:
    """Return how a sheet of so many pictures is divided."""
    columns = min(count, COLUMNS)
    return Cells(count=count, columns=columns, width=SIDE, height=SIDE, gap=GAP, noun="picture")


def sheet_size(count: int) -> tuple[int, int]:
    """Return width and height in pixels of a sheet of so many pictures, 1 or more.

    >>> sheet_size(1), sheet_size(9)
    ((108, 108), (822, 210))
    """
    columns, rows = min(count, COLUMNS), -(-count // COLUMNS)
    return columns * (SIDE + GAP) + GAP, rows * (SIDE + GAP) + GAP


_sheets: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
_lock = Lock()


def sheet(
    store: PictureStore, snapshot: Snapshot, shown: tuple[Shown, ...], theme: Theme = "light"
) -> bytes:
    """Return the pictures side by side as a JPEG file, the last ones kept for all sessions.

    A picture that cannot be read any more is an empty cell. Drawn pictures say that they are.

    Args:
        store: where they are.
        snapshot: of which.
        shown: which, 1 or more.
        theme: "light" or "dark": what is between them.
    """
    key = (store.home, snapshot.id, shown, theme)
    with _lock:
        if key in _sheets:
            _sheets.move_to_end(key)
            return _sheets[key]
    made = _draw(store, snapshot, shown, theme)
    with _lock:
        _sheets[key] = made
        while len(_sheets) > _KEPT:
            _sheets.popitem(last=False)
    return made


def small_picture(store: PictureStore, snapshot: Snapshot, place: int, side: int) -> Pixels | None:
    """Return one picture, uint8 (H, W, 3), at most `side` high and wide; None if it is gone."""
    try:
        return thumbnail(store, snapshot.pictures[place], side=side)
    except CnnLabError:
        return None


def _draw(store: PictureStore, snapshot: Snapshot, shown: tuple[Shown, ...], theme: Theme) -> bytes:
    image = Image.new("RGB", sheet_size(len(shown)), _PAGES[theme])
    draw = ImageDraw.Draw(image)
    read = functools.partial(small_picture, store, snapshot, side=SIDE)
    with ThreadPoolExecutor(2, "cnn-lab-thumbnails") as readers:
        pixels = list(readers.map(read, [each.place for each in shown]))
    for number, (each, small) in enumerate(zip(shown, pixels, strict=True)):
        left = GAP + number % COLUMNS * (SIDE + GAP)
        top = GAP + number // COLUMNS * (SIDE + GAP)
        draw.rectangle((left, top, left + SIDE - 1, top + SIDE - 1), _GROUNDS[theme])
        if small is not None:
            picture = Image.fromarray(small)
            if each.excluded:
                ground = Image.new("RGB", picture.size, _GROUNDS[theme])
                picture = Image.blend(ground, picture.convert("L").convert("RGB"), _FADED)
            at = left + (SIDE - picture.width) // 2, top + (SIDE - picture.height) // 2
            image.paste(picture, at)
        if each.excluded:
            _cross(draw, left, top)
        if each.badge:
            _label(draw, left, top, each.badge, _BADGE)
        if snapshot.synthetic:
            _label(draw, left, top + SIDE - 17, "synthetic", _STRIP)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _cross(draw: ImageDraw.ImageDraw, left: int, top: int) -> None:
    colour, low, high = (213, 94, 0), 14, SIDE - 15
    draw.line((left + low, top + low, left + high, top + high), colour, 4)
    draw.line((left + low, top + high, left + high, top + low), colour, 4)


@functools.cache
def _font() -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(13)


def _label(
    draw: ImageDraw.ImageDraw, left: int, top: int, text: str, colour: tuple[int, int, int]
) -> None:
    wide = round(draw.textlength(text, _font())) + 8
    draw.rectangle((left, top, left + wide, top + 16), colour)
    draw.text((left + 4, top), text, _WHITE, _font())
