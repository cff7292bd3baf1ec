"""Two pictures as one, for a download."""

import io

from PIL import Image

_GAP = 24


def side_by_side(left: bytes, right: bytes) -> bytes:
    """Return two PNG files as one, tops level, on a transparent ground.

    >>> file = io.BytesIO()
    >>> Image.new("L", (10, 5)).save(file, "PNG")
    >>> Image.open(io.BytesIO(side_by_side(file.getvalue(), file.getvalue()))).size
    (44, 5)
    """
    pictures = [Image.open(io.BytesIO(each)).convert("RGBA") for each in (left, right)]
    height = max(each.height for each in pictures)
    sheet = Image.new("RGBA", (sum(each.width for each in pictures) + _GAP, height))
    sheet.paste(pictures[0], (0, 0))
    sheet.paste(pictures[1], (pictures[0].width + _GAP, 0))
    file = io.BytesIO()
    sheet.save(file, "PNG", compress_level=1)
    return file.getvalue()
