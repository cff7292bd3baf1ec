"""What a view is downloaded as: a PNG with its caption, and arrays as an .npz.

The caption stands under the picture, where it survives a slide or a paper, and once more as plain
text in the file's metadata. It is drawn in the font that comes inside Pillow, which has Latin
letters without accents: others lose theirs, or become a question mark, in the drawing only.
"""

import io
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

Pixels = NDArray[np.uint8]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_MARGIN = 16
_LEAST_WIDTH = 480
_GROUND, _INK = "#FFFFFF", "#0F1419"
_PLAIN = str.maketrans("×–’“”", 'x-\'""') | {0x2212: "-", 0x2014: "-", 0x2026: "..."}


def _plain(text: str) -> str:
    """The nearest ASCII: what the font has."""
    bare = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    letters = (sign for sign in bare if not unicodedata.combining(sign))
    return "".join(sign if " " <= sign <= "~" else "?" for sign in letters)


def _fitting(text: str, width: int, font: Font) -> int:
    """How many letters of a text that is too wide fit, at least one."""
    fits, too_many = 1, len(text)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if font.getlength(text[:middle]) <= width:
            fits = middle
        else:
            too_many = middle
    return fits


def _wrapped(text: str, width: int, font: Font) -> Iterator[str]:
    """Break a line where it would be wider than `width`; within a word if the word alone is."""
    line = ""
    for word in text.split(" "):
        if line and font.getlength(f"{line} {word}") <= width:
            line = f"{line} {word}"
            continue
        if line:
            yield line
        line = word
        while font.getlength(line) > width:
            fits = _fitting(line, width, font)
            yield line[:fits]
            line = line[fits:]
    yield line


def _on_ground(pixels: Pixels) -> Image.Image:
    picture = Image.fromarray(pixels)
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, _GROUND)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _validate_pixels(pixels: Pixels) -> None:
    if (
        pixels.ndim != 3
        or pixels.shape[2] not in (3, 4)
        or pixels.dtype != np.uint8
        or not pixels.size
    ):
        raise ValueError(
            f"expected uint8 pixels (H, W, 3) or (H, W, 4), but got {pixels.dtype} {pixels.shape}."
        )


def captioned_png(
    pixels: Pixels, lines: Sequence[str], *, legend: Pixels | None = None, size: int = 16
) -> bytes:
    """Return a picture with a caption under it as a PNG file, on white.

    Args:
        pixels: uint8 `(H, W, 3)` or, with opacity, `(H, W, 4)`, 0 to 255.
        lines: the caption: network, weights, layer, normalisation, ...; long ones are wrapped, and
            control characters in them are dropped.
        legend: another picture between the two, such as `scales.colour_bar`.
        size: of the letters, in pixels.

    Returns:
        The file; its metadata has the caption as "Description" and nothing else but "Software".

    Raises:
        ValueError: another shape or dtype.

    >>> captioned_png(np.zeros((9, 9, 3), np.uint8), ["AlexNet, layer features.0"])[1:4]
    b'PNG'
    """
    pictures = [pixels] if legend is None else [pixels, legend]
    for each in pictures:
        _validate_pixels(each)
    clean = [" ".join("".join(c if c.isprintable() else " " for c in s).split()) for s in lines]
    font = ImageFont.load_default(size=size)
    width = max(_LEAST_WIDTH, *(each.shape[1] for each in pictures)) + 2 * _MARGIN
    drawn = [part for line in clean for part in _wrapped(_plain(line), width - 2 * _MARGIN, font)]
    step = round(size * 1.4)
    height = sum(each.shape[0] + _MARGIN for each in pictures) + step * len(drawn) + _MARGIN
    page = Image.new("RGB", (width, height + (_MARGIN if drawn else 0)), _GROUND)
    top = _MARGIN
    for each in pictures:
        page.paste(_on_ground(each), (_MARGIN, top))
        top += each.shape[0] + _MARGIN
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(drawn):
        draw.text((_MARGIN, top + number * step + size), line, fill=_INK, font=font, anchor="ls")
    about, file = PngInfo(), io.BytesIO()
    about.add_itxt("Description", "\n".join(clean))
    about.add_itxt("Software", "CNN Lab")
    page.save(file, "PNG", pnginfo=about)
    return file.getvalue()


def npz_bytes(**arrays: NDArray[Any] | str) -> bytes:
    """Return arrays by name as a compressed .npz file, which `numpy.load` reads without pickle.

    Args:
        arrays: numbers, or text (a caption).

    Raises:
        ValueError: there is none, or one holds Python objects.

    >>> with np.load(io.BytesIO(npz_bytes(maps=np.arange(3), about="conv1"))) as file:
    ...     file["maps"].tolist(), str(file["about"])
    ([0, 1, 2], 'conv1')
    """
    plain = {name: np.asarray(values) for name, values in arrays.items()}
    objects = [name for name, values in plain.items() if values.dtype.hasobject]
    if not plain or objects:
        raise ValueError(f"expected arrays of numbers or text, but got {objects or 'none'}.")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in plain.items():
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, values, allow_pickle=False)
    return file.getvalue()
