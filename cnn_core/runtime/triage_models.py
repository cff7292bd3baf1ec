"""Which triage models this machine can use, and making one ready: exported once, then kept.

A model is exported by a process of its own, which loads torch; everything else does without. Models
that are ready lie below `settings.triage`, each in a folder named for all that it was made from,
whole or not at all. One process makes one of them at a time; others wait for it and find it there.
One whose files are damaged counts as not ready from the moment that it is noticed.
"""

import contextlib
import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock

from cnn_core.errors import CnnLabError, RunStateError, StorageError, UnknownNameError, WeightsError
from cnn_core.runtime.files import TEMPORARY
from cnn_core.runtime.processes import environment_of
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.triage_description import (
    DESCRIPTION_FILE,
    Description,
    read_description,
    read_whole,
)
from cnn_core.runtime.triage_memory import Stamp, read_once, stamp_of
from cnn_core.runtime.triage_model import TriageModel
from cnn_core.runtime.triage_sources import BUNDLED, DEMONSTRATION, PHANTOMS, TITLES, source_digest
from cnn_core.runtime.xray_runs import FILM_SET, film_store
from cnn_core.settings import Settings

__all__ = [
    "DEMONSTRATION",
    "GIVEN",
    "PHANTOMS",
    "TriageChoice",
    "make_ready",
    "model_for",
    "triage_choices",
]

GIVEN = "given"
"""Id of the model that the settings name; the others come along, or are of studies."""

COMMAND = "triage-model"
_RECIPE = "xray-triage"
_KEPT = 2  # of one choice: what was exported last may be in use elsewhere
_ERROR = "error: "
_HINT = "Set CNN_LAB_TRIAGE to a folder that you can write to."
_MOST_WAIT = 600.0  # seconds, for another process that exports the same model
_DAMAGED = "damaged.json"  # what is called so is no longer offered

Progress = Callable[[int, int, str], None]  # done, total, what is being done


@dataclass(frozen=True, kw_only=True)
class TriageChoice:
    """A triage model that may be chosen.

    Attributes:
        id: `GIVEN`, `DEMONSTRATION`, `PHANTOMS`, or the id of a study's group.
        title: for a person.
        synthetic: whether it was trained on drawn films.
        ready: whether it can be asked at once; else it has to be made ready, which takes about
            half a minute once.
    """

    id: str
    title: str
    synthetic: bool
    ready: bool


def triage_choices(settings: Settings, owner: str | None = None) -> list[TriageChoice]:
    """Return the triage models that may be chosen.

    The one that the settings name, and no other; else those that come along, and then the evaluated
    studies of this machine that have a served model, the newest first. Never empty.

    Args:
        settings: for the homes.
        owner: digest of the owner's token: studies of films that others brought are left out. None:
            all are listed.

    Raises:
        WeightsError: the folder that the settings name has no triage model.
    """
    if settings.triage_model is not None:
        described = _described(settings.triage_model)
        title, synthetic = described.title, described.synthetic
        return [TriageChoice(id=GIVEN, title=title, synthetic=synthetic, ready=True)]
    found = [
        choice
        for source in BUNDLED
        if (choice := _choice(settings, source, TITLES[source], synthetic=source == PHANTOMS))
    ]
    return found + list(_studies(settings, owner))


def _studies(settings: Settings, owner: str | None) -> Iterator[TriageChoice]:
    store = RunStore(settings.runs, examine=False)
    films = film_store(settings)
    headers = None
    for run in store.list(recipe=_RECIPE, statuses=("finished",)):
        named = run.provenance.get(FILM_SET, "")
        mine = owner is None or run.owner == owner or films.is_listed(named, owner)
        if run.config.fold == 0 and mine:
            headers = {each.id: each for each in films.sets()} if headers is None else headers
            if named in headers:
                header = headers[named]
                choice = _choice(settings, run.group, header.title, synthetic=header.synthetic)
                if choice is not None:
                    yield choice


def _choice(settings: Settings, source: str, title: str, *, synthetic: bool) -> TriageChoice | None:
    """Return a choice, None where there is nothing to export: no served model, not evaluated."""
    try:
        ready = (_folder(settings, source) / DESCRIPTION_FILE).exists()
    except WeightsError:  # whoever asks for it is told what to do
        ready = False
    except CnnLabError:
        return None
    return TriageChoice(id=source, title=title, synthetic=synthetic, ready=ready)


def _folder(settings: Settings, source: str) -> Path:
    """Return where a model that is ready lies, or would."""
    return settings.triage / "models" / source / source_digest(settings, source)[:32]


