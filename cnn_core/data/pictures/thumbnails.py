"""Small copies of pictures for lists: pixels alone, encoded afresh, made when first asked for."""

import contextlib
import io

from PIL import Image

from cnn_core.data.decode import decode
from cnn_core.data.pictures.staging import write_once
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import PictureError
from cnn_core.results.inspection import Pixels
from cnn_core.results.pictures import PictureFile

SIDE = 96
_QUALITY = 85


def thumbnail(store: PictureStore, picture: PictureFile, *, side: int = SIDE) -> Pixels:
    """Return a picture, its longer side `side` pixels at most, as uint8 RGB `(H, W, 3)`.

    What was taken from the store is kept on the disk as a JPEG without any metadata; where that
    cannot be written, the picture is shown all the same. Safe to call from several threads.

    Raises:
        DataError: the picture is missing from the store or damaged.
    """
    original = store.object_path(picture.sha256)
    folder = store.home / "thumbnails" / str(side) / original.parent.name
    path = folder / f"{picture.sha256}.jpg"
    with contextlib.suppress(OSError, PictureError):
        return decode(path.read_bytes())
    pixels = decode(store.read(picture.sha256), longest_side=side)
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "JPEG", quality=_QUALITY)
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)  # one that could not be read
        write_once(store.home, path, [encoded.getvalue()])
    return decode(encoded.getvalue())
