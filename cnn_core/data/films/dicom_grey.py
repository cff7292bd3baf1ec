"""Stored values of a DICOM film to grey: modality LUT, VOI LUT or window, MONOCHROME1 inversion.

In that order (PS3.3, C.11.1 and C.11.2; PS3.4, N.2). Written out because pydicom's own `apply_voi`
wraps input values that are wider than the entries of the table; the tests compare with pydicom
where it is sound.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import PictureError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_Grey = NDArray[np.float32]
_HINT = "Export the film from the archive without a window of its own."


def grey_of(stored: NDArray[Any], dataset: "Dataset") -> _Grey:
    """Return grey values of stored ones.

    Args:
        stored: integers `(H, W)`, as the pixel data have them.
        dataset: the header.

    Returns:
        float32 `(H, W)`, 0 (black) to 1 (white). Without VOI LUT or window, 0 and 1 are the least
        and the greatest value that the stored bits can have.

    Raises:
        PictureError: a table or window that cannot be applied.
    """
    values, low, high = _modality(stored, dataset)
    grey = _voi(values, low, high, dataset)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = 1 - grey
    return np.clip(grey, 0, 1, out=grey)


def _modality(stored: NDArray[Any], dataset: "Dataset") -> tuple[NDArray[Any], float, float]:
    """Values after the modality LUT or rescaling, and the range that they can have (C.11.1)."""
    if tables := dataset.get("ModalityLUTSequence"):
        entries, first, top = _table(tables[0])
        return _looked_up(stored, entries, first), 0.0, top
    bits = int(dataset.BitsStored)
    signed = int(dataset.get("PixelRepresentation") or 0) == 1
    ends = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1) if signed else (0.0, 2.0**bits - 1)
    slope, intercept = (
        _number(dataset, "RescaleSlope", 1.0),
        _number(dataset, "RescaleIntercept", 0.0),
    )
    if slope == 0:
        raise PictureError("The DICOM file rescales every value to the same one.", hint=_HINT)
    low, high = sorted(end * slope + intercept for end in ends)
    if (slope, intercept) == (1.0, 0.0):
        return stored, low, high
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept), low, high


def _voi(values: NDArray[Any], low: float, high: float, dataset: "Dataset") -> _Grey:
    """Grey after the VOI LUT, else the first window, else the whole range (C.11.2)."""
    if tables := dataset.get("VOILUTSequence"):
        entries, first, top = _table(tables[0])
        return _looked_up(values, entries, first).astype(np.float32) / np.float32(top)
    center, width = (_number(dataset, f"Window{name}", None) for name in ("Center", "Width"))
    if center is None or width is None:
        grey = values.astype(np.float32)
        grey -= np.float32(low)
        grey /= np.float32(high - low)
        return grey
    function = str(dataset.get("VOILUTFunction") or "LINEAR").upper()
    if width < 1 if function == "LINEAR" else width <= 0:
        raise PictureError(
            f"The DICOM file declares a window of width {width:g}, which cannot be applied.",
            hint=_HINT,
        )
    grey = values.astype(np.float32)
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(-4 * (grey - center) / width)), np.float32)
    if function == "LINEAR":
        center, width = center - 0.5, max(width - 1, 1e-6)
    grey -= np.float32(center)
    grey /= np.float32(width)
    grey += np.float32(0.5)
    return np.clip(grey, 0, 1, out=grey)


def _number(dataset: "Dataset", name: str, default: Any) -> Any:  # noqa: ANN401 (a default)
    """The first value of a decimal string, `default` where there is none."""
    value = dataset.get(name)
    if value is None or value == "":
        return default
    number = float(value if isinstance(value, str | int | float) else value[0])
    if not np.isfinite(number):
        raise PictureError(
            f"The DICOM file declares {name} as {number}, which is no number.", hint=_HINT
        )
    return number


def _table(item: "Dataset") -> tuple[NDArray[np.uint16], int, float]:
    """The entries of a LUT, the value that maps to its first, and the greatest it can give."""
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    count = count or 2**16
    data = item.LUTData
    if isinstance(data, bytes):
        wide = len(data) >= 2 * count
        order = "<" if item.original_encoding[1] is not False else ">"
        data = np.frombuffer(data, f"{order}u2" if wide else "u1")
    entries = np.atleast_1d(np.asarray(data)).astype(np.uint16)[:count]
    if len(entries) < count:
        raise PictureError(
            f"The DICOM file declares a table of {count:,} entries, but holds {len(entries):,}.",
            hint=_HINT,
        )
    return entries, first, float(max(2**bits - 1, int(entries.max()), 1))


def _looked_up(values: NDArray[Any], entries: NDArray[np.uint16], first: int) -> NDArray[np.uint16]:
    """Entries by value; what lies outside the table takes its first or last entry."""
    places = np.rint(values).astype(np.int64) if values.dtype.kind == "f" else values.astype(int)
    return np.asarray(entries[np.clip(places - first, 0, len(entries) - 1)])
