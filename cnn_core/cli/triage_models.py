"""`triage-model OUT`: write a trained model as the folder that triage runs on, without torch."""

import argparse
import dataclasses
import json
from pathlib import Path

from cnn_core.cli.fetch import add_progress
from cnn_core.cli.output import add_json, note, write_json, write_line
from cnn_core.errors import ConfigError
from cnn_core.runtime.triage_description import read_description
from cnn_core.runtime.triage_models import COMMAND, DEMONSTRATION, PHANTOMS, Progress
from cnn_core.runtime.triage_sources import source_digest
from cnn_core.settings import Settings


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `triage-model` to the parser."""
    parser = commands.add_parser(
        COMMAND, help="write a chest X-ray model for triage on ONNX Runtime", description=__doc__
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder to write")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--study", metavar="GROUP", help="the served model of an evaluated study of films"
    )
    source.add_argument(
        "--phantoms", action="store_true", help="the model for synthetic films that comes along"
    )
    add_json(parser)
    add_progress(parser)
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    out = options.out.expanduser().absolute()
    if not out.parent.is_dir():
        raise ConfigError(
            f"OUT names the folder to write, but {options.out.parent} is not there.",
            hint="Name a folder in one that is there, such as model.",
        )
    source = options.study or (PHANTOMS if options.phantoms else DEMONSTRATION)
    settings = Settings.from_environment()
    source_digest(settings, source)  # what is not there is said before torch is loaded
    from cnn_core.runtime.triage_export import export_model

    export_model(settings, source, out, _chosen_progress(options))
    described = read_description(out)
    if options.json:
        parity = dataclasses.asdict(described.parity)
        write_json({"folder": str(out), "title": described.title, "parity": parity})
        return 0
    write_line(str(out))
    write_line(
        f"{described.title}. On {described.parity.films} films ONNX Runtime differs from torch by "
        f"{described.parity.probabilities:.1e} in a probability and {described.parity.logits:.1e} "
        "in a logit at most."
    )
    return 0


def _chosen_progress(options: argparse.Namespace) -> Progress:
    def as_json(done: int, total: int, what: str) -> None:
        note(json.dumps({"done": done, "total": total, "what": what}))

    def as_text(done: int, total: int, what: str) -> None:
        if what:
            note(f"{done + 1}/{total} {what} ...")

    return as_json if options.progress else as_text
