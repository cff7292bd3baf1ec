"""`predict MODEL IMAGE...`: the five most probable classes of each picture.

Of a run on pictures of one's own also the nearest training pictures, and whether it is none of
these.
"""

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path

from cnn_core.cli.inspecting import MODEL_HELP, read_picture
from cnn_core.cli.output import add_json, note_error, percent, write_json, write_line
from cnn_core.errors import PictureError
from cnn_core.results.inspection import ModelChoice, Pixels
from cnn_core.results.judgement import TriedPicture
from cnn_core.runtime.inspection import Inspector, no_classifier
from cnn_core.runtime.networks import find_name
from cnn_core.runtime.trained import PREFIX
from cnn_core.runtime.try_pictures import is_own_run, try_picture
from cnn_core.settings import Settings

Look = Callable[[str, Pixels], TriedPicture]


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
    look = _look(inspector, settings, choice)
    found = [_answer(inspector, choice, path, look, quiet=options.json) for path in options.images]
    if options.json:
        weights = dataclasses.asdict(info.weights)
        write_json({"network": choice.name, "weights": weights, "pictures": found})
    return 1 if any("error" in answer for answer in found) else 0


def _look(inspector: Inspector, settings: Settings, choice: ModelChoice) -> Look | None:
    """Return what compares a picture with those a run was trained on; None for other networks."""
    run_id = choice.name.removeprefix(PREFIX)
    if not choice.name.startswith(PREFIX) or not is_own_run(settings, run_id):
        return None
    return lambda name, pixels: try_picture(inspector, settings, run_id, name, pixels)


def _answer(
    inspector: Inspector, choice: ModelChoice, path: Path, look: Look | None, *, quiet: bool
) -> dict[str, object]:
    """Return what a picture shows, or what is wrong with it; say either unless `quiet`."""
    try:
        pixels = read_picture(path)
        said = inspector.predict(choice, inspector.prepare(choice, pixels))
    except PictureError as exc:
        note_error(f"{path}: {exc.message}", exc.hint)
        return {"picture": str(path), "error": exc.message}
    tried = None if look is None else look(path.name, pixels)
    top = said.top()
    if not quiet:
        write_line(str(path))
        for _, name, probability in top:
            write_line(f"  {percent(probability):>9}  {name}")
        if tried is not None:
            write_line(f"  {'None of these. ' if tried.none_of_these else ''}{tried.sentence}")
    answer: dict[str, object] = {
        "picture": str(path),
        "top": [
            {"index": index, "class": name, "probability": probability}
            for index, name, probability in top
        ],
    }
    if tried is not None:
        answer |= {
            "none_of_these": tried.none_of_these,
            "distance": tried.distance,
            "typical_share": tried.typical_share,
            "neighbours": [dataclasses.asdict(each) for each in tried.neighbours],
            "sentence": tried.sentence,
        }
    return answer
