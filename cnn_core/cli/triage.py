"""`triage FILE...`: sort chest radiographs: refused and referred first, each with its reason.

Films are named by their place on the command line, since a file's name may name a patient; with
`--names` by their path. One row a film goes into the prediction log, digests and figures alone.
"""

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
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
from cnn_core.results.triage import EVERYTHING, Prediction, TriedFilm
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.results.xray_prevalence import ASSUMES
from cnn_core.runtime.predict import predict
from cnn_core.runtime.prediction_log import open_log
from cnn_core.runtime.triage_model import TriageModel, read_model
from cnn_core.runtime.triage_models import DEMONSTRATION, GIVEN, make_ready, model_for
from cnn_core.settings import Settings

_OPACITY = 0.6
_RANKS = {"refused": 0, "refer": 1, "routine": 2}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Film:
    """One file of the command line: what was said of it, or why nothing could be.

    No picture is kept: there may be thousands of films.
    """

    shown: str
    place: int
    said: Prediction | None = None
    unlogged: str = ""
    heat_file: str = ""
    heat_error: str = ""
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
    films = sorted(_tried(settings, model, options, heat), key=_priority)
    for film in films:
        if film.said is None:
            note_error(f"{film.shown}: {film.error}", film.hint)
        if film.heat_error:
            note_error(f"{film.shown}: {film.heat_error}")
        if film.unlogged:
            note(f"{film.shown}: not in the prediction log: {film.unlogged}")
    if options.json:
        write_json(_reply(model, prevalences, films))
    else:
        _write(model, prevalences, films)
    return 1 if any(film.said is None or film.heat_error for film in films) else 0


def _model(settings: Settings, named: str | None) -> TriageModel:
    """Return the triage model that was named, made ready first where that was never done."""
    if named and (folder := Path(named).expanduser()).is_dir():
        return read_model(folder)
    choice = named or (GIVEN if settings.triage_model else DEMONSTRATION)
    make_ready(settings, choice, lambda done, total, what: note(what) if what else None)
    return model_for(settings, choice)


def _tried(
    settings: Settings, model: TriageModel, options: argparse.Namespace, heat: Path | None
) -> list[_Film]:
    """Ask about all files, two at a time; heat maps are written as they come."""
    asked = replace(EVERYTHING, heat=heat is not None or options.json)
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
            film = _Film(
                shown=shown, place=place, said=_slim(tried.prediction), unlogged=tried.unlogged
            )
            if heat is None or tried.prediction.heat is None:
                return film
            try:
                return replace(film, heat_file=_write_heat(heat, tried))
            except StorageError as exc:
                return replace(film, heat_error=exc.message)

        return list(threads.map(one, range(1, len(options.files) + 1), options.files))


def _slim(said: Prediction) -> Prediction:
    """Return a prediction without the picture of its heat map."""
    if said.heat is None:
        return said
    return replace(said, heat=replace(said.heat, heat=np.zeros((0, 0), np.float32)))


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
    if film.said is None:
        return 0, 0.0, film.place
    return _RANKS[film.said.decision], -(film.said.score or 0.0), film.place


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


def _write_heat(folder: Path, tried: TriedFilm) -> str:
    """Write a heat map over its film as PNG; return the file's name."""
    assert tried.prediction.heat is not None
    grey = np.repeat(tried.picture[..., None], 3, axis=2)
    laid = overlay(grey, tried.prediction.heat.heat, opacity=_OPACITY, signed=False)
    path = folder / f"{tried.prediction.id}.png"
    try:
        Image.fromarray(laid).save(path)
    except OSError as exc:
        raise _not_written(exc) from exc
    return path.name


def _reply(
    model: TriageModel, prevalences: Mapping[str, float], films: Sequence[_Film]
) -> dict[str, object]:
    """Return the one JSON value: the films in the order of the worklist."""
    replies: list[dict[str, object]] = []
    for film in films:
        head: dict[str, object] = {"film": film.place}
        if film.shown != f"film {film.place}":
            head["path"] = film.shown
        if film.said is None:
            replies.append({**head, "error": film.error, "hint": film.hint})
            continue
        reply = {**head, **plain(film.said, model.result, prevalences)}
        replies.append(reply | ({"heat_file": film.heat_file} if film.heat_file else {}))
    return {
        "statement": STATEMENT,
        "model": {"sha256": model.sha256, "title": model.title, "synthetic": model.synthetic},
        "prevalences": dict(prevalences),
        "under_every_result": list(under_every_result(model.result)),
        "films": replies,
    }


def _write(model: TriageModel, prevalences: Mapping[str, float], films: Sequence[_Film]) -> None:
    """Print the films in the order of the worklist."""
    write_line(STATEMENT)
    write_line(f"{model.title}{' (synthetic films)' if model.synthetic else ''}.")
    for film in films:
        said = film.said
        if said is None:
            write_line(f"\n{film.shown}\n  Failed: {film.error}")
            continue
        write_line(f"\n{film.shown}\n  {headline(said)}")
        lines = [*reason_list(said)]
        lines += [f"{label}: {text}" for label, text in probability_rows(said, prevalences)]
        lines += [text for text in (set_words(said), spread_words(said)) if text]
        lines += [f"Nearest training film: {line}." for line in nearest_words(said)]
        if said.heat is not None and film.heat_file:
            lines.append(f"{film.heat_file}: {said.heat.sentence}")
        for line in lines:
            write_line(f"    {line}")
    write_line()
    if any(film.said and film.said.probabilities for film in films):
        write_line(ASSUMES)
        write_line(sets_promise(model.result))
    if any(film.said and film.said.decision == "routine" for film in films):
        write_line(ROUTINE_IS)
    for line in under_every_result(model.result):
        write_line(line)