def make_ready(
    settings: Settings,
    choice_id: str,
    progress: Progress = lambda done, total, what: None,
) -> Path:
    """Return the folder of a triage model, exported first where it is not there, or is damaged.

    Blocks for about half a minute then.

    Args:
        settings: for the homes.
        choice_id: of a `TriageChoice`.
        progress: told how far the export has come: steps done, of how many, what is being done.

    Raises:
        UnknownNameError: there is no such choice.
        CnnLabError: it cannot be exported; says why.
    """
    if choice_id == GIVEN:
        return _given(settings)
    folder = _folder(settings, choice_id)
    if _is_whole(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _making(_lock_of(folder), progress):
            if not _is_whole(folder):  # damaged, or left by one that ended
                for left in (folder, *folder.parent.glob(f"{TEMPORARY}*")):
                    shutil.rmtree(left, ignore_errors=True)
                _export(settings, choice_id, folder, progress)
                _forget_older(folder)
    except OSError as exc:
        raise StorageError(
            f"The triage model could not be kept ({exc.strerror}).", hint=_HINT
        ) from exc
    return folder


def _is_whole(folder: Path) -> bool:
    try:
        read_whole(folder)
    except WeightsError:
        return False
    return True


def _lock_of(folder: Path) -> Path:
    return folder.parent.with_name(f".{folder.parent.name}.lock")


@contextlib.contextmanager
def _making(path: Path, progress: Progress) -> Iterator[None]:
    """Keep other exports of a model waiting, or wait for one that is under way."""
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        progress(0, 1, "Waiting: this model is being made ready elsewhere")
        try:
            lock.acquire(timeout=_MOST_WAIT)
        except filelock.Timeout as exc:
            raise RunStateError(
                "This triage model is being made ready elsewhere, and was not within "
                f"{_MOST_WAIT:g} seconds.",
                hint="Try again later, or end the program that makes it.",
            ) from exc
    try:
        yield
    finally:
        lock.release()


def _export(settings: Settings, source: str, out: Path, progress: Progress) -> None:
    """Let a process of its own export a model; torch stays out of this one."""
    asked = {DEMONSTRATION: [], PHANTOMS: ["--phantoms"]}.get(source, ["--study", source])
    process = subprocess.Popen(
        [sys.executable, "-m", "cnn_core", COMMAND, str(out), *asked, "--progress"],
        env=environment_of(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    said = ""
    with process:
        for line in process.stderr or ():
            if line.startswith(_ERROR):
                said = line.removeprefix(_ERROR).strip()
            elif line.startswith("{"):
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    body = json.loads(line)
                    progress(int(body["done"]), int(body["total"]), str(body["what"]))
    if process.returncode:
        raise WeightsError(
            said or "The export of this triage model ended unexpectedly.",
            hint="" if said else "Memory may have run out: close other programs and try again.",
        )


def _forget_older(folder: Path) -> None:
    """Remove what was made ready of the same choice before, but for the last one."""
    others = [each for each in folder.parent.iterdir() if each.is_dir()]
    others.sort(key=lambda each: each.stat().st_mtime, reverse=True)
    for each in others[_KEPT:]:
        if each != folder:
            shutil.rmtree(each, ignore_errors=True)


def model_for(settings: Settings, choice_id: str, *, threads: int = 1) -> TriageModel:
    """Return a triage model that is ready; read once a process while its files stay as they are.

    Args:
        settings: for the homes.
        choice_id: of a `TriageChoice`.
        threads: that one question to it takes.

    Raises:
        UnknownNameError: there is no such choice.
        RunStateError: it is not ready yet, or still being read.
        WeightsError: its files are damaged; one that is kept has to be made ready again then.
    """
    folder = _given(settings) if choice_id == GIVEN else _folder(settings, choice_id)
    stamp = stamp_of(folder)
    try:
        return read_once(folder, stamp, threads=threads)
    except WeightsError:
        if choice_id != GIVEN:
            _set_aside(folder, stamp)
        raise


def _set_aside(folder: Path, stamp: Stamp) -> None:
    """Let a damaged model count as not ready, unless it was made anew meanwhile."""
    lock = filelock.FileLock(_lock_of(folder))
    with contextlib.suppress(filelock.Timeout, OSError, RunStateError), lock.acquire(timeout=0):
        if stamp_of(folder) == stamp:
            (folder / DESCRIPTION_FILE).replace(folder / _DAMAGED)


def _given(settings: Settings) -> Path:
    if settings.triage_model is None:
        raise UnknownNameError(
            "The settings name no triage model.", hint="Set CNN_LAB_TRIAGE_MODEL to its folder."
        )
    return settings.triage_model


def _described(folder: Path) -> Description:
    try:
        stamp = stamp_of(folder)
    except RunStateError as exc:
        raise WeightsError(
            f"There is no triage model where CNN_LAB_TRIAGE_MODEL points: {DESCRIPTION_FILE} is "
            "missing.",
            hint="Write one there with `python -m cnn_core triage-model`.",
        ) from exc
    return _description(folder, stamp)


@functools.lru_cache(maxsize=3)
def _description(folder: Path, stamp: Stamp) -> Description:
    del stamp  # the key: a folder that was written anew is read anew
    return read_description(folder)
