"""`--data` of a recipe that trains on a person's own pictures: from what was named to a selection.

A folder or a zip file is taken in first; what was taken in before is found by the beginning of its
id, and is not read again.
"""

import argparse
import re
import time
from collections.abc import Callable
from pathlib import Path

from cnn_core.cli.output import ProgressLine, note
from cnn_core.data.pictures.flowers import take_drawn_flowers, take_flowers102
from cnn_core.data.pictures.intake import source_at, take_in
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import ConfigError, DataError
from cnn_core.results.events import Preparing
from cnn_core.results.pictures import Decision, IntakeProgress, Selection, Snapshot
from cnn_core.settings import Settings

DRAWN, OXFORD = "drawn-flowers", "flowers102"
_SNAPSHOT = re.compile(r"[0-9a-f]{8,64}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let a command take what is decided of pictures."""
    parser.add_argument(
        "--exclude",
        nargs="+",
        action="extend",
        default=[],
        metavar="N",
        help="own pictures: leave out the pictures with these places in their snapshot",
    )
    parser.add_argument(
        "--relabel",
        nargs="+",
        action="extend",
        default=[],
        metavar="N=CLASS",
        help="own pictures: give these pictures another class",
    )
    parser.add_argument(
        "--allow-duplicates",
        action="store_true",
        help="own pictures: let near-duplicates stand in training and validation alike",
    )


def refuse_options(options: argparse.Namespace) -> None:
    """Look that nothing was decided of pictures that are not a person's own.

    Raises:
        ConfigError: something was.
    """
    if options.exclude or options.relabel or options.allow_duplicates:
        raise ConfigError(
            "--exclude, --relabel and --allow-duplicates are for recipes on your own pictures.",
            hint="Leave them out, or train vgg16-folder.",
        )


def chosen_pictures(settings: Settings, options: argparse.Namespace) -> Selection:
    """Return what `--data`, `--exclude`, `--relabel` and `--allow-duplicates` select.

    Raises:
        DataError: no pictures were named, or they cannot be used.
        ConfigError: a decision that is not one.
    """
    decisions = tuple(_decisions(options))
    snapshot = take_named(settings, options.data)
    note(
        f"pictures: {snapshot.title}, {len(snapshot.pictures):,} in {len(snapshot.classes)} classes"
    )
    for rejected in snapshot.rejected:
        note(f"left out: {rejected.name}: {rejected.reason}")
    note(f"snapshot: {snapshot.id[:12]}")
    return Selection(
        snapshot=snapshot.id, decisions=decisions, grouped=not options.allow_duplicates
    )


def take_named(settings: Settings, name: str | None) -> Snapshot:
    """Return the snapshot of a folder, a zip file, a sample's name, or its own id.

    Raises:
        DataError: there is none of that name, or it holds no usable pictures.
        UnknownNameError: no snapshot begins like that.
        StorageError: it cannot be copied.
    """
    store = PictureStore(settings.pictures)
    if name is None:
        raise DataError(
            "This recipe trains on pictures of your own, but none were named.",
            hint=f"Say --data with a folder, a zip file, {DRAWN} or {OXFORD}.",
        )
    if name == DRAWN:
        return take_drawn_flowers(store)
    if name == OXFORD:
        return take_flowers102(store, settings.data)
    path = Path(name).expanduser().absolute()
    if _SNAPSHOT.fullmatch(name) and not path.exists():
        return store.load(name)
    return take_in(store, source_at(path), progress=_progress())


def _progress() -> Callable[[IntakeProgress], None]:
    """Return what shows on standard error how far the copying has come."""
    line, begun = ProgressLine(), time.monotonic()

    def show(progress: IntakeProgress) -> None:
        if progress.stage == "copying":
            line(
                Preparing(
                    what="Pictures are copied and looked at",
                    done=progress.done,
                    total=progress.total,
                    seconds=time.monotonic() - begun,
                )
            )

    return show


def _decisions(options: argparse.Namespace) -> list[Decision]:
    found = [Decision(picture=_place(text), action="exclude") for text in options.exclude]
    for text in options.relabel:
        place, equals, label = text.partition("=")
        if not equals:
            raise ConfigError(f"--relabel expects a number=class, but got {text[:40]!r}.")
        found.append(Decision(picture=_place(place), action="relabel", label=label))
    return found


def _place(text: str) -> int:
    if not text.isdecimal():
        raise ConfigError(f"A picture is named by its number, but got {text[:40]!r}.")
    return int(text)
