"""Which source carries which class, and what can be said of an unseen one (part 6)."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.wording import listed
from cnn_core.errors import DataError
from cnn_core.results.films import MISSING, FilmSet
from cnn_core.results.xray_audit import AuditFlag, LeftOut, SourceRow, WithinSource
from cnn_core.xray.audit.blind import Material, fold_scores
from cnn_core.xray.audit.flags import with_interval
from cnn_core.xray.auroc import auroc_over_folds, macro_auroc_measured
from cnn_core.xray.small_model import fitted_scores
from cnn_core.xray.unseen import CARRIES, carried_classes, source_of_films

NOT_MEASURABLE = "performance on an unseen hospital cannot be measured with these data"

Floats = NDArray[np.floating]


def source_rows(film_set: FilmSet, material: Material) -> tuple[SourceRow, ...]:
    """Return films and patients of each source by class, those with most films first.

    Films whose source is missing are in no row.
    """
    sources = np.array(source_of_films(film_set))
    count = len(material.classes)
    carried = carried_classes(material.labels, sources.tolist(), material.groups)
    rows = []
    for source in sorted(set(sources.tolist()) - {MISSING}):
        inside = sources == source
        labels, groups = material.labels[inside], material.groups[inside]
        patients = [len(np.unique(groups[labels == label])) for label in range(count)]
        rows.append(
            SourceRow(
                source=source,
                films=tuple(np.bincount(labels, minlength=count).tolist()),
                patients=tuple(patients),
                carries=tuple(material.classes[label] for label in carried[source]),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-sum(row.films), row.source)))


def single_source(rows: Sequence[SourceRow], classes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the classes that fewer than two sources carry, with the sources that do."""
    carriers = {
        label: tuple(row.source for row in rows if label in row.carries) for label in classes
    }
    return {label: sources for label, sources in carriers.items() if len(sources) < 2}


def within_sources(
    film_set: FilmSet, rows: Sequence[SourceRow], pixels: Floats, material: Material
) -> tuple[SourceRow, ...]:
    """Return the rows with how well each source's own classes are told apart in it.

    Args:
        film_set: the films.
        rows: of `source_rows`.
        pixels: whole films as the small model sees them `(N, P)`.
        material: labels and groups.
    """
    sources = np.array(source_of_films(film_set))
    done = []
    for row in rows:
        pairs = [
            _within(pixels, material, sources == row.source, first, second)
            for first, second in combinations(row.carries, 2)
        ]
        done.append(
            SourceRow(
                source=row.source,
                films=row.films,
                patients=row.patients,
                carries=row.carries,
                within=tuple(pair for pair in pairs if pair is not None),
            )
        )
    return tuple(done)


def _within(
    pixels: Floats, material: Material, inside: NDArray[np.bool_], first: str, second: str
) -> WithinSource | None:
    pair = [material.classes.index(first), material.classes.index(second)]
    places = np.flatnonzero(inside & np.isin(material.labels, pair))
    own = Material(
        labels=(material.labels[places] == pair[1]).astype(np.int64),
        groups=material.groups[places],
        classes=(first, second),
        draws=material.draws,
        seed=material.seed,
        folds=material.folds,
    )
    try:
        scores = fold_scores(pixels[places], own)
    except DataError:  # the patients of both classes are the same few
        return None
    found = auroc_over_folds(
        own.labels,
        scores.probabilities[:, 1],
        own.groups,
        scores.folds,
        draws=own.draws,
        seed=own.seed,
    )
    if found.value is None or found.interval is None:
        return None
    return WithinSource(first=first, second=second, auroc=found.value, interval=found.interval)


def leave_one_out(
    film_set: FilmSet, rows: Sequence[SourceRow], pixels: Floats, material: Material
) -> tuple[LeftOut, ...]:
    """Score each source that carries two classes by a model that never saw it.

    Only the classes that it carries are scored; films of the same group are not trained on. A
    source is passed over where these leave some class without a film elsewhere (`shared_sources`).

    Args:
        film_set: the films.
        rows: of `source_rows`; every class is carried by two sources.
        pixels: whole films as the small model sees them `(N, P)`.
        material: labels and groups.
    """
    sources = np.array(source_of_films(film_set))
    found = []
    for row in rows:
        if len(row.carries) < 2:
            continue
        carried = [material.classes.index(label) for label in row.carries]
        test = np.flatnonzero((sources == row.source) & np.isin(material.labels, carried))
        train = _elsewhere(sources, row.source, material)
        if not _has_all(train, material):
            continue
        scores = fitted_scores(
            pixels[train], material.labels[train], pixels[test], classes=len(material.classes)
        )
        measured = macro_auroc_measured(
            material.labels[test],
            scores,
            material.groups[test],
            draws=material.draws,
            seed=material.seed,
        )
        if measured.value is not None and measured.interval is not None:
            found.append(
                LeftOut(
                    source=row.source,
                    auroc=measured.value,
                    interval=measured.interval,
                    films=len(test),
                )
            )
    return tuple(found)


