"""Films that were read to a snapshot of their pictures and a film set: pure, no disk."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnn_core.data.films.dicom_header import patient_digest
from cnn_core.data.films.label_table import label_rows, patient_notes, without_conflicts
from cnn_core.data.films.layout import LAYOUT_HINT, FilmLayout, FilmPlace
from cnn_core.data.films.set_text import film_set_id
from cnn_core.data.films.table import PATIENT
from cnn_core.data.films.taking import TakenFilm
from cnn_core.data.pictures.manifest import snapshot_id
from cnn_core.data.pictures.wording import counted, listed
from cnn_core.errors import DataError
from cnn_core.results.films import MISSING, SIDE, Film, FilmSet, reason_to_count
from cnn_core.results.pictures import PictureFile, Rejected, Snapshot

MAX_CLASSES = 12
_FIRST = "normal"
_COLOUR_MODES = ("RGB", "RGBA", "P", "PA", "CMYK", "YCbCr")


@dataclass(frozen=True, kw_only=True)
class FoundFilm:
    """A film whose picture is in the store: `picture` its digest, `size` its bytes.

    `taken` comes without the picture itself.
    """

    place: FilmPlace
    taken: TakenFilm
    picture: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Described:
    """What a person says of a set: its title, licence and source, and whether it was drawn."""

    title: str
    synthetic: bool
    licence: str
    citation: str


def assembled(
    found: Sequence[FoundFilm],
    layout: FilmLayout,
    unusable: Iterable[Rejected],
    said: Described,
    *,
    salt: bytes,
) -> tuple[Snapshot, FilmSet]:
    """Return the snapshot of the pictures and the film set, in the same order.

    Where the table names some patients and headers (by their digests) name others, all go by
    their digests, so that a patient named either way is one. Films that have both names tell which
    of the table's a header's stands for.

    Args:
        found: the films that were read.
        layout: what the table or the folders say of them.
        unusable: what is left out beside `layout.rejected`.
        said: of the set, by a person.
        salt: that of the digests in `found`.

    Raises:
        DataError: fewer than two classes are left, or more than `MAX_CLASSES`.
    """
    from_headers = {name for film in found for name in film.taken.columns} - {PATIENT}
    columns = tuple(sorted({*layout.columns, *from_headers}))
    patients = _patients(found, salt)
    films = [_film(item, columns, patient) for item, patient in zip(found, patients, strict=True)]
    item_of = {id(film): item for film, item in zip(films, found, strict=True)}
    kept, conflicts, notes = without_conflicts(films)
    rejected = sorted(
        (*layout.rejected, *unusable, *conflicts), key=lambda item: (item.name, item.reason)
    )
    _validate_classes(kept, rejected)
    kept.sort(key=lambda film: (film.label, film.name, film.picture))
    labels = {film.label for film in kept}
    classes = tuple(sorted(labels, key=lambda label: (label != _FIRST, label)))
    snapshot = Snapshot(
        id="",
        title=said.title,
        classes=tuple(sorted(labels)),
        pictures=tuple(_picture(film, item_of[id(film)]) for film in kept),
        synthetic=said.synthetic,
        licence=said.licence,
        citation=said.citation,
    )
    snapshot = dataclasses.replace(snapshot, id=snapshot_id(snapshot))
    film_set = FilmSet(
        id="",
        title=said.title,
        classes=classes,
        columns=columns,
        films=tuple(kept),
        snapshot=snapshot.id,
        labels=label_rows(kept, columns, classes),
        patients_known=all(film.patient != MISSING for film in kept),
        rejected=tuple(rejected),
        notes=(*layout.notes, *_colour_notes(kept), *notes, *patient_notes(kept)),
        synthetic=said.synthetic,
        licence=said.licence,
        citation=said.citation,
    )
    return snapshot, dataclasses.replace(film_set, id=film_set_id(film_set))


def _patients(found: Sequence[FoundFilm], salt: bytes) -> list[str]:
    """The patient of each film: the table's word where no film needs a header's."""
    by_table = [item.place.patient for item in found]
    by_header = [item.taken.columns.get(PATIENT, MISSING) for item in found]
    pairs = list(zip(by_table, by_header, strict=True))
    if not any(header and not named for named, header in pairs):
        return by_table
    known: dict[str, set[str]] = {}
    for named, header in pairs:
        if named and header:
            known.setdefault(header, set()).add(patient_digest(named, salt))
    return [
        patient_digest(named, salt) or _only(known.get(header, set())) or header
        for named, header in pairs
    ]


def _only(names: set[str]) -> str:
    return next(iter(names)) if len(names) == 1 else MISSING


def _film(item: FoundFilm, columns: Sequence[str], patient: str) -> Film:
    """The table's value counts; what it leaves open is taken from the file's header."""
    place, taken = item.place, item.taken
    said = {**taken.columns, **{name: value for name, value in place.values.items() if value}}
    plain, inverted, mirrored = taken.phashes
    return Film(
        name=place.name,
        label=place.label,
        patient=patient,
        sha256=taken.sha256,
        picture=item.picture,
        values=tuple(said.get(name, MISSING) for name in columns),
        file=taken.file,
        phash=plain,
        inverted_phash=inverted,
        mirrored_phash=mirrored,
        brightness=taken.brightness,
        contrast=taken.contrast,
    )


def _picture(film: Film, item: FoundFilm) -> PictureFile:
    phash, mirrored_phash, brightness, contrast = item.taken.measured
    return PictureFile(
        sha256=item.picture,
        size=item.size,
        name=film.name,
        label=film.label,
        part="",
        width=SIDE,
        height=SIDE,
        phash=phash,
        mirrored_phash=mirrored_phash,
        brightness=brightness,
        contrast=contrast,
    )


def _validate_classes(films: Sequence[Film], rejected: Sequence[Rejected]) -> None:
    labels = sorted({film.label for film in films})
    if len(labels) > MAX_CLASSES:
        raise DataError(
            f"A film set may have {MAX_CLASSES} classes, but the films have {len(labels):,} "
            f"different labels ({listed([repr(label) for label in labels])}).",
            hint="Give films of one class the same label; keep findings in a column of their own.",
        )
    if len(labels) >= 2:
        return
    came = (
        f"what can be used ({counted(len(films), 'film')}) is all labelled {labels[0]!r}"
        if labels
        else "no film that can be used came"
    )
    why = ""
    if rejected:
        reason = Counter(reason_to_count(item.reason) for item in rejected).most_common(1)[0][0]
        why = f" {counted(len(rejected), 'file')} left out; most often: {reason}"
    raise DataError(
        f"A film set needs films of two classes or more, but {came}.{why}", hint=LAYOUT_HINT
    )


def _colour_notes(films: Sequence[Film]) -> tuple[str, ...]:
    colour = Counter(film.file.mode for film in films if film.file.mode in _COLOUR_MODES)
    if not colour:
        return ()
    modes = ", ".join(f"{mode} ({count:,})" for mode, count in sorted(colour.items()))
    return (f"{counted(colour.total(), 'film')} came in colour and were made grey: {modes}.",)
