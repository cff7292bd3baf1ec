"""A manifest.csv beside the films: `file, label`, columns with a meaning, and any others.

UTF-8 (with or without a mark), comma or semicolon. Nothing in a cell is ever evaluated: a formula
is text. Refused as a whole: another encoding, no `file` or `label` column, a column twice, more
than `MAX_ROWS` rows or `MAX_COLUMNS` columns. Left out row by row, with a reason: a row of another
length, without a file or label, a path that leaves the folder, a file that comes twice (all of its
rows where their labels differ). "Missing" is a level of its own: blank and "unknown" everywhere,
"frontal" as a view.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cnn_core.data.pictures.names import LONGEST_LABEL, clean_name, split_path
from cnn_core.data.pictures.wording import counted, listed, verb
from cnn_core.errors import DataError
from cnn_core.results.films import KNOWN_COLUMNS, MISSING
from cnn_core.results.pictures import Rejected

MANIFEST = "manifest.csv"
MAX_ROWS = 100_000
MAX_COLUMNS = 64
PATIENT = "patient_id"

_NEEDED = ("file", "label")
_NOTHING = {"", "unknown", "n/a", "na", "nan", "none", "null", "?", "-"}
_FORMULA = re.compile(r"^[=@+\-](?![\d.])")
_SPELLINGS = {
    "normal": "normal",
    "pneumonia": "pneumonia",
    "covid19": "covid19",
    "covid-19": "covid19",
    "covid_19": "covid19",
    "covid": "covid19",
}
_HINT = "Save the table as CSV (UTF-8) with the columns file and label, a row for each film."


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """What a table says of one film.

    Attributes:
        parts: folders and name of the file, below the table's folder.
        label: its class.
        patient: MISSING where the table does not say.
        values: the other columns, in the table's order.
    """

    parts: tuple[str, ...]
    label: str
    patient: str
    values: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A manifest.

    Attributes:
        columns: beside file, label and patient_id, in the table's order.
        rows: one of each file.
        rejected: rows that are left out, by the file that they name.
        notes: what was done to the table, a sentence each.
    """

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]


def known_label(label: str) -> str:
    """Return a class's name in the project's spelling, cleaned for display.

    >>> known_label("COVID-19 "), known_label("Normal"), known_label("Lung opacity")
    ('covid19', 'normal', 'Lung opacity')
    """
    shown = clean_name(label, longest=LONGEST_LABEL)
    return _SPELLINGS.get(shown.casefold(), shown)


def present(value: str, column: str = "") -> str:
    """Return a cell's text for display, MISSING where it says nothing.

    >>> present(" PA ", "view"), present("frontal", "view"), present("Unknown"), present("=1+1")
    ('PA', '', '', '=1+1')
    """
    text = value.strip()
    if text.casefold() in _NOTHING or (column == "view" and text.casefold() == "frontal"):
        return MISSING
    return clean_name(text)


def read_table(payload: bytes) -> Table:
    r"""Return the table in the bytes of a manifest.csv.

    Raises:
        DataError: the table is refused as a whole.

    >>> table = read_table(b"file,label,view\na.png,normal,PA\n")
    >>> table.rows[0].label, table.rows[0].values
    ('normal', {'view': 'PA'})
    """
    text = _text(payload)
    if sum(1 for _ in zip(range(MAX_ROWS + 2), _cells(text), strict=False)) > MAX_ROWS + 1:
        raise DataError(
            f"{MANIFEST} has more than {MAX_ROWS:,} rows, which is as many as are read.",
            hint="Split the films into several sets.",
        )
    lines = _cells(text)
    header = _header(next(lines, []))
    kept: dict[tuple[str, ...], list[TableRow]] = {}
    rejected: list[Rejected] = []
    formulas = 0
    for number, cells in enumerate(lines, start=1):
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(number, cells, header)
        if isinstance(row, Rejected):
            rejected.append(row)
            continue
        formulas += sum(bool(_FORMULA.match(cell)) for cell in cells)
        kept.setdefault(row.parts, []).append(row)
    rows, doubles = _once(kept)
    columns = tuple(name for name in header if name not in (*_NEEDED, PATIENT))
    return Table(
        columns=columns,
        rows=rows,
        rejected=(*rejected, *doubles),
        notes=_notes(formulas),
    )