def shared_sources(
    film_set: FilmSet, rows: Sequence[SourceRow], material: Material
) -> tuple[str, ...]:
    """Return the sources that tell two classes apart but whose patients are everybody of a class.

    Two sources that are two devices of one hospital, or one set in two sizes, have the same
    patients: without those of one, nothing is left to learn some class from.

    Args:
        film_set: the films.
        rows: of `source_rows`.
        material: labels and groups.
    """
    sources = np.array(source_of_films(film_set))
    return tuple(
        row.source
        for row in rows
        if len(row.carries) > 1
        and not _has_all(_elsewhere(sources, row.source, material), material)
    )


def _any_of(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def _elsewhere(sources: NDArray[np.str_], source: str, material: Material) -> NDArray[np.int64]:
    """Return the places of films of other named sources, and of groups with no film in this one."""
    inside = sources == source
    known = np.isin(material.groups, material.groups[inside])
    return np.flatnonzero(~inside & ~known & (sources != MISSING))


def _has_all(places: NDArray[np.int64], material: Material) -> bool:
    return len(np.unique(material.labels[places])) == len(material.classes)


def unseen_sentence(left_out: Sequence[LeftOut], shared: Sequence[str] = ()) -> str:
    """Return what can be said of an unseen hospital: the figures, or that there can be none.

    Args:
        left_out: of `leave_one_out`.
        shared: of `shared_sources`, where every class is carried by two sources.
    """
    why = (
        f"without the patients of {_any_of(shared)}, a class is missing elsewhere" if shared else ""
    )
    if not left_out:
        return f"Unseen hospital: {NOT_MEASURABLE}{f': {why}' if why else ''}."
    said = [f"{with_interval(each.auroc, each.interval)} at {each.source}" for each in left_out]
    return (
        "Unseen hospital (a source left out of training, small model): macro-averaged AUROC "
        f"{'; '.join(said)}.{f' Others cannot be left out: {why}.' if why else ''}"
    )


def source_flags(
    film_set: FilmSet,
    rows: Sequence[SourceRow],
    classes: Sequence[str],
    left_out: Sequence[LeftOut],
    shared: Sequence[str] = (),
) -> tuple[AuditFlag, ...]:
    """Judge whether every class is carried by two sources, and whether one can be left out."""
    without = source_of_films(film_set).count(MISSING)
    if not rows:
        return (
            _flag(
                "no-source",
                "red",
                None,
                f"No film names its source, so {NOT_MEASURABLE}.",
            ),
        )
    flags = []
    single = single_source(rows, classes)
    for label in classes:
        carriers = [row.source for row in rows if label in row.carries]
        if label not in single:
            said = f"{label} is carried by {listed(carriers, most=4)}."
            flags.append(_flag(f"sources-{label}", "green", len(carriers), said))
            continue
        by_source = [
            f"{row.patients[list(classes).index(label)]:,} patients from {row.source}"
            for row in rows
            if row.patients[list(classes).index(label)]
        ]
        said = "only one source" if carriers else "no source"
        flags.append(
            _flag(
                f"sources-{label}",
                "red",
                len(carriers),
                f"{label} is carried by {said} ({listed(by_source, most=4)}; a source "
                f"carries a class from {CARRIES} patients on): {NOT_MEASURABLE}."
                if by_source
                else f"{label} comes from no source that is named: {NOT_MEASURABLE}.",
            )
        )
    if not single:
        level = "green" if left_out else "red"  # no source can be left out
        flags.append(_flag("unseen-hospital", level, None, unseen_sentence(left_out, shared)))
    if without:
        flags.append(
            _flag(
                "films-without-source",
                "amber",
                without,
                f"{without:,} of {len(film_set.films):,} films name no source; they count for "
                "none.",
            )
        )
    return tuple(flags)


def _flag(name: str, level: str, value: float | None, sentence: str) -> AuditFlag:
    return AuditFlag(
        part=6,
        name=name,
        level=level,  # type: ignore[arg-type]
        value=None if value is None else float(value),
        sentence=sentence,
    )
