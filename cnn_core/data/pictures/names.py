"""Names that came from outside, made fit to be shown, and taken apart into folders.

What comes out is for display and for telling classes apart. It is never part of a path on this
machine: files are kept under the digest of their bytes. It is no markup either, but may look like
it (`<img onerror=...>` is a lawful file name): whoever shows it escapes it.
"""

import re
import unicodedata

from cnn_core.errors import DataError

LONGEST_NAME = 200
LONGEST_LABEL = 80

# Control, format (right-to-left override), surrogate, private use, unassigned; line, paragraph.
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_DRIVE = re.compile(r"^[A-Za-z]:")
_SYSTEM = {"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin", "icon\r"}


def clean_name(raw: str, *, longest: int = LONGEST_NAME) -> str:
    r"""Return `raw` in NFC, without what cannot be printed, at most `longest` characters.

    >>> clean_name("roses/1\u202egpj.jpg"), clean_name("\0")
    ('roses/1gpj.jpg', 'unnamed')
    >>> len(clean_name("a" * 500))
    200
    """
    shown = raw
    if not (raw.isascii() and raw.isprintable()):  # most names are, and need no look at each letter
        composed = unicodedata.normalize("NFC", raw)
        shown = "".join(c for c in composed if unicodedata.category(c) not in _UNPRINTABLE)
    shown = " ".join(shown.split())
    if len(shown) > longest:
        shown = shown[: longest - 1].rstrip() + "…"
    return shown or "unnamed"


def split_path(raw: str) -> tuple[str, ...]:
    r"""Return the folders and the file of a relative path with forward slashes.

    Raises:
        DataError: the path is empty or absolute, leaves its folder or has a backslash or a drive
            letter.

    >>> split_path("roses/./red//1.jpg")
    ('roses', 'red', '1.jpg')
    >>> split_path("roses\\..\\1.jpg")
    Traceback (most recent call last):
    cnn_core.errors.DataError: The name 'roses\\..\\1.jpg' is not a path inside its folder.
    """
    parts = tuple(part for part in raw.split("/") if part not in ("", "."))
    if not parts or raw.startswith("/") or "\\" in raw or ".." in parts or _DRIVE.match(raw):
        raise DataError(
            f"The name {clean_name(raw, longest=60)!r} is not a path inside its folder.",
            hint="Names may not be absolute, hold a backslash or '..': pack the folder afresh.",
        )
    return parts


def is_of_the_system(parts: tuple[str, ...]) -> bool:
    """Say whether a path is hidden or a leaving of an operating system, not a person's file.

    >>> is_of_the_system(("__MACOSX", "roses", "._1.jpg")), is_of_the_system(("roses", "1.jpg"))
    (True, False)
    """
    return any(part.startswith(".") or part.casefold() in _SYSTEM for part in parts)
