"""From a decoded picture to what a network sees: resize, crop, scale, normalise. Free of torch.

`prepare` does what `torchvision.transforms` does on PIL pictures (`Resize`, `CenterCrop`,
`ToTensor`, `Normalize`, with `Grayscale` before them for grey networks), but computes only the
pixels of the crop: a picture of 1 x 10,000 never becomes one of 256 x 2,560,000 on the way.
`prepare_form` takes a digit that was found and centred already (`data.ink`): who has both the
picture and the network chooses between the two. Pure; safe to call from several threads.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.models.model_row import ModelRow
from cnn_core.results.inspection import Box, Floats, Pixels, Prepared


def _validate_pixels(pixels: Pixels) -> None:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise ValueError(
            f"expected uint8 pixels (H, W, 3), at least one of them, "
            f"but got {pixels.dtype} {pixels.shape}."
        )


def _span(length: int, resized: int, size: int) -> tuple[float, float]:
    """Where the middle `size` of `resized` pixels lie among the `length` they are made from."""
    start = round((resized - size) / 2)  # as torchvision's center_crop
    return start * length / resized, (start + size) * length / resized


def _crop_region(height: int, width: int, row: ModelRow) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what the network sees, in pixels of the original."""
    short = min(height, width)
    size = row.resize
    rows, columns = (
        size if side == short else int(size * side / short) for side in (height, width)
    )
    top, bottom = _span(height, rows, row.input_size)
    left, right = _span(width, columns, row.input_size)
    return left, top, right, bottom


def _whole(start: float, stop: float, length: int) -> tuple[int, int]:
    """The nearest whole pixels, at least one."""
    first = min(round(start), length - 1)
    return first, min(max(round(stop), first + 1), length)


def _normalised(unit: Floats, row: ModelRow) -> Floats:
    """`(H, W, C)` from 0 to 1, minus mean by std, as `(C, H, W)`."""
    mean, std = (np.asarray(values, dtype=np.float32) for values in (row.mean, row.std))
    result: Floats = np.ascontiguousarray(((unit - mean) / std).transpose(2, 0, 1))
    return result


def _three_channels(values: NDArray[np.uint8]) -> Pixels:
    return np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values


def prepare(pixels: Pixels, row: ModelRow) -> Prepared:
    """Return `pixels` on their way into the network of `row`, step by step.

    The short side becomes `row.resize` pixels (antialiased, bilinear), the middle square of
    `row.input_size` is cut out, scaled to 0..1, less `row.mean`, by `row.std`. Grey networks get
    the luminance (ITU-R BT.601), and three equal channels in `Prepared.crop`.

    Args:
        pixels: uint8 `(H, W, 3)`, RGB, 0 to 255; at least one pixel.
        row: the network.

    Returns:
        `crop` uint8 `(input_size, input_size, 3)`; `normalised` float32 `(channels, input_size,
        input_size)`; `crop_box` in pixels of `pixels`, to the nearest, at least one each way.

    Raises:
        ValueError: `pixels` have another shape or dtype, or there are none.

    >>> from cnn_core.models.registry import model_row
    >>> prepared = prepare(np.zeros((40, 60, 3), np.uint8), model_row("lenet5"))
    >>> prepared.crop.shape, prepared.normalised.shape
    ((28, 28, 3), (1, 28, 28))
    >>> prepared.crop_box
    Box(top=0, left=10, bottom=40, right=50)
    """
    _validate_pixels(pixels)
    height, width = pixels.shape[:2]
    left, top, right, bottom = _crop_region(height, width, row)
    picture = Image.fromarray(pixels)
    if row.channels == 1:
        picture = picture.convert("L")
    # Pillow takes the pixels round the box into its averages, so this is resizing, then cropping.
    crop = picture.resize(
        (row.input_size, row.input_size),
        Image.Resampling.BILINEAR,
        box=(left, top, min(right, width), min(bottom, height)),
    )
    values = np.array(crop).reshape(row.input_size, row.input_size, row.channels)
    first_row, last_row = _whole(top, bottom, height)
    first_column, last_column = _whole(left, right, width)
    return Prepared(
        original=pixels,
        crop_box=Box(top=first_row, left=first_column, bottom=last_row, right=last_column),
        crop=_three_channels(values),
        normalised=_normalised(values.astype(np.float32) / np.float32(255), row),
    )


def prepare_form(pixels: Pixels, form: Floats, row: ModelRow) -> Prepared:
    """Return a digit in MNIST's form on its way into the grey network of `row`.

    Args:
        pixels: uint8 `(H, W, 3)`, the photo that the digit was found in.
        form: float32 `(input_size, input_size)`, 0 (paper) to 1 (ink); see `data.ink.mnist_form`.
        row: a network with one channel.

    Returns:
        As `prepare`; `crop_box` is the whole photo, because the digit was looked for in all of it.

    Raises:
        ValueError: `pixels` or `form` have another shape, or the network is not a grey one.
    """
    _validate_pixels(pixels)
    if row.channels != 1 or form.shape != (row.input_size, row.input_size):
        raise ValueError(
            f"expected a digit of {row.input_size} x {row.input_size} for a network of one "
            f"channel, but got {form.shape} for one of {row.channels}."
        )
    values = np.rint(np.clip(form, 0, 1) * 255).astype(np.uint8)[..., None]
    height, width = pixels.shape[:2]
    return Prepared(
        original=pixels,
        crop_box=Box(top=0, left=0, bottom=height, right=width),
        crop=_three_channels(values),
        normalised=_normalised(form.astype(np.float32)[..., None], row),
    )
