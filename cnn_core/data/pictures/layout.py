"""Which file belongs to which class and part: the rules for folders, in one place.

1. Hidden files and those of an operating system are passed over, and counted in a note.
2. A folder around everything else is taken off, as long as class folders are left below it.
3. Folders train/, val/ and test/ (any case; also training, valid, validation, testing) are parts
   where there is a train/ with class folders in it. Without them all pictures have the part "".
4. The first folder below that is the class, however deep a picture lies in it; a note says so.
5. What lies outside a class folder is left out, with its reason.
6. Of two files with the same path the first counts, and the other is left out, with its reason.

Names of classes are cleaned for display; two class folders whose names are the same after that,
but not before, stay two classes.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnn_core.data.pictures.names import LONGEST_LABEL, clean_name, is_of_the_system
from cnn_core.errors import DataError
from cnn_core.results.pictures import Part, Rejected

_PARTS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "test": "test",
    "testing": "test",
}
LAYOUT_HINT = (
    "Put the pictures of each class into a folder of their own (roses/1.jpg, tulips/1.jpg), "
    "or those folders into train/ and val/."
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a file belongs: `index` into the paths that were given, its part, class and name."""

    index: int
    part: Part | None
    label: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """What the rules make of a list of paths.

    Attributes:
        title: the folder that was taken off, "" if none was.
        places: one of each file that belongs to a class.
        rejected: what lies outside, or came twice.
        notes: which rules were applied, a sentence each.
    """

    title: str
    places: tuple[Place, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]


def arrange(paths: Sequence[tuple[str, ...]]) -> Arrangement:
    """Apply the rules of this module to relative paths, each a tuple of folders and a file name.

    Raises:
        DataError: there is no class folder; or there is a val/ or test/ without a train/.

    >>> found = arrange([("flowers", "rose", "red", "1.jpg"), ("flowers", "tulip", "1.jpg")])
    >>> found.title, [(place.label, place.name) for place in found.places]
    ('flowers', [('rose', 'rose/red/1.jpg'), ('tulip', 'tulip/1.jpg')])
    """
    composed = [tuple(unicodedata.normalize("NFC", part) for part in path) for path in paths]
    kept = [index for index, path in enumerate(composed) if not is_of_the_system(path)]
    below = _common_folders([composed[index] for index in kept])
    outer = (
        next((path for path in (composed[i] for i in kept) if len(path) > below + 1), ())
        if below
        else ()
    )
    title = clean_name(outer[below - 1], longest=LONGEST_LABEL) if outer else ""
    inner = {index: composed[index][below:] or composed[index][-1:] for index in kept}
    parts = _part_folders(list(inner.values()))
    places: list[Place] = []
    rejected: list[Rejected] = []
    seen: set[tuple[str, ...]] = set()
    for index, path in inner.items():
        name = clean_name("/".join(path))
        part, rest = (parts.get(path[0]), path[1:]) if parts else (None, path)
        if reason := _fault(path, rest, parts, seen):
            rejected.append(Rejected(name=name, reason=reason))
            continue
        seen.add(path)
        places.append(Place(index=index, part=part, label=rest[0], name=name))
    if not places:
        raise DataError("There are no class folders with files in them.", hint=LAYOUT_HINT)
    labels = _labels({place.label for place in places})
    notes = _notes(
        skipped=len(paths) - len(kept),
        parts=parts,
        nested=sum(len(inner[p.index]) > 2 + bool(parts) for p in places),
        renamed=sum(raw != label for raw, label in labels.items()),
    )
    named = [Place(index=p.index, part=p.part, label=labels[p.label], name=p.name) for p in places]
    return Arrangement(
        title=title, places=tuple(named), rejected=tuple(rejected), notes=tuple(notes)
    )


def _common_folders(paths: Sequence[tuple[str, ...]]) -> int:
    """Count the folders around everything that can be taken off with class folders left."""
    below = 0
    while paths:
        tops = {path[below] for path in paths if len(path) > below + 1}
        deep = any(len(path) > below + 2 for path in paths)
        if len(tops) != 1 or not deep or next(iter(tops)).casefold() in _PARTS:
            break
        below += 1
    return below


def _part_folders(paths: Sequence[tuple[str, ...]]) -> dict[str, Part]:
    """Return the folders that are parts, by name; empty where the first folders are classes."""
    tops = {path[0] for path in paths if len(path) > 1}
    parts = {top: _PARTS[top.casefold()] for top in tops if top.casefold() in _PARTS}
    with_classes = {parts[path[0]] for path in paths if len(path) > 2 and path[0] in parts}
    if "train" in with_classes:
        return parts
    if parts and len(parts) == len(tops):
        missing = "no train/ with class folders" if with_classes else "no class folders in them"
        raise DataError(f"There is {_listed(parts)}, but {missing}.", hint=LAYOUT_HINT)
    return {}


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(f"{clean_name(top)}/" for top in sorted(parts))


def _fault(
    path: tuple[str, ...],
    rest: tuple[str, ...],
    parts: dict[str, Part],
    seen: set[tuple[str, ...]],
) -> str:
    """Return why a file is left out, "" if it is not."""
    if parts and path[0] not in parts:
        return f"It lies outside the folders {_listed(parts)}."
    if len(rest) < 2:
        return "It lies outside the class folders."
    if path in seen:
        return "A file with the same path came before it, and that one is kept."
    return ""


def _labels(raw: set[str]) -> dict[str, str]:
    """Return the cleaned name of each class folder, no two the same."""
    cleaned = {name: clean_name(name, longest=LONGEST_LABEL) for name in raw}
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(raw, key=lambda name: (cleaned[name] != name, name)):
        label, number = cleaned[name], 1
        while label in taken:
            number += 1
            ending = f" ({number})"
            label = clean_name(name, longest=LONGEST_LABEL - len(ending)) + ending
        taken.add(label)
        labels[name] = label
    return labels


def _notes(*, skipped: int, parts: dict[str, Part], nested: int, renamed: int) -> list[str]:
    notes = []
    if parts:
        notes.append(f"The folders {_listed(parts)} are taken as the parts of the split.")
    if nested:
        notes.append(
            f"{nested:,} files lie in folders below their class folder: "
            "the first folder is the class."
        )
    if renamed:
        notes.append(
            f"The names of {renamed:,} class folders are shown shortened or without characters "
            "that cannot be printed."
        )
    if skipped:
        notes.append(f"{skipped:,} hidden files or files of the operating system are passed over.")
    return notes
