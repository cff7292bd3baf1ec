"""How good is it? The same small model, asked in every way that papers ask it.

A *protocol* is whether a patient's films stay on one side of the folds, what of the film the model
sees, and whether it saw the source of the test films in training. The naive one (films at random,
whole film, seen source) stands beside the honest one (patients together, central zone alone, unseen
source where that can be measured). Pure but for the clock; films are read by `zones_of` alone.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.films.store import FilmStore, film_pixels
from cnn_core.errors import DataError
from cnn_core.results.films import MISSING, FilmProgress, FilmSet
from cnn_core.results.protocol_words import protocol_words, protocols_sentence
from cnn_core.results.xray_audit import Protocols, ProtocolScore, Zone
from cnn_core.xray.auroc import auroc_over_folds, macro_auroc
from cnn_core.xray.small_model import MODEL_WORDS, fitted_scores, small_model_scores
from cnn_core.xray.unseen import carried_classes, source_of_films, sources_to_leave_out
from cnn_core.xray.zones import zones_pixels

PROTOCOL_ZONES: tuple[Zone, ...] = ("full", "no-centre", "centre")
STAGE = "Comparing protocols"

Pixels = NDArray[np.float32]
Integers = NDArray[np.int64]
Progress = Callable[[FilmProgress], None]


@dataclass(frozen=True, kw_only=True)
class _Films:
    """What all protocols share; `left_out` () with the reason `why`."""

    labels: Integers
    groups: Integers
    sources: NDArray[np.str_]
    classes: tuple[str, ...]
    carried: dict[str, tuple[int, ...]]
    left_out: tuple[str, ...]
    why: str
    folds: int
    draws: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class _Held:
    """What was said of films that were held out: places, probabilities, and by which model."""

    places: Integers
    scores: NDArray[np.float64]
    folds: Integers


def zones_of(
    film_set: FilmSet, store: FilmStore, zones: Sequence[Zone] = PROTOCOL_ZONES
) -> dict[Zone, Pixels]:
    """Return what the small model sees of a set's films, float32 `(N, 1024)` a zone, 0 to 1.

    One picture is in memory at a time.

    Raises:
        DataError: a picture is missing or damaged.
    """
    return zones_pixels((film_pixels(store, film) for film in film_set.films), zones)


def protocols(
    film_set: FilmSet,
    pixels: Mapping[Zone, Pixels],
    groups: Sequence[int],
    *,
    folds: int = 5,
    draws: int = 1_000,
    seed: int = 0,
    progress: Progress = lambda _: None,
) -> Protocols:
    """Ask the small model in every way, and say what the naive answer and the honest one are.

    Args:
        film_set: whose films.
        pixels: of `zones_of`; the zones of `PROTOCOL_ZONES` at least.
        groups: number of each film's group `(N,)`: patient and near-duplicates.
        folds: of protocols with a seen source.
        draws: of the patient bootstrap behind each interval.
        seed: of folds and draws.
        progress: told before the first protocol and after each; may raise to stop.
    """
    began = time.monotonic()
    films = _gathered(film_set, np.asarray(groups, dtype=np.int64), folds, draws, seed)
    ways = [
        (grouped, zone, unseen)
        for unseen in (False, True)
        for grouped in (False, True)
        for zone in PROTOCOL_ZONES
    ]
    scores: list[ProtocolScore] = []
    progress(FilmProgress(stage=STAGE, done=0, total=len(ways), seconds=0.0))
    for done, (grouped, zone, unseen) in enumerate(ways, start=1):
        scores.append(_score(films, pixels[zone], zone, grouped=grouped, unseen=unseen))
        spent = time.monotonic() - began
        progress(
            FilmProgress(
                stage=STAGE,
                done=done,
                total=len(ways),
                seconds=spent,
                seconds_left=spent / done * (len(ways) - done),
            )
        )
    naive = ways.index((False, "full", False))
    honest = ways.index((True, "centre", True))
    if scores[honest].auroc is None:
        honest = ways.index((True, "centre", False))
    return Protocols(
        film_set=film_set.id,
        scores=tuple(scores),
        naive=naive,
        honest=honest,
        sentence=protocols_sentence(scores[naive], scores[honest], films.why),
        model=MODEL_WORDS,
        seconds=time.monotonic() - began,
    )


def _gathered(film_set: FilmSet, groups: Integers, folds: int, draws: int, seed: int) -> _Films:
    if len(groups) != len(film_set.films):
        raise ValueError(f"expected {len(film_set.films)} groups, but got {len(groups)}.")
    number = {name: place for place, name in enumerate(film_set.classes)}
    labels = np.array([number[film.label] for film in film_set.films], dtype=np.int64)
    sources = source_of_films(film_set)
    carried = carried_classes(labels, sources, groups)
    left_out, why = sources_to_leave_out(carried, film_set.classes)
    return _Films(
        labels=labels,
        groups=groups,
        sources=np.asarray(sources, dtype=np.str_),
        classes=film_set.classes,
        carried=carried,
        left_out=left_out,
        why=why,
        folds=folds,
        draws=draws,
        seed=seed,
    )


def _score(
    films: _Films, pixels: Pixels, zone: Zone, *, grouped: bool, unseen: bool
) -> ProtocolScore:
    """Carry out one protocol."""
    words = protocol_words(grouped=grouped, zone=zone, unseen=unseen)
    if unseen and not films.left_out:
        return _none(zone, grouped, unseen, f"{words}: cannot be measured, {films.why}.")
    try:
        held = _unseen(films, pixels, grouped) if unseen else _seen(films, pixels, grouped)
    except DataError as exc:
        return _none(zone, grouped, unseen, f"{words}: cannot be measured. {exc.message}")
    measured = auroc_over_folds(
        films.labels[held.places],
        held.scores,
        films.groups[held.places],
        held.folds,
        draws=films.draws,
        seed=films.seed,
    )
    if measured.value is None:
        return _none(zone, grouped, unseen, f"{words}: cannot be measured, {measured.note}.")
    models = len(np.unique(held.folds))
    how = f"{models} sources left out in turn" if unseen else f"mean of {models} folds"
    each = f" By source: {_by_source(films, held)}." if unseen else ""
    return ProtocolScore(
        grouped=grouped,
        zone=zone,
        unseen=unseen,
        auroc=measured.value,
        interval=measured.interval,
        films=measured.films,
        sentence=(
            f"{words}: {how}, {measured.films:,} films of {measured.patients:,} patients.{each}"
        ),
    )


def _by_source(films: _Films, held: _Held) -> str:
    """Return the AUROC at each source that was left out, for a sentence."""
    found = []
    for number, source in enumerate(films.left_out, start=1):
        own = held.folds == number
        value = macro_auroc(films.labels[held.places[own]], held.scores[own])
        found.append(f"{source} {value:.2f}")
    return ", ".join(found)


def _none(zone: Zone, grouped: bool, unseen: bool, sentence: str) -> ProtocolScore:
    return ProtocolScore(
        grouped=grouped,
        zone=zone,
        unseen=unseen,
        auroc=None,
        interval=None,
        films=0,
        sentence=sentence,
    )


def _seen(films: _Films, pixels: Pixels, grouped: bool) -> _Held:
    """Folds over all films: what is tested is from where the model learned."""
    everyone = np.arange(len(films.labels))
    scores, folds = small_model_scores(
        pixels,
        films.labels,
        films.groups if grouped else everyone,
        folds=films.folds,
        seed=films.seed,
        classes=films.classes,
    )
    return _Held(places=everyone, scores=scores, folds=folds)


def _unseen(films: _Films, pixels: Pixels, grouped: bool) -> _Held:
    """Leave one source out: of it the classes that it carries are tested.

    Where patients are kept together, one who was at both places is not learned from.
    """
    places, scores, folds = [], [], []
    for number, source in enumerate(films.left_out, start=1):
        there = films.sources == source
        test = np.flatnonzero(there & np.isin(films.labels, films.carried[source]))
        train = ~there & (films.sources != MISSING)
        if grouped:
            train &= ~np.isin(films.groups, films.groups[there])
        if len(np.unique(films.labels[train])) < len(films.classes):
            raise DataError(f"Without the patients of {source}, a class is missing elsewhere.")
        places.append(test)
        scores.append(
            fitted_scores(
                pixels[train], films.labels[train], pixels[test], classes=len(films.classes)
            )
        )
        folds.append(np.full(len(test), number))
    return _Held(
        places=np.concatenate(places), scores=np.concatenate(scores), folds=np.concatenate(folds)
    )
