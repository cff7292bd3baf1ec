"""`triage FILE...`: sort chest radiographs: refused and referred first, each with its reason.

Films are named by their place on the command line, since a file's name may name a patient; with
`--names` by their path. One row a film goes into the prediction log, digests and figures alone.
"""

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from cnn_core.charts.film_words import under_every_result
from cnn_core.charts.overlay import overlay
from cnn_core.charts.triage_words import (
    ROUTINE_IS,
    headline,
    nearest_words,
    plain,
    probability_rows,
    reason_list,
    set_words,
    sets_promise,
    spread_words,
)
from cnn_core.cli.output import add_json, note, note_error, write_json, write_line
from cnn_core.data.decode import MAX_BYTES
from cnn_core.data.films.limits import WORKERS, film_decoder
from cnn_core.errors import CnnLabError, PictureError, StorageError
from cnn_core.results.prevalences import assumed_prevalences, named_shares
from cnn_core.results.triage import Asked, TriedFilm
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.results.xray_prevalence import ASSUMES
from cnn_core.runtime.predict import predict
from cnn_core.runtime.prediction_log import open_log
from cnn_core.runtime.triage_model import TriageModel, read_model
from cnn_core.runtime.triage_models import DEMONSTRATION, GIVEN, make_ready, model_for
from cnn_core.settings import Settings

_OPACITY = 0.6
_VIEWS, _NEAREST = 8, 5
_RANKS = {"refused": 0, "refer": 1, "routine": 2}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Film:
    """One file of the command line: what was said of it, or why nothing could be."""

    shown: str
    place: int
    tried: TriedFilm | None = None
    error: str = ""
    hint: str = ""


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `triage` to the parser."""
    parser = commands.add_parser(
        "triage", help="sort chest radiographs (research prototype)", description=__doc__
    )
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="PNG, JPEG or DICOM")
    parser.add_argument(
        "--model",
        metavar="FOLDER|ID",
        help="a folder that `triage-model` wrote, or demonstration, phantoms, or a study's group",
    )
    parser.add_argument(
        "--prevalence",
        metavar="CLASS=SHARE",
        action="append",
        default=[],
        help="assumed share of a class (covid19=0.08); the others keep their proportions",
    )
    parser.add_argument(
        "--heat", metavar="FOLDER", type=Path, help="write heat maps there, named by prediction"
    )
    parser.add_argument("--names", action="store_true", help="show paths, which may name a patient")
    add_json(parser)
    parser.set_defaults(run=_triage)


def _triage(options: argparse.Namespace) -> int:
    """Print what is said of each film; one that cannot be read does not keep the others back."""
    settings = Settings.from_environment()
    given = named_shares(options.prevalence)
    model = _model(settings, options.model)
    prevalences = assumed_prevalences(model.classes, model.prior, given)
    heat = None if options.heat is None else _made(options.heat.expanduser())
    films = sorted(_tried(settings, model, options), key=_priority)
    heats = {} if heat is None else _write_heats(heat, films)
    for film in films:
        if film.tried is None:
            note_error(f"{film.shown}: {film.error}", film.hint)
        elif film.tried.unlogged:
            note(f"{film.shown}: not in the prediction log: {film.tried.unlogged}")
    if options.json:
        write_json(_reply(model, prevalences, films, heats))
    else:
        _write(model, prevalences, films, heats)
    return 1 if any(film.tried is None for film in films) else 0


def _model(settings: Settings, named: str | None) -> TriageModel:
    """Return the triage model that was named, made ready first where that was never done."""
    if named and (folder := Path(named).expanduser()).is_dir():
        return read_model(folder)
    choice = named or (GIVEN if settings.triage_model else DEMONSTRATION)
    make_ready(settings, choice, lambda done, total, what: note(what) if what else None)
    return model_for(settings, choice)


def _tried(settings: Settings, model: TriageModel, options: argparse.Namespace) -> list[_Film]:
    """Ask about all files, two at a time."""
    asked = Asked(heat=options.heat is not None or options.json, views=_VIEWS, nearest=_NEAREST)
    log = open_log(settings)
    with film_decoder(WORKERS) as decoder, ThreadPoolExecutor(WORKERS) as threads:

        def one(place: int, path: Path) -> _Film:
            shown = str(path) if options.names else f"film {place}"
            try:
                tried = predict(
                    model, _read(path), decoder=decoder, asked=asked, channel="terminal", log=log
                )
            except CnnLabError as exc:
                return _Film(shown=shown, place=place, error=exc.message, hint=exc.hint)
            return _Film(shown=shown, place=place, tried=tried)

        return list(threads.map(one, range(1, len(options.files) + 1), options.files))


def _read(path: Path) -> bytes:
    """Return a file's bytes, no more of them than are refused anyway."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise PictureError(
            f"The file cannot be read ({exc.strerror}).", hint="Name a file that can be read."
        ) from exc


