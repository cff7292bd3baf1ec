"""Parser and error boundary of `python -m cnn_core`.

Standard output is for results (with `--json`, wherever it stands, exactly one JSON value), standard
error for progress and errors. Exit codes: 0 done, 1 an error said in one sentence, 2 wrong usage,
130 stopped by Ctrl-C.
"""

import argparse
import importlib
import logging
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from cnn_core.cli.output import JSON_HELP, STOPPED, note, note_error
from cnn_core.errors import CnnLabError, ConfigError
from cnn_core.runtime.place import find_place
from cnn_core.runtime.threads import wait_passively

AddCommands = Callable[["argparse._SubParsersAction[argparse.ArgumentParser]"], None]

MODULES: dict[str, tuple[str, ...]] = {
    "train": ("train",),
    "experiment": ("experiment",),
    "runs": ("runs", "show", "export", "resume", "stop"),
    "reading": ("read",),
    "doctor": ("doctor", "worker"),
    "fetch": ("fetch",),
    "auditing": ("audit",),
    "weights": ("weights",),
    "inspecting": ("inspect",),
    "predicting": ("predict",),
    "purging": ("purge",),
    "taking_away": ("take-away",),
    "triage": ("triage",),
    "triage_models": ("triage-model",),
}
"""Modules of `cnn_core.cli` in the order of the help, and the commands that each adds."""

_NONE: Mapping[str, AddCommands] = MappingProxyType({})
_log = logging.getLogger(__name__)


def build_parser(
    also: Mapping[str, AddCommands] = _NONE, command: str = ""
) -> argparse.ArgumentParser:
    """Return the parser; a subcommand sets `run`, a function from its options to an exit code.

    Args:
        also: adds the commands of other packages, by name (`cnn_core.__main__`).
        command: this command alone is added, so that it starts at once; all are where there is no
            such command.
    """
    parser = argparse.ArgumentParser(
        prog="python -m cnn_core", description="Train, list, export and resume runs of CNN Lab."
    )
    parser.add_argument("--json", action="store_true", help=JSON_HELP)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    wanted = [module for module, names in MODULES.items() if command in names]
    if not wanted and command not in also:
        wanted = list(MODULES)
    for module in wanted:
        importlib.import_module(f"cnn_core.cli.{module}").add_commands(commands)
    for name, add_commands in also.items():
        if command == name or len(wanted) > 1:
            add_commands(commands)
    return parser


def _validate_place(command: str) -> None:
    processes = find_place().world_size
    if processes > 1 and command != "train":
        raise ConfigError(
            f"torchrun started this command {processes} times, but only `train` shares its work.",
            hint="Run it with python in the place of torchrun.",
        )


def main(arguments: Sequence[str] | None = None, *, also: Mapping[str, AddCommands] = _NONE) -> int:
    """Run the command line; return its exit code. `also` is as `build_parser` takes it."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="WARNING")
    wait_passively(os.environ)
    given = sys.argv[1:] if arguments is None else arguments
    command = next((word for word in given if not word.startswith("-")), "")
    options = build_parser(also, command).parse_args(given)
    try:
        _validate_place(options.command)
        code: int = options.run(options)
        sys.stdout.flush()
    except CnnLabError as exc:
        note_error(exc.message, exc.hint)
        return 1
    except KeyboardInterrupt:
        note("stopped")
        return STOPPED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does: the last flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:  # noqa: BLE001 - the boundary of the command line: logged under an id
        error_id = secrets.token_hex(4)
        _log.exception("error %s", error_id)
        note_error(f"something went wrong in CNN Lab itself (id {error_id}, see above).")
        return 1
    return code
