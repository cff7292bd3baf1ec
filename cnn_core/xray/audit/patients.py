"""Patients in more than one class or split, and how many films each has (part 2)."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from cnn_core.data.pictures.wording import counted, verb
from cnn_core.results.films import MISSING, FilmSet
from cnn_core.results.xray_audit import AuditFlag
from cnn_core.xray.splits import patient_numbers


def cross_label_patients(film_set: FilmSet, groups: Sequence[int]) -> tuple[str, ...]:
    """Return who has films of different labels: patients by name, else the first of their films.

    Args:
        film_set: the films.
        groups: of each film `(N,)`: copies of one film count as one patient where none is named.
    """
    labels: defaultdict[str, set[str]] = defaultdict(set)
    unnamed: dict[int, str] = {}
    for film, group in zip(film_set.films, groups, strict=True):
        name = film.patient or unnamed.setdefault(group, f"film {film.name}")
        labels[name].add(film.label)
    return tuple(sorted(name for name, found in labels.items() if len(found) > 1))


def images_a_patient(film_set: FilmSet) -> dict[str, int]:
    """Return how many patients have so many films, {films: patients}, ascending."""
    films = Counter(patient_numbers(film_set).tolist())
    return {str(count): number for count, number in sorted(Counter(films.values()).items())}


def patient_flags(
    film_set: FilmSet, groups: Sequence[int], cross_label: Sequence[str]
) -> tuple[AuditFlag, ...]:
    """Return what is to be said of patients: known or not, with two labels, in two splits."""
    return (
        _known(film_set),
        _two_labels(film_set, cross_label),
        _two_splits(film_set, groups),
        _films_each(film_set),
    )


def _known(film_set: FilmSet) -> AuditFlag:
    without = sum(film.patient == MISSING for film in film_set.films)
    if not without:
        return AuditFlag(
            part=2,
            name="patients-known",
            level="green",
            value=0.0,
            sentence="Every film names its patient.",
        )
    return AuditFlag(
        part=2,
        name="patients-known",
        level="amber",
        value=float(without),
        sentence=f"{counted(without, 'film')} of {len(film_set.films):,} "
        f"{verb(without, 'names', 'name')} no patient: patient leakage is not excluded. Only "
        "copies of one film are kept together.",
    )


def _two_labels(film_set: FilmSet, cross_label: Sequence[str]) -> AuditFlag:
    count = len(cross_label)
    if count:
        sentence = (
            f"{counted(count, 'patient')} {verb(count, 'has', 'have')} films with different "
            "labels. That can be right (an illness comes and goes); all films of a patient stay "
            "on one side of every split."
        )
    else:
        sentence = "No patient has films with different labels."
    return AuditFlag(
        part=2,
        name="patients-with-two-labels",
        level="amber" if count else "green",
        value=float(count),
        sentence=sentence,
    )


def _two_splits(film_set: FilmSet, groups: Sequence[int]) -> AuditFlag:
    """Judge the split that came with the set; it is not used here, but scores made with it are."""
    if "split" not in film_set.columns:
        return AuditFlag(
            part=2,
            name="patients-in-two-splits",
            level="not judged",
            value=None,
            sentence="The set comes without a split: patients are split here, once, by a seed.",
        )
    sides: defaultdict[int, set[str]] = defaultdict(set)
    for group, side in zip(groups, film_set.column("split"), strict=True):
        if side != MISSING:
            sides[group].add(side.casefold())
    count = sum(len(found) > 1 for found in sides.values())
    if count:
        sentence = (
            f"In the split that came with the set, {counted(count, 'patient')} "
            f"{verb(count)} in more than one part: scores made with it are too high."
        )
    else:
        sentence = "In the split that came with the set, every patient is in one part."
    return AuditFlag(
        part=2,
        name="patients-in-two-splits",
        level="red" if count else "green",
        value=float(count),
        sentence=sentence,
    )


def _films_each(film_set: FilmSet) -> AuditFlag:
    films = Counter(patient_numbers(film_set).tolist())
    most = max(films.values())
    mean = len(film_set.films) / len(films)
    return AuditFlag(
        part=2,
        name="films-a-patient",
        level="green",
        value=mean,
        sentence=f"{counted(len(film_set.films), 'film')} of {counted(len(films), 'patient')}: "
        f"{mean:.1f} each on average, {most} at most. Intervals are over patients.",
    )
