"""`take-away RUN`: weights, ONNX, labels, preprocessing, model card and a script in one zip."""

import argparse
import dataclasses
import json
from pathlib import Path

from cnn_core.cli.fetch import add_progress
from cnn_core.cli.output import add_json, note, write_json, write_line
from cnn_core.errors import ConfigError
from cnn_core.runtime.take_away import Progress, take_away
from cnn_core.settings import Settings


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `take-away` to the parser."""
    parser = commands.add_parser(
        "take-away", help="pack a network trained on pictures of your own", description=__doc__
    )
    parser.add_argument("run_id", metavar="RUN", help="the id of a finished run")
    parser.add_argument(
        "--out", metavar="FILE.zip", type=Path, help="the file; else it is kept with the run"
    )
    add_json(parser)
    add_progress(parser)
    parser.set_defaults(run=_take_away)


def _take_away(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    out = None if options.out is None else options.out.expanduser().absolute()
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        what = "a folder" if out.is_dir() else "in a folder that is not there"
        raise ConfigError(
            f"--out names the zip file to write, but {options.out} is {what}.",
            hint="Name a file in a folder that is there, such as --out model.zip.",
        )
    taken = take_away(settings, options.run_id, out, progress=_chosen_progress(options))
    if options.json:
        write_json(
            {
                "run": options.run_id,
                "file": str(taken.path),
                "bytes": taken.size,
                "parity": dataclasses.asdict(taken.parity),
            }
        )
        return 0
    write_line(str(taken.path))
    write_line(
        f"{taken.size / 1e6:.1f} MB; on {taken.parity.pictures} of its own pictures the ONNX file "
        f"differs by {taken.parity.probabilities:.1e} in a probability at most."
    )
    return 0


def _chosen_progress(options: argparse.Namespace) -> Progress:
    def as_json(done: int, total: int, what: str) -> None:
        note(json.dumps({"done": done, "total": total, "what": what}))

    def as_text(done: int, total: int, what: str) -> None:
        if what:
            note(f"{done + 1}/{total} {what} ...")

    return as_json if options.progress else as_text
