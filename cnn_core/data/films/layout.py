"""Which file is which film: by the table beside the files, else by class folders.

1. Where there is a manifest.csv, alone or below folders around everything, it decides. Its paths
   count from its own folder. A file that it does not name is left out, and so is a row without a
   file, each with its reason.
2. Else the rules of `data.pictures.layout` hold; folders train/, val/ and test/ become the
   column `split`.

Names of classes are brought to one spelling (`table.known_label`), and a note says so.
"""

import unicodedata
from dataclasses import dataclass

from cnn_core.data.films.table import MANIFEST, Table, TableRow, known_label, read_table
from cnn_core.data.pictures.incoming import Incoming, Listing
from cnn_core.data.pictures.layout import arrange
from cnn_core.data.pictures.names import clean_name, is_of_the_system
from cnn_core.data.pictures.wording import counted, listed
from cnn_core.errors import DataError
from cnn_core.results.films import MISSING
from cnn_core.results.pictures import Rejected

LAYOUT_HINT = (
    "Bring a folder or zip file with a folder of films for each class (normal, pneumonia, "
    f"covid19), or with a {MANIFEST} that has the columns file and label."
)
_SPLIT = "split"
_Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FilmPlace:
    """A file that is a film: what is known of it before it is read.

    Attributes:
        file: to be read.
        name: for display.
        label: its class.
        patient: MISSING where nothing names it.
        values: other columns.
    """

    file: Incoming
    name: str
    label: str
    patient: str
    values: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class FilmLayout:
    """What the rules make of a listing.

    Attributes:
        title: of the folder around everything, "" if there is none.
        places: a film each, in no particular order.
        columns: of the table.
        rejected: what is left out unread.
        notes: which rules were applied, a sentence each.
    """

    title: str
    places: tuple[FilmPlace, ...]
    columns: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]


def film_layout(listing: Listing) -> FilmLayout:
    """Apply the rules of this module to what a source holds.

    Raises:
        DataError: the table is refused, there are several, or there are neither class folders nor a
            table.
    """
    paths = [_composed(file.parts) for file in listing.files]
    tables = [at for at, path in enumerate(paths) if path[-1].casefold() == MANIFEST]
    tables = [at for at in tables if not is_of_the_system(paths[at])]
    if not tables:
        return _by_folders(listing)
    shortest = min(len(paths[at]) for at in tables)
    top = [at for at in tables if len(paths[at]) == shortest]
    if len(top) > 1:
        names = listed([repr(clean_name("/".join(paths[at]))) for at in top])
        raise DataError(
            f"There are several tables side by side ({names}), but one has to name all films.",
            hint=LAYOUT_HINT,
        )
    table = read_table(listing.files[top[0]].read())
    return _by_table(listing, paths, top[0], table)


def _composed(path: _Path) -> _Path:
    return tuple(unicodedata.normalize("NFC", part) for part in path)


def _by_folders(listing: Listing) -> FilmLayout:
    try:
        arrangement = arrange([file.parts for file in listing.files])
    except DataError as exc:
        raise DataError(exc.message, hint=LAYOUT_HINT) from exc
    split = any(place.part for place in arrangement.places)
    places = tuple(
        FilmPlace(
            file=listing.files[place.index],
            name=place.name,
            label=known_label(place.label),
            patient=MISSING,
            values={_SPLIT: place.part or MISSING} if split else {},
        )
        for place in arrangement.places
    )
    raw = {place.label for place in arrangement.places}
    renamed = sorted(label for label in raw if known_label(label) != label)
    notes = [
        note.replace("taken as the parts of the split", "kept as the column split")
        for note in arrangement.notes
    ]
    if renamed:
        notes.append(
            f"{counted(len(renamed), 'class folder')} ({listed([repr(name) for name in renamed])}) "
            "went to the class whose name is another spelling of the same."
        )
    return FilmLayout(
        title=arrangement.title,
        places=places,
        columns=(_SPLIT,) if split else (),
        rejected=arrangement.rejected,
        notes=tuple(notes),
    )


def _by_table(listing: Listing, paths: list[_Path], at: int, table: Table) -> FilmLayout:
    folder = paths[at][:-1]
    rows: dict[_Path, TableRow] = {(*folder, *row.parts): row for row in table.rows}
    places: dict[_Path, FilmPlace] = {}
    rejected = list(table.rejected)
    named_before = {item.name for item in rejected}
    skipped = 0
    for path, file in zip(paths, listing.files, strict=True):
        name = clean_name("/".join(path[len(folder) :] if path[: len(folder)] == folder else path))
        if path == paths[at] or is_of_the_system(path):
            skipped += path != paths[at]
        elif path in places:
            reason = "A file with the same path came before it, and that one is kept."
            rejected.append(Rejected(name=name, reason=reason))
        elif row := rows.get(path):
            places[path] = FilmPlace(
                file=file, name=name, label=row.label, patient=row.patient, values=row.values
            )
        elif name not in named_before:
            rejected.append(Rejected(name=name, reason=f"{MANIFEST} does not name it."))
    for path, row in rows.items():
        if path not in places:
            name = clean_name("/".join(row.parts))
            rejected.append(Rejected(name=name, reason=f"{MANIFEST} names it, but no file came."))
    notes = [f"{MANIFEST} says which file is which film.", *table.notes]
    if skipped:
        notes.append(f"{skipped:,} hidden files or files of the operating system are passed over.")
    return FilmLayout(
        title=clean_name(folder[-1]) if folder else "",
        places=tuple(places.values()),
        columns=table.columns,
        rejected=tuple(rejected),
        notes=tuple(notes),
    )
