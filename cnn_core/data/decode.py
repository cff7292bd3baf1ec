"""Bytes of an upload to RGB pixels: the one picture decoder of the project.

The content decides the format, never the name. Size and pixel limits hold before anything is
decoded; only the first frame or page is read; nothing but pixels comes out (no EXIF, no comments,
no trailing archive). Refused in one sentence each: empty, too large, not one of `FORMATS`,
truncated, damaged, values that are not numbers. Safe to call from several threads.
"""

import io
import struct
import threading
import warnings
import zlib
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cnn_core.errors import PictureError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
MAX_BYTES = 32 * 2**20
MAX_PIXELS = 64_000_000

_HINT = "Open the picture in another program and save it as PNG or JPEG."
_EXIF_ORIENTATION = 0x0112
_BLANK_SPREAD = 3  # grey levels: what lossy compression makes of one colour
# What Pillow's plugins are known to raise on damaged files.
PILLOW_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    EOFError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    struct.error,
    zlib.error,
)
_filters_lock = threading.Lock()
_Pixel = TypeVar("_Pixel", bound=np.generic)


def _too_many_pixels(max_pixels: int, size: tuple[int, int] | None = None) -> PictureError:
    came = f"{size[0]:,} x {size[1]:,} pixels" if size else "far more pixels"
    return PictureError(
        f"The picture declares {came}, but at most {max_pixels / 1e6:g} million can be read.",
        hint="Make the picture smaller and try again.",
    )


def validate_payload(payload: bytes, max_bytes: int = MAX_BYTES) -> None:
    """Refuse an empty file, and one of more than `max_bytes`, with a `PictureError`."""
    if not payload:
        raise PictureError("The file is empty (0 bytes).", hint="Choose another file.")
    if len(payload) > max_bytes:
        raise PictureError(
            f"The file has {len(payload) / 2**20:.1f} MiB, "
            f"but at most {max_bytes / 2**20:g} MiB can be read.",
            hint="Make the picture smaller and try again.",
        )


def open_picture(
    payload: bytes, max_pixels: int = MAX_PIXELS, formats: tuple[str, ...] = FORMATS
) -> Image.Image:
    """Read the header alone and hold it against the limits; pixels come with `load()`.

    Raises:
        PictureError: none of `formats`, a damaged header, or too many pixels.
    """
    # Pillow only warns of a picture between one and two times its own limit: here that is an
    # error. The filters are global to the process, hence the lock; the check below holds whatever
    # they are.
    with _filters_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            picture = Image.open(io.BytesIO(payload), formats=formats)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
            raise _too_many_pixels(max_pixels) from exc
        except UnidentifiedImageError as exc:
            raise PictureError(
                "The file is not a picture that can be read (PNG, JPEG, WebP, BMP, TIFF or GIF).",
                hint=_HINT,
            ) from exc
        except PILLOW_FAULTS as exc:
            raise PictureError(
                "The picture is damaged: its header cannot be read.", hint=_HINT
            ) from exc
    if picture.width * picture.height > max_pixels:
        raise _too_many_pixels(max_pixels, picture.size)
    return picture


def bits_in_use(highest: int) -> int:
    """Return which of 8, 10, 12, 14 and 16 bits hold values up to `highest`.

    >>> bits_in_use(255), bits_in_use(4095), bits_in_use(4096)
    (8, 12, 14)
    """
    return next(bits for bits in (8, 10, 12, 14, 16) if highest < 2**bits)


