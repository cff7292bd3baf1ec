"""Small pictures, folders and zip files of them, for tests of what a person brings."""

import io
import zipfile

import numpy as np
from PIL import Image


def photo(seed, *, side=24):
    """Bytes of a PNG of `side` x `side` smooth patches that no other seed gives."""
    patches = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(patches).resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def flowers(each=2, *, classes=("rose", "tulip")):
    """Path and bytes of `each` pictures of each class."""
    return {
        f"{label}/{number}.png": photo(100 * place + number)
        for place, label in enumerate(classes)
        for number in range(each)
    }


def write_folder(folder, files):
    """Write `files` (bytes by path) below `folder` and return it."""
    for name, payload in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(payload)
    return folder


def zip_of(files, *, method=zipfile.ZIP_DEFLATED):
    """Return a binary file with a zip of `files`: bytes by name or `ZipInfo`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, payload in files.items():
            archive.writestr(name, payload, method)
    return file


def left_behind(store):
    """Return the names of what is being written, or was left half written, below the store."""
    return [path.name for path in (store.home / "incoming").glob("**/*")]
