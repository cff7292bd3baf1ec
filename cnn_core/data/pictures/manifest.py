"""Snapshots and plans as text: JSON lines and JSON, and the digests that name them.

A manifest is one line of header, then a line for each picture (a list, in the order of the
header's `fields`), then a line for each file that was left out. The digests are of values, not of
this text, so they are the same whatever the layout of the file.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from cnn_core.data.pictures.plan import plan_digest
from cnn_core.results.pictures import Decision, PictureFile, Plan, Rejected, Snapshot

VERSION = 1
_FIELDS = tuple(field.name for field in dataclasses.fields(PictureFile))
_REJECTED_FIELDS = tuple(field.name for field in dataclasses.fields(Rejected))
_picture_values = attrgetter(*_FIELDS)
_rejected_values = attrgetter(*_REJECTED_FIELDS)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _digest(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _body(snapshot: Snapshot) -> Iterator[str]:
    for picture in snapshot.pictures:
        yield _line(_picture_values(picture))
    for rejected in snapshot.rejected:
        yield _line(_rejected_values(rejected))


def snapshot_id(snapshot: Snapshot) -> str:
    """Return the digest that is the snapshot's id: of all of it but id and title."""
    head = {
        "classes": snapshot.classes,
        "notes": snapshot.notes,
        "synthetic": snapshot.synthetic,
        "licence": snapshot.licence,
        "citation": snapshot.citation,
        "counts": (len(snapshot.pictures), len(snapshot.rejected)),
    }
    return _digest((_line(head), *_body(snapshot)))


def snapshot_lines(snapshot: Snapshot, *, taken: float) -> Iterator[str]:
    """Yield the lines of a manifest; `taken` is when, in seconds since 1970."""
    header = {
        "version": VERSION,
        "id": snapshot.id,
        "title": snapshot.title,
        "taken": taken,
        "fields": _FIELDS,
        "pictures": len(snapshot.pictures),
        "rejected": len(snapshot.rejected),
        "bytes": sum(picture.size for picture in snapshot.pictures),
        "classes": snapshot.classes,
        "notes": snapshot.notes,
        "synthetic": snapshot.synthetic,
        "licence": snapshot.licence,
        "citation": snapshot.citation,
    }
    yield _line(header)
    yield from _body(snapshot)


def read_header(line: str) -> dict[str, Any]:
    """Return a manifest's header.

    Raises:
        ValueError: it is not one of this version.
    """
    header = json.loads(line)
    if not isinstance(header, dict) or header.get("version") != VERSION:
        raise ValueError("not a manifest of this version")
    return header


def read_snapshot(lines: Iterable[str]) -> Snapshot:
    """Return the snapshot whose manifest that is, checked against its id.

    Raises:
        ValueError, KeyError, TypeError: it is not such a manifest, or is damaged.
    """
    rows = iter(lines)
    header = read_header(next(rows, ""))
    names = header["fields"]
    values = [json.loads(row) for row in rows]
    count = header["pictures"]
    if len(values) != count + header["rejected"]:
        raise ValueError("lines are missing")
    snapshot = Snapshot(
        id=header["id"],
        title=header["title"],
        classes=tuple(header["classes"]),
        pictures=tuple(PictureFile(**dict(zip(names, row, strict=True))) for row in values[:count]),
        rejected=tuple(
            Rejected(**dict(zip(_REJECTED_FIELDS, row, strict=True))) for row in values[count:]
        ),
        notes=tuple(header["notes"]),
        synthetic=header["synthetic"],
        licence=header["licence"],
        citation=header["citation"],
    )
    if snapshot_id(snapshot) != snapshot.id:
        raise ValueError("its content is not what its id says")
    return snapshot


def plan_text(plan: Plan) -> str:
    """Return a plan as JSON."""
    return _line({"version": VERSION, **dataclasses.asdict(plan)})


def read_plan(text: str) -> Plan:
    """Return the plan that `plan_text` wrote.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is not such a text, or is damaged.
    """
    values = json.loads(text)
    if values.pop("version") != VERSION:
        raise ValueError("not a plan of this version")
    values["decisions"] = [Decision(**decision) for decision in values["decisions"]]
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
    plan = Plan(**values)
    if plan_digest(plan) != plan.id:
        raise ValueError("its content is not what its id says")
    return plan
