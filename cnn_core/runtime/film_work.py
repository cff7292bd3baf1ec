"""What is done with films beside a page, and in a terminal's own process: bring, audit, compare.

Plain functions that report progress; what each finds is kept in the film store.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_core.results.films import FilmProgress, FilmSet
from cnn_core.results.xray_audit import Protocols, XrayAudit
from cnn_core.runtime.kept_audits import keep_protocols, kept_audit, kept_protocols
from cnn_core.runtime.xray_runs import film_store
from cnn_core.settings import Settings

if TYPE_CHECKING:
    from cnn_core.data.films.phantoms import PhantomKind

Progress = Callable[[FilmProgress], None]

_TELLING_SECONDS = 2.0  # an estimate from less is none


_LATER = {"Drawing phantoms": 2.4, "Reading films": 1.5}
"""What follows a stage takes so many times as long as the stage itself, about.

On two quiet cores the 540 films of the default study take 10 seconds to draw and 8 to read, then 8
for the network and 4 for the audit (22 and 10 for 1,478 films), and 4 for the protocols, which are
of phantoms alone.
"""


def counting_later(progress: Progress, stage: str) -> Progress:
    """Return `progress`, told of one stage with the time that all later ones will take.

    Args:
        progress: told how far the work is.
        stage: one of `_LATER`.
    """

    def told(now: FilmProgress) -> None:
        if now.stage == stage and now.done:
            whole = now.seconds / now.done * now.total
            left = whole - now.seconds + _LATER[stage] * whole
            now = replace(now, seconds_left=left if now.seconds >= _TELLING_SECONDS else None)
        progress(now)

    return told


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The work was asked to end."""


def draw_and_bring(
    settings: Settings,
    folder: Path,
    kind: "PhantomKind",
    *,
    films: int | None = None,
    seed: int = 0,
    progress: Progress,
    cancelled: Callable[[], bool],
    found: Callable[[str], None] = lambda _: None,
) -> FilmSet:
    """Draw phantoms, take them in, audit them, and compare the protocols on them.

    Args:
        settings: for the homes.
        folder: where the drawings lie until they are taken in.
        kind: which trap they hold (`data.films.phantoms`).
        films: how many; None for as many as the kind needs.
        seed: of the drawings.
        progress: told how far it is.
        cancelled: asked whether to stop.
        found: told the film set's id once it is in the store.
    """
    from cnn_core.data.films.phantoms import draw_phantoms

    began = time.monotonic()

    tell = counting_later(progress, "Drawing phantoms")

    def drawn(done: int, total: int) -> None:
        seconds = time.monotonic() - began
        tell(FilmProgress(stage="Drawing phantoms", done=done, total=total, seconds=seconds))

    about = draw_phantoms(folder, kind, films=films, seed=seed, drawn=drawn)
    film_set = bring_films(
        settings,
        folder,
        title=about["title"],
        licence=about["licence"],
        citation=about["citation"],
        synthetic=True,
        progress=progress,
        cancelled=cancelled,
        found=found,
    )
    compare_protocols(settings, film_set.id, progress=progress)
    return film_set


def bring_films(
    settings: Settings,
    path: Path,
    *,
    title: str,
    progress: Progress,
    cancelled: Callable[[], bool],
    found: Callable[[str], None] = lambda _: None,
    synthetic: bool = False,
    licence: str = "",
    citation: str = "",
    owner: str = "",
) -> FilmSet:
    """Take in a folder or zip file of films and audit them.

    Args:
        settings: for the homes.
        path: the folder, or the zip file.
        title: for a person; the path's name if "".
        progress: told how far it is.
        cancelled: asked whether to stop.
        found: told the film set's id once it is in the store.
        synthetic: whether a program drew them.
        licence: of all films together.
        citation: where they are from.
        owner: digest of the token of whoever alone has them listed; "" for everybody.

    Raises:
        DataError: these are no films to study, in a sentence.
        StorageError: they cannot be kept.
    """
    from cnn_core.data.films.intake import take_in_films

    film_set = take_in_films(
        film_store(settings),
        path,
        title=title,
        progress=counting_later(progress, "Reading films"),
        cancelled=cancelled,
        synthetic=synthetic,
        licence=licence,
        citation=citation,
        owner=owner,
    )
    found(film_set.id)
    audit_set(settings, film_set.id, progress=progress)
    return film_set


def audit_set(settings: Settings, film_set: str, *, progress: Progress) -> XrayAudit:
    """Return the audit of a film set, made and kept if it is not there.

    Raises:
        UnknownNameError: there is no such film set.
    """
    store = film_store(settings)
    audit = kept_audit(store, film_set)
    if audit is None:
        from cnn_core.runtime.film_audit import audited

        audit = audited(settings, store.load(film_set), progress=progress)
    return audit


def compare_protocols(settings: Settings, film_set: str, *, progress: Progress) -> Protocols:
    """Return the comparison of protocols on a film set, made and kept if it is not there.

    Raises:
        UnknownNameError: there is no such film set.
    """
    store = film_store(settings)
    found = kept_protocols(store, film_set)
    if found is None:
        from cnn_core.xray.protocols import protocols, zones_of

        audit = audit_set(settings, film_set, progress=progress)
        films = store.load(film_set)
        found = protocols(films, zones_of(films, store), audit.groups, progress=progress)
        keep_protocols(store, found)
    return found
