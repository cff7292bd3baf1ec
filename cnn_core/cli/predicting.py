"""`predict MODEL IMAGE...`: the five most probable classes of each picture."""

import argparse
import dataclasses
from pathlib import Path

from cnn_core.cli.inspecting import MODEL_HELP, read_picture
from cnn_core.cli.output import add_json, note_error, percent, write_json, write_line
from cnn_core.errors import PictureError
from cnn_core.results.inspection import ModelChoice
from cnn_core.runtime.inspection import Inspector, no_classifier
from cnn_core.runtime.networks import find_name
from cnn_core.settings import Settings


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `predict` to the parser."""
    parser = commands.add_parser("predict", help="say what is in pictures", description=__doc__)
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("images", metavar="IMAGE", type=Path, nargs="+", help="a picture")
    add_json(parser)
    parser.set_defaults(run=predict)


def predict(options: argparse.Namespace) -> int:
    """Print the classes of each picture; one that cannot be read does not keep the others back."""
    settings = Settings.from_environment()
    inspector, choice = Inspector(settings), ModelChoice(name=find_name(settings, options.model))
    info = inspector.describe(choice)
    if not info.classes:
        raise no_classifier(info.title)
    if not options.json:
        write_line(f"{info.title}. {info.weights.sentence}")
    found = [_answer(inspector, choice, path, quiet=options.json) for path in options.images]
    if options.json:
        weights = dataclasses.asdict(info.weights)
        write_json({"network": choice.name, "weights": weights, "pictures": found})
    return 1 if any("error" in answer for answer in found) else 0


def _answer(
    inspector: Inspector, choice: ModelChoice, path: Path, *, quiet: bool
) -> dict[str, object]:
    """Return what a picture shows, or what is wrong with it; say either unless `quiet`."""
    try:
        said = inspector.predict(choice, inspector.prepare(choice, read_picture(path)))
    except PictureError as exc:
        note_error(f"{path}: {exc.message}", exc.hint)
        return {"picture": str(path), "error": exc.message}
    top = said.top()
    if not quiet:
        write_line(str(path))
        for _, name, probability in top:
            write_line(f"  {percent(probability):>9}  {name}")
    return {
        "picture": str(path),
        "top": [
            {"index": index, "class": name, "probability": probability}
            for index, name, probability in top
        ],
    }