def _text(payload: bytes) -> str:
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise DataError(
            f"{MANIFEST} is not in UTF-8: byte {exc.start + 1:,} cannot be read.", hint=_HINT
        ) from exc
    if "\0" in text:
        raise DataError(f"{MANIFEST} holds bytes that are no text.", hint=_HINT)
    return text


def _cells(text: str) -> Iterator[list[str]]:
    first = text.partition("\n")[0]
    semicolons = ";" in first and "," not in first
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=";" if semicolons else ",")
    except csv.Error as exc:
        raise DataError(f"{MANIFEST} is damaged: {exc}.", hint=_HINT) from exc


def _header(cells: list[str]) -> tuple[str, ...]:
    """The columns' names: those with a meaning in lower case, all cleaned."""
    known = {*_NEEDED, PATIENT, *KNOWN_COLUMNS}
    names = []
    for place, cell in enumerate(cells, start=1):
        name = clean_name(cell.strip(), longest=64) if cell.strip() else f"column {place}"
        folded = name.casefold().replace(" ", "_")
        names.append(folded if folded in known else name)
    if missing := [name for name in _NEEDED if name not in names]:
        came = listed([repr(name) for name in names]) if names else "nothing"
        raise DataError(
            f"{MANIFEST} has no column {listed([repr(name) for name in missing])}; "
            f"its first line has {came}.",
            hint=_HINT,
        )
    if double := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(f"{MANIFEST} has the column {double[0]!r} more than once.", hint=_HINT)
    if len(names) > MAX_COLUMNS:
        raise DataError(
            f"{MANIFEST} has {len(names):,} columns, but at most {MAX_COLUMNS} are read.",
            hint="Leave out the columns that say nothing of the films.",
        )
    return tuple(names)


def _row(number: int, cells: list[str], header: tuple[str, ...]) -> TableRow | Rejected:
    """One line of the table, or why it is left out; `number` counts from 1 below the header."""
    raw = cells[header.index("file")].strip() if len(cells) > header.index("file") else ""
    name = clean_name(raw) if raw else f"row {number:,}"
    if len(cells) != len(header):
        return Rejected(
            name=name,
            reason=f"Row {number:,} of the table has {counted(len(cells), 'cell')}, "
            f"but the first line has {len(header)}.",
        )
    found = dict(zip(header, cells, strict=True))
    if not raw:
        return Rejected(name=name, reason=f"Row {number:,} of the table names no file.")
    if present(found["label"]) == MISSING:
        return Rejected(name=name, reason="The table gives it no label.")
    try:
        parts = split_path(unicodedata.normalize("NFC", raw))
    except DataError as exc:
        return Rejected(name=name, reason=exc.message)
    return TableRow(
        parts=parts,
        label=known_label(found["label"]),
        patient=present(found.get(PATIENT, "")),
        values={
            column: present(cell, column)
            for column, cell in found.items()
            if column not in (*_NEEDED, PATIENT)
        },
    )


def _once(
    kept: dict[tuple[str, ...], list[TableRow]],
) -> tuple[tuple[TableRow, ...], list[Rejected]]:
    """One row of each file; none where its rows do not agree on the label."""
    rows: list[TableRow] = []
    rejected: list[Rejected] = []
    for parts, found in kept.items():
        labels = sorted({row.label for row in found})
        name = clean_name("/".join(parts))
        if len(labels) > 1:
            reason = f"The table names it {len(found)} times with the labels {listed(labels)}."
            rejected.append(Rejected(name=name, reason=reason))
            continue
        rows.append(found[0])
        if len(found) > 1:
            reason = f"The table names it {len(found)} times; its first row counts."
            rejected.append(Rejected(name=name, reason=reason))
    return tuple(rows), rejected


def _notes(formulas: int) -> tuple[str, ...]:
    if not formulas:
        return ()
    return (
        f"{counted(formulas, 'cell')} of the table {verb(formulas, 'looks', 'look')} like a "
        f"formula and {verb(formulas)} kept as text.",
    )
