"""`fetch mnist|cifar10|flowers102`: download a data set into the data home, checked, once."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from cnn_core.cli.output import add_json, note, write_json, write_line
from cnn_core.data.cifar10 import cifar10_state, download_cifar10
from cnn_core.data.images import DataState
from cnn_core.data.mnist import download_mnist, mnist_state
from cnn_core.data.pictures.flowers102 import download_flowers102, flowers102_state
from cnn_core.settings import Settings

_SETS: dict[str, tuple[Callable[..., None], Callable[[Path], DataState]]] = {
    "mnist": (download_mnist, mnist_state),
    "cifar10": (download_cifar10, cifar10_state),
    "flowers102": (download_flowers102, flowers102_state),
}


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `fetch` to the parser."""
    parser = commands.add_parser("fetch", help="download a data set", description=__doc__)
    parser.add_argument("source", choices=list(_SETS), help="the data set")
    add_json(parser)
    add_progress(parser)
    parser.set_defaults(run=fetch)


def add_progress(parser: argparse.ArgumentParser) -> None:
    """Let a subcommand that downloads take `--progress`."""
    parser.add_argument(
        "--progress", action="store_true", help="write progress to standard error as JSON lines"
    )


def chosen_progress(options: argparse.Namespace) -> Callable[[int, int], None] | None:
    """Return what shows bytes so far and in all: JSON lines if asked for, else on a terminal."""
    if options.progress:
        return _progress_json
    return _progress if sys.stderr.isatty() else None


def fetch(options: argparse.Namespace) -> int:
    """Download what is not there yet."""
    folder = Settings.from_environment().data
    download, look = _SETS[options.source]
    download(folder, on_progress=chosen_progress(options))
    state = look(folder)
    if options.json:
        write_json({"source": options.source, "ready": state.ready, "message": state.message})
    else:
        write_line(state.message)
    return 0 if state.ready else 1


def _progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    sys.stderr.write(f"\r{done / 1e6:.1f} of {total / 1e6:.1f} MB{end}")
    sys.stderr.flush()


def _progress_json(done: int, total: int) -> None:
    note(json.dumps({"done": done, "total": total}))