def _priority(film: _Film) -> tuple[int, float, int]:
    """Return where a film stands: who must be seen by a person first."""
    if film.tried is None:
        return 0, 0.0, film.place
    said = film.tried.prediction
    return _RANKS[said.decision], -(said.score or 0.0), film.place


def _made(folder: Path) -> Path:
    """Return a folder that is there, before any film is asked about."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _not_written(exc) from exc
    return folder


def _not_written(exc: OSError) -> StorageError:
    return StorageError(
        f"The heat maps cannot be written ({exc.strerror}).", hint="Name another folder."
    )


def _write_heats(folder: Path, films: Sequence[_Film]) -> dict[int, str]:
    """Write heat maps over their films as PNG; return their files by the film's place."""
    written = {}
    try:
        for film in films:
            heat = film.tried.prediction.heat if film.tried else None
            if film.tried is not None and heat is not None:
                grey = np.repeat(film.tried.picture[..., None], 3, axis=2)
                path = folder / f"{film.tried.prediction.id}.png"
                laid = overlay(grey, heat.heat, opacity=_OPACITY, signed=False)
                Image.fromarray(laid).save(path)
                written[film.place] = path.name
    except OSError as exc:
        raise _not_written(exc) from exc
    return written


def _reply(
    model: TriageModel,
    prevalences: Mapping[str, float],
    films: Sequence[_Film],
    heats: Mapping[int, str],
) -> dict[str, object]:
    """Return the one JSON value: the films in the order of the worklist."""
    replies: list[dict[str, object]] = []
    for film in films:
        head: dict[str, object] = {"film": film.place}
        if film.shown != f"film {film.place}":
            head["path"] = film.shown
        if film.tried is None:
            replies.append({**head, "error": film.error, "hint": film.hint})
            continue
        reply = {**head, **plain(film.tried.prediction, model.result, prevalences)}
        replies.append(reply | ({"heat_file": heats[film.place]} if film.place in heats else {}))
    return {
        "statement": STATEMENT,
        "model": {"sha256": model.sha256, "title": model.title, "synthetic": model.synthetic},
        "prevalences": dict(prevalences),
        "under_every_result": list(under_every_result(model.result)),
        "films": replies,
    }


def _write(
    model: TriageModel,
    prevalences: Mapping[str, float],
    films: Sequence[_Film],
    heats: Mapping[int, str],
) -> None:
    """Print the films in the order of the worklist."""
    write_line(STATEMENT)
    write_line(f"{model.title}{' (synthetic films)' if model.synthetic else ''}.")
    for film in films:
        if film.tried is None:
            write_line(f"\n{film.shown}\n  Failed: {film.error}")
            continue
        said = film.tried.prediction
        write_line(f"\n{film.shown}\n  {headline(said)}")
        lines = [*reason_list(said)]
        lines += [f"{label}: {text}" for label, text in probability_rows(said, prevalences)]
        lines += [text for text in (set_words(said), spread_words(said)) if text]
        lines += [f"Nearest training film: {line}." for line in nearest_words(said)]
        if said.heat is not None and film.place in heats:
            lines.append(f"{heats[film.place]}: {said.heat.sentence}")
        for line in lines:
            write_line(f"    {line}")
    write_line()
    if any(film.tried and film.tried.prediction.probabilities for film in films):
        write_line(ASSUMES)
        write_line(sets_promise(model.result))
    if any(film.tried and film.tried.prediction.decision == "routine" for film in films):
        write_line(ROUTINE_IS)
    for line in under_every_result(model.result):
        write_line(line)
