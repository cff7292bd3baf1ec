"""`audit DIR --task xray`: the six parts of a film set's audit, and what follows from them.

The films are taken in first, so that a study of them afterwards, by the id that is printed, reads
nothing again. Returns 0 even where the audit is red: that does not forbid training, it has to be
acknowledged.
"""

import argparse
import dataclasses
from collections import Counter

from cnn_core.cli import own_pictures
from cnn_core.cli.output import note, seconds_text, write_json, write_line, write_table
from cnn_core.cli.xray_training import films_named, progress_lines
from cnn_core.results.films import FilmSet
from cnn_core.results.xray_audit import PARTS, AuditFlag, XrayAudit
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.film_audit import audited
from cnn_core.settings import Settings

_LISTED = 5  # pairs of copies that are printed


def audit(settings: Settings, options: argparse.Namespace) -> int:
    """Print what is found in a folder, a zip or a film set that was taken in before.

    Raises:
        ConfigError: something was decided of single pictures.
        DataError: these are no films to audit.
    """
    own_pictures.refuse_options(options)
    progress = progress_lines()
    film_set = films_named(settings, options.data, progress)
    note(f"film set: {film_set.id[:12]}")
    found = audited(settings, film_set, seed=options.seed, progress=progress)
    if options.json:
        write_json(as_json(film_set, found))
    else:
        write_audit(film_set, found)
    return 0


def as_json(film_set: FilmSet, found: XrayAudit) -> dict[str, object]:
    """Return an audit as JSON has it: each flag has name, level, value, sentence and part."""
    plain = dataclasses.asdict(found)
    films = film_set.films
    plain["pairs"] = [
        {
            "kind": pair.kind,
            "distance": pair.distance,
            "films": [films[pair.first].name, films[pair.second].name],
        }
        for pair in found.pairs
    ]
    del plain["groups"]  # a number for each film says nothing without the films
    return {
        "statement": STATEMENT,
        "film_set": film_set.id,
        "title": film_set.title,
        "synthetic": film_set.synthetic,
        "films": len(films),
        "groups": len(set(found.groups)),
        "classes": film_set.classes,
        "labels": [dataclasses.asdict(row) for row in film_set.labels],
        "notes": film_set.notes,
        "rejected": [dataclasses.asdict(file) for file in film_set.rejected],
        "level": found.level,
        **{name: value for name, value in plain.items() if name != "film_set"},
    }


def write_audit(film_set: FilmSet, found: XrayAudit) -> None:
    """Write an audit to standard output, part by part, as a person reads it."""
    marked = ", synthetic" if film_set.synthetic else ""
    write_line(STATEMENT)
    write_line()
    write_line(
        f"{film_set.title}: {len(film_set.films):,} films{marked}, film set {film_set.id[:12]}"
    )
    for line in film_set.notes:
        write_line(line)
    write_line()
    write_table(
        ["class", "films", "patients", "finding", "established by"],
        [
            [row.label, f"{row.films:,}", f"{row.patients:,}", row.finding, row.established]
            for row in film_set.labels
        ],
    )
    counts = Counter(flag.level for flag in found.flags)
    write_line()
    write_line(
        f"Audit: {found.level} ({counts['red']} red, {counts['amber']} amber, "
        f"{counts['green']} green, {counts['not judged']} not judged; "
        f"{seconds_text(found.seconds)}; {found.model})"
    )
    for part, title in PARTS.items():
        write_line()
        write_line(f"{part}. {title}")
        for flag in found.flags:
            if flag.part == part:
                _write_flag(flag)
        if part == 1:
            _write_pairs(film_set, found)
    write_line()
    if found.level == "red":
        write_line(
            "A red audit does not forbid training. It has to be acknowledged (--acknowledge) and "
            "stays on every score."
        )


def _write_flag(flag: AuditFlag) -> None:
    write_line(f"  {flag.level}: {flag.sentence}")


def _write_pairs(film_set: FilmSet, found: XrayAudit) -> None:
    for pair in found.pairs[:_LISTED]:
        first, second = film_set.films[pair.first].name, film_set.films[pair.second].name
        write_line(f"    {pair.kind}: {first}, {second}")
    count = sum(found.counted_pairs.values())
    if count > _LISTED:
        write_line(f"    and {count - _LISTED:,} more (--json lists the nearest 2,000 of a kind)")
