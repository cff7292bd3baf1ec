"""Long work on films, in a process of its own: `python -m cnn_core.runtime.film_worker WORK`.

WORK is a JSON object (`cnn_core.runtime.film_jobs` makes it):

    {"kind": "phantoms", "phantoms": "marker", "films": null, "seed": 0}    draw and bring, compare
    {"kind": "bring", "path": PATH, "title": TITLE, "owner": DIGEST}        take in, audit
    {"kind": "audit", "film_set": ID}
    {"kind": "protocols", "film_set": ID}
    {"kind": "evaluate", "group": GROUP, "open_locked": false}

Standard output has a JSON object a line: {"progress": {...}} (`results.films.FilmProgress`),
{"film_set": ID} once the films are in the store, and at the end {"done": true} or
{"error": SENTENCE, "hint": SENTENCE}. Standard input says nothing: when it closes, because Stop was
pressed or whoever asked has ended, the work ends too. What has been kept by then stays.
"""

import dataclasses
import json
import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from cnn_core.errors import CnnLabError, ConfigError
from cnn_core.results.films import FilmProgress
from cnn_core.runtime.film_work import (
    Stopped,
    audit_set,
    bring_films,
    compare_protocols,
    draw_and_bring,
)
from cnn_core.runtime.processes import be_background
from cnn_core.runtime.xray_runs import film_store
from cnn_core.settings import Settings

_log = logging.getLogger(__name__)

_GRACE_SECONDS = 10.0  # to put things away once asked to stop
_TELLING_SECONDS = 0.2  # between two reports of one stage


class Reporter:
    """Writes progress as JSON lines; asked for progress after a stop, it ends the work.

    Args:
        output: where the lines go.
        stopped: set once the work shall end.
    """

    def __init__(self, output: IO[str], stopped: threading.Event) -> None:
        self._output, self._stopped = output, stopped
        self._lock = threading.Lock()
        self._stage, self._told = "", 0.0

    def cancelled(self) -> bool:
        """Whether the work shall end."""
        return self._stopped.is_set()

    def progress(self, progress: FilmProgress) -> None:
        """Report how far it is: each new stage, its end, and between them a few times a second.

        Raises:
            Stopped: the work shall end.
        """
        if self._stopped.is_set():
            raise Stopped
        now = time.monotonic()
        ended = progress.total > 0 and progress.done >= progress.total
        if progress.stage == self._stage and not ended and now - self._told < _TELLING_SECONDS:
            return
        self._stage, self._told = progress.stage, now
        self.say(progress=dataclasses.asdict(progress))

    def say(self, **line: object) -> None:
        """Write one line."""
        with self._lock:
            self._output.write(f"{json.dumps(line)}\n")
            self._output.flush()


def do(settings: Settings, work: dict[str, Any], report: Reporter) -> None:
    """Do what `work` asks for.

    Raises:
        CnnLabError: it cannot be done, in a sentence.
        Stopped: it was stopped.
    """
    kind = work.get("kind")
    if kind == "phantoms":
        with film_store(settings).pictures.held_folder() as folder:
            draw_and_bring(
                settings,
                folder,
                work["phantoms"],
                films=work.get("films"),
                seed=int(work["seed"]),
                progress=report.progress,
                cancelled=report.cancelled,
                found=lambda film_set: report.say(film_set=film_set),
            )
    elif kind == "bring":
        bring_films(
            settings,
            Path(work["path"]),
            title=str(work.get("title", "")),
            owner=str(work.get("owner", "")),
            progress=report.progress,
            cancelled=report.cancelled,
            found=lambda film_set: report.say(film_set=film_set),
        )
    elif kind == "audit":
        audit_set(settings, work["film_set"], progress=report.progress)
    elif kind == "protocols":
        compare_protocols(settings, work["film_set"], progress=report.progress)
    elif kind == "evaluate":
        from cnn_core.runtime.store import RunStore
        from cnn_core.runtime.xray_study import evaluate_study

        evaluate_study(
            settings,
            RunStore(settings.runs, examine=False),
            work["group"],
            open_locked=bool(work.get("open_locked")),
            progress=report.progress,
        )
    else:
        raise ConfigError(f"Expected work on films, but got {str(kind)[:40]!r}.")


def watch(closing: IO[str], stopped: threading.Event, end: Callable[[int], object]) -> None:
    """Wait until `closing` is closed, ask the work to stop, and end it if it does not."""
    while closing.readline():
        pass
    stopped.set()
    threading.Event().wait(_GRACE_SECONDS)
    end(1)


def main(arguments: list[str]) -> int:
    """Do the one piece of work that is asked for; return the exit code."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    output = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no line of ours
    stopped = threading.Event()
    threading.Thread(
        target=watch, args=(sys.stdin, stopped, os._exit), name="film-work-watch", daemon=True
    ).start()
    report = Reporter(output, stopped)
    be_background()
    try:
        do(Settings.from_environment(), json.loads(arguments[0]), report)
    except Stopped:
        return 1
    except CnnLabError as error:
        if report.cancelled():  # what was stopped says so as an error, too
            return 1
        report.say(error=error.message, hint=error.hint)
        return 1
    except Exception:  # noqa: BLE001 - a bug: the page has an id of it, the log the rest
        error_id = secrets.token_hex(4)
        _log.exception("error %s in work on films", error_id)
        report.say(
            error=f"Something went wrong while the films were worked on (id {error_id}).",
            hint="Try again. If it happens again, the app's log has the details under this id.",
        )
        return 1
    report.say(done=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
