"""`train xray-triage`: films taken in, audited, trained in folds and judged, in this process.

Every score comes with its interval, with what the audit found, and with the statement of what this
is not.
"""

import argparse
import dataclasses
import re
import time
from collections.abc import Callable
from pathlib import Path

from cnn_core.charts.film_words import under_every_result
from cnn_core.cli.output import ProgressLine, note, seconds_text, write_json, write_line
from cnn_core.errors import ConfigError, DataError
from cnn_core.results.chance import percent, span
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import Preparing
from cnn_core.results.films import FilmProgress, FilmSet
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.results.xray_evaluation import Evaluation, Measured
from cnn_core.results.xray_plan import STATEMENT, FilmSelection
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.kept_audits import kept_audit
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_runs import Progress, film_store, study_requests
from cnn_core.runtime.xray_study import evaluate_study
from cnn_core.settings import Settings

DEFAULT_FOLDS = 5
_FILM_SET = re.compile(r"[0-9a-f]{8,64}")

Follow = Callable[[RunStore, str], RunRecord]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let a command take what a study of films is asked for."""
    parser.add_argument(
        "--folds", metavar="K", help=f"films: folds, 0 or 2 to 10; {DEFAULT_FOLDS} unless given"
    )
    parser.add_argument(
        "--acknowledge",
        action="store_true",
        help="films: the red flags of the audit were read; they stay on every score",
    )
    parser.add_argument(
        "--open-locked",
        action="store_true",
        help="films: score the locked test too; every opening is counted",
    )


def refuse_options(options: argparse.Namespace) -> None:
    """Look that nothing was asked for that only a study of films has.

    Raises:
        ConfigError: something was.
    """
    if options.folds is not None or options.acknowledge or options.open_locked:
        raise ConfigError(
            "--folds, --acknowledge and --open-locked are for studies of chest X-ray films.",
            hint="Leave them out, or train xray-triage.",
        )


def progress_lines() -> Progress:
    """Return what shows on standard error how far work on films has come."""
    line = ProgressLine()

    def show(progress: FilmProgress) -> None:
        if progress.total:
            line(
                Preparing(
                    what=progress.stage,
                    done=progress.done,
                    total=progress.total,
                    seconds=progress.seconds,
                )
            )

    return show


def films_named(settings: Settings, name: str | None, progress: Progress) -> FilmSet:
    """Return the film set of a folder, a zip file, or its own id.

    Raises:
        DataError: none was named, or it holds no usable films.
        UnknownNameError: no film set begins like that.
        StorageError: they cannot be kept.
    """
    if name is None:
        raise DataError(
            "This recipe trains on chest X-ray films, but none were named.",
            hint="Say --data with a folder or a zip file of films.",
        )
    films, path = film_store(settings), Path(name).expanduser().absolute()
    if _FILM_SET.fullmatch(name) and not path.exists():
        return films.load(name)
    from cnn_core.data.films.intake import take_in_films

    return take_in_films(films, path, progress=progress, cancelled=lambda: False)


def train_films(
    settings: Settings,
    options: argparse.Namespace,
    config: TrainConfig,
    *,
    preset: str,
    owner: str,
    follow: Follow,
    exit_code: Callable[[RunRecord], int],
) -> int:
    """Train and judge a study; print the whole evaluation; return the exit code.

    Args:
        settings: for the homes.
        options: of the command.
        config: of every run of the study.
        preset: its id.
        owner: digest of the owner's token.
        follow: trains a queued run here and returns how it ended.
        exit_code: what to say to the shell of how a run ended.

    Raises:
        CnnLabError: what keeps the study from being trained or judged, in a sentence.
    """
    began, progress = time.monotonic(), progress_lines()
    film_set = films_named(settings, options.data, progress)
    _note_films(film_set)
    selection = FilmSelection(
        film_set=film_set.id, folds=_folds(options.folds), acknowledged=options.acknowledge
    )
    audit = kept_audit(film_store(settings), film_set.id)
    if audit is None:
        from cnn_core.runtime.film_audit import audited

        audit = audited(settings, film_set, progress=progress)
    for flag in audit.flags:
        if flag.level in ("red", "amber"):
            note(f"{flag.level}: {flag.sentence}")
    requests = study_requests(
        settings,
        selection,
        config,
        owner=owner,
        device=options.device,
        preset=preset,
        launcher="self",
    )
    store = RunStore(settings.runs)
    for request in requests:
        record, _ = store.create(request)
        note(f"run {record.id}: {record.name}, on {record.device}")
        record = follow(store, record.id)
        if record.status != "finished":
            _report_unfinished(record, as_json=options.json)
            return exit_code(record)
    result = evaluate_study(
        settings, store, record.group, open_locked=options.open_locked, progress=progress
    )
    seconds = time.monotonic() - began
    if options.json:
        write_json(study_json(result, film_set, audit, record, seconds))
    else:
        write_study(result, record.group, seconds)
    return 0


def _folds(text: str | None) -> int:
    if text is None:
        return DEFAULT_FOLDS
    if not text.isdecimal():
        raise ConfigError(f"--folds expects a whole number, but got {text[:40]!r}.")
    return int(text)


def _note_films(film_set: FilmSet) -> None:
    note(f"films: {film_set.title}, {len(film_set.films):,}, set {film_set.id[:12]}")
    for row in film_set.labels:
        known = f", {row.finding}" if row.finding else ""
        how = row.established or "how it was established is not stated"
        note(f"  {row.label}: {row.films:,} films of {row.patients:,} patients{known}; {how}")
    for said in film_set.notes:
        note(f"note: {said}")
    for rejected in film_set.rejected:
        note(f"left out: {rejected.name}: {rejected.reason}")


def _report_unfinished(record: RunRecord, *, as_json: bool) -> None:
    if as_json:
        write_json(
            {
                "status": record.status,
                "group": record.group,
                "run": record.id,
                "error": record.error,
                "statement": STATEMENT,
            }
        )
    else:
        write_line(f"{record.id}: {record.status}; the study is not complete and was not judged")


def study_json(
    result: StudyResult, film_set: FilmSet, audit: XrayAudit, record: RunRecord, seconds: float
) -> dict[str, object]:
    """Return the one object that `--json` prints: all of `StudyResult`, and what it is of."""
    return {
        "statement": STATEMENT,
        "status": record.status,
        "group": record.group,
        "seconds": round(seconds, 1),
        "title": film_set.title,
        "synthetic": film_set.synthetic,
        "labels": [dataclasses.asdict(row) for row in film_set.labels],
        "audit": {
            "level": audit.level,
            "flags": [dataclasses.asdict(flag) for flag in audit.flags],
        },
        **dataclasses.asdict(result),
    }


def measured_text(figure: Measured) -> str:
    """Return a figure with its interval, or why there is none.

    >>> measured_text(Measured(value=0.9, interval=(0.8, 0.95), films=60, patients=50, method=""))
    '0.900 (0.800 to 0.950)'
    """
    if figure.value is None or figure.interval is None:
        return figure.note or "not defined"
    return f"{figure.value:.3f} ({figure.interval[0]:.3f} to {figure.interval[1]:.3f})"


def write_study(result: StudyResult, group: str, seconds: float) -> None:
    """Write a study to standard output as a person reads it, what stands under it at the end."""
    write_line(STATEMENT)
    for evaluated in (result.cross_validation, result.locked):
        if evaluated is not None:
            _report_evaluation(evaluated)
    write_line(f"operating point: {result.operating_point.sentence}")
    write_line(f"prediction sets: {result.conformal.sentence}")
    for row in result.gate:
        figure = row.refused
        share = figure.note
        if figure.value is not None and figure.interval is not None:
            share = f"{percent(figure.value)} of {figure.films} refused ({span(figure.interval)})"
        write_line(f"gate, {row.kind}: {share}")
    if result.path is not None:
        write_line(f"whole path: {result.path.sentence}")
    for sentence in under_every_result(result):
        write_line(sentence)
    for sentence in result.warnings:
        write_line(f"note: {sentence}")
    write_line(f"study {group}: {result.model}, {seconds_text(seconds)} in all")


def _report_evaluation(evaluated: Evaluation) -> None:
    write_line(
        f"{evaluated.what}, {evaluated.films:,} films of {evaluated.patients:,} patients: "
        f"macro AUROC {measured_text(evaluated.macro_auroc)}, macro F1 "
        f"{measured_text(evaluated.macro_f1)}, right {measured_text(evaluated.accuracy)}"
    )
    for row in evaluated.classes:
        write_line(
            f"  {row.label}: AUROC {measured_text(row.auroc)}, sensitivity "
            f"{measured_text(row.sensitivity)}, specificity {measured_text(row.specificity)}, "
            f"precision {measured_text(row.precision)}, NPV {measured_text(row.npv)}, F1 "
            f"{measured_text(row.f1)}"
        )
    known = evaluated.calibration
    low, high = known.ece_perfect_interval
    write_line(
        f"  calibration: Brier {known.brier:.3f} (reference {known.brier_reference:.3f}), ECE "
        f"{known.ece:.3f} (a perfect model at this n: {known.ece_perfect:.3f}, {low:.3f} to "
        f"{high:.3f})"
    )
    write_line(f"  {evaluated.covers}")