def _integers_to_uint8(values: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Scale by the number of bits in use: 12-bit data in 16 bits is not 16 times too dark."""
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 65_535:
        return _stretched(values.astype(np.float64))
    bits = bits_in_use(high)
    lookup = np.rint(np.arange(2**bits) * (255 / (2**bits - 1))).astype(np.uint8)
    return np.asarray(lookup[values])


def _stretched(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    low, high = float(values.min()), float(values.max())
    scale = 255 / (high - low) if high > low else 0.0
    return np.asarray(np.rint((values - low) * scale), dtype=np.uint8)


def _floats_to_uint8(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Values within 0 to 1 count as such; others are stretched from the least to the greatest."""
    if not np.isfinite(values).all():
        raise PictureError(
            "The picture holds values that are not numbers (NaN or infinite).",
            hint="Save it with 8 or 16 bits a pixel.",
        )
    if values.min() >= 0 and values.max() <= 1:
        return np.asarray(np.rint(values * 255), dtype=np.uint8)
    return _stretched(values.astype(np.float64))


def to_rgb(picture: Image.Image) -> NDArray[np.uint8]:
    """Return pixels as uint8 `(H, W, 3)`: deep grey scaled, transparency laid on white."""
    if picture.mode.startswith("I"):
        grey = _integers_to_uint8(np.asarray(picture))
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.mode == "F":
        grey = _floats_to_uint8(np.asarray(picture))
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.has_transparency_data:
        if picture.mode in ("La", "RGBa"):
            picture = picture.convert("LA" if picture.mode == "La" else "RGBA")
        picture = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        picture = white
    return np.array(picture.convert("RGB"))


def orientation_of(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none that can be read."""
    try:
        value = picture.getexif().get(_EXIF_ORIENTATION, 1)
    except PILLOW_FAULTS:
        return 1  # damaged EXIF does not make the pixels unreadable
    return value if isinstance(value, int) else 1


def upright(pixels: NDArray[_Pixel], orientation: int) -> NDArray[_Pixel]:
    """Turn and mirror `(H, W[, 3])` pixels as the EXIF orientation says (Exif 2.32, 0x0112)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _fitting(size: tuple[int, int], longest_side: int | None) -> tuple[int, int]:
    """Width and height whose longer one is `longest_side` at most, in the same ratio."""
    if longest_side is None or max(size) <= longest_side:
        return size
    factor = longest_side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _shrunk(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Averages of `(H, W, 3)` pixels, without aliasing; `size` is width and height."""
    if pixels.shape[1::-1] == size:
        return pixels
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def is_blank(pixels: NDArray[np.uint8]) -> bool:
    """Say whether there is nothing in a picture: in each channel all pixels are about equal.

    >>> is_blank(np.full((9, 9, 3), 77, np.uint8))
    True
    """
    spread = pixels.max(axis=(0, 1)).astype(int) - pixels.min(axis=(0, 1))
    return int(spread.max()) <= _BLANK_SPREAD


def size_of(payload: bytes, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Return width and height that the picture's header declares, the right way up.

    Raises:
        PictureError: the header cannot be read, or declares too many pixels.
    """
    validate_payload(payload, MAX_BYTES)
    with open_picture(payload, max_pixels) as picture:
        width, height = picture.size
        return (height, width) if orientation_of(picture) in (5, 6, 7, 8) else (width, height)


def decode(
    payload: bytes,
    *,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    longest_side: int | None = None,
) -> NDArray[np.uint8]:
    """Return the picture in `payload` as uint8 RGB `(H, W, 3)`, 0 to 255, the right way up.

    16-bit grey is scaled by the bits in use, not cut off; transparency is laid on white; of
    several frames or pages the first counts; the EXIF orientation is applied.

    Args:
        payload: the whole file: PNG, JPEG, WebP, BMP, TIFF or GIF, whatever its name.
        max_bytes: longest payload that is looked at.
        max_pixels: largest width x height that is decoded.
        longest_side: at least 1; a picture whose longer side is more is shrunk to that, without
            aliasing. A JPEG of 12 million pixels is then decoded at half its size or less, in a
            third of the time and memory. None for all pixels.

    Raises:
        PictureError: the file cannot be read as such a picture; says why in one sentence.

    >>> file = io.BytesIO()
    >>> Image.new("L", (3, 2), 255).save(file, "PNG")
    >>> decode(file.getvalue()).shape
    (2, 3, 3)
    >>> decode(b"")
    Traceback (most recent call last):
    cnn_core.errors.PictureError: The file is empty (0 bytes).
    """
    validate_payload(payload, max_bytes)
    with open_picture(payload, max_pixels) as picture:
        size = _fitting(picture.size, longest_side)
        try:
            picture.draft(None, size)  # JPEG's own scaling, to no less than `size`
            picture.load()  # only this finds a truncated file
            shown = picture
            if picture.mode == "RGB" and not picture.has_transparency_data and size != shown.size:
                shown = picture.resize(size, Image.Resampling.BICUBIC)  # no large array is made
            return upright(_shrunk(to_rgb(shown), size), orientation_of(picture))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
            raise _too_many_pixels(max_pixels) from exc
        except PILLOW_FAULTS as exc:
            raise PictureError(
                "The picture is damaged or cut short: its pixels cannot be read.", hint=_HINT
            ) from exc
