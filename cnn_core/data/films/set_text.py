"""A film set as text: JSON lines, and the digest that names it.

A line of header, then a line for each film (a list, in the order of the header's `fields`), then a
line for each file that was left out. The digest is of values, not of this text.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from cnn_core.results.films import Film, FilmFile, FilmSet, FilmSetHeader, LabelRow
from cnn_core.results.pictures import Rejected

VERSION = 1
_FIELDS = tuple(field.name for field in dataclasses.fields(Film) if field.name != "file")
_FILE_FIELDS = tuple(field.name for field in dataclasses.fields(FilmFile))
_film_values = attrgetter(*_FIELDS)
_file_values = attrgetter(*_FILE_FIELDS)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _head(film_set: FilmSet) -> dict[str, Any]:
    return {
        "classes": film_set.classes,
        "columns": film_set.columns,
        "snapshot": film_set.snapshot,
        "labels": [dataclasses.asdict(row) for row in film_set.labels],
        "patients_known": film_set.patients_known,
        "notes": film_set.notes,
        "synthetic": film_set.synthetic,
        "licence": film_set.licence,
        "citation": film_set.citation,
        "counts": (len(film_set.films), len(film_set.rejected)),
    }


def _body(film_set: FilmSet) -> Iterator[str]:
    for film in film_set.films:
        yield _line((*_film_values(film), _file_values(film.file)))
    for rejected in film_set.rejected:
        yield _line((rejected.name, rejected.reason))


def film_set_id(film_set: FilmSet) -> str:
    """Return the digest that is the set's id: of all of it but id and title."""
    digest = hashlib.sha256(_line(_head(film_set)).encode())
    for line in _body(film_set):
        digest.update(b"\n" + line.encode())
    return digest.hexdigest()


def film_set_lines(film_set: FilmSet, *, taken: float) -> Iterator[str]:
    """Yield the lines of a film set's file; `taken` is when, in seconds since 1970."""
    yield _line(
        {
            **_head(film_set),
            "version": VERSION,
            "id": film_set.id,
            "title": film_set.title,
            "taken": taken,
            "fields": _FIELDS,
            "file_fields": _FILE_FIELDS,
            "patients": count_patients(film_set.films),
        }
    )
    yield from _body(film_set)


def count_patients(films: Iterable[Film]) -> int:
    """Return how many patients there are; films without one count as a patient each."""
    known: set[str] = set()
    nameless = 0
    for film in films:
        nameless += film.patient == ""
        known.add(film.patient)
    return len(known - {""}) + nameless


def read_set_header(line: str) -> FilmSetHeader:
    """Return what the first line says.

    Raises:
        ValueError, KeyError, TypeError: it is not one of this version.
    """
    header = _header(line)
    return FilmSetHeader(
        id=header["id"],
        title=header["title"],
        classes=tuple(header["classes"]),
        films=int(header["counts"][0]),
        patients=int(header["patients"]),
        synthetic=bool(header["synthetic"]),
        taken=float(header["taken"]),
    )


def _header(line: str) -> dict[str, Any]:
    header = json.loads(line)
    if not isinstance(header, dict) or header.get("version") != VERSION:
        raise ValueError("not a film set of this version")
    return header


def read_film_set(lines: Iterable[str]) -> FilmSet:
    """Return the film set whose file that is, checked against its id.

    Raises:
        ValueError, KeyError, TypeError: it is not such a file, or is damaged.
    """
    rows = iter(lines)
    header = _header(next(rows, ""))
    values = [json.loads(row) for row in rows]
    count, rejected = header["counts"]
    if len(values) != count + rejected:
        raise ValueError("lines are missing")
    film_set = FilmSet(
        id=header["id"],
        title=header["title"],
        classes=tuple(header["classes"]),
        columns=tuple(header["columns"]),
        films=tuple(_film(header, row) for row in values[:count]),
        snapshot=header["snapshot"],
        labels=tuple(LabelRow(**row) for row in header["labels"]),
        patients_known=header["patients_known"],
        rejected=tuple(Rejected(name=name, reason=why) for name, why in values[count:]),
        notes=tuple(header["notes"]),
        synthetic=header["synthetic"],
        licence=header["licence"],
        citation=header["citation"],
    )
    if film_set_id(film_set) != film_set.id:
        raise ValueError("its content is not what its id says")
    return film_set


def _film(header: dict[str, Any], row: list[Any]) -> Film:
    named = dict(zip(header["fields"], row[:-1], strict=True))
    named["values"] = tuple(named["values"])
    return Film(**named, file=FilmFile(**dict(zip(header["file_fields"], row[-1], strict=True))))
