"""Pictures and what is not one, as bytes: sound, odd and hostile."""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image

RNG = np.random.default_rng(3)


COLOURS = RNG.integers(0, 256, (24, 32, 3), dtype=np.uint8)


SMOOTH = np.stack(np.broadcast_arrays(*np.ogrid[0:240:10, 0:248:8], 128), -1).astype(np.uint8)


def _save(picture, kind="PNG", **options):
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width, height, *chunks):
    """A PNG of 1-bit grey that only declares its size, with a little data."""
    head = _png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    data = _png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    end = _png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + data + end


def _looping_tiff(*, first_page):
    """A TIFF whose directory names itself as the next, or (not `first_page`) is no directory."""
    entries = [(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, 200), (277, 3, 1, 1), (278, 3, 1, 8), (279, 4, 1, 64)]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
    directory = body + struct.pack("<I", 8)
    file = b"II*\0" + struct.pack("<I", 8) + directory
    return file.ljust(200, b"\0") + bytes(range(64)) if first_page else file[:30]


def _zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("script.js", "alert(1)")
    return file.getvalue()


JPEG, PNG = _save(COLOURS, "JPEG", quality=95), _save(COLOURS)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


NAN = np.full((9, 9), 0.5, np.float32)


NAN[4, 4] = np.nan


INFINITE = np.full((9, 9), 0.5, np.float32)


INFINITE[0, 0] = np.inf
