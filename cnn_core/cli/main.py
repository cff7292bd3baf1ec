"""Parser and error boundary of `python -m cnn_core`.

Standard output is for results (with `--json`, wherever it stands, exactly one JSON value), standard
error for progress and errors. Exit codes: 0 done, 1 an error said in one sentence, 2 wrong usage,
130 stopped by Ctrl-C.
"""

import argparse
import logging
import os
import secrets
import sys
from collections.abc import Callable, Sequence

from cnn_core.cli import (
    auditing,
    doctor,
    fetch,
    inspecting,
    predicting,
    purging,
    reading,
    runs,
    taking_away,
    train,
    triage,
    triage_models,
    weights,
)
from cnn_core.cli.output import JSON_HELP, STOPPED, note, note_error
from cnn_core.errors import CnnLabError, ConfigError
from cnn_core.runtime.place import find_place
from cnn_core.runtime.threads import wait_passively

AddCommands = Callable[["argparse._SubParsersAction[argparse.ArgumentParser]"], None]

_log = logging.getLogger(__name__)


def build_parser(also: Sequence[AddCommands] = ()) -> argparse.ArgumentParser:
    """Return the parser; a subcommand sets `run`, a function from its options to an exit code.

    Args:
        also: adds the commands of other packages (`cnn_core.__main__`).
    """
    parser = argparse.ArgumentParser(
        prog="python -m cnn_core", description="Train, list, export and resume runs of CNN Lab."
    )
    parser.add_argument("--json", action="store_true", help=JSON_HELP)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train.add_commands(commands)
    runs.add_commands(commands)
    reading.add_commands(commands)
    doctor.add_commands(commands)
    fetch.add_commands(commands)
    auditing.add_commands(commands)
    weights.add_commands(commands)
    inspecting.add_commands(commands)
    predicting.add_commands(commands)
    purging.add_commands(commands)
    taking_away.add_commands(commands)
    triage.add_commands(commands)
    triage_models.add_commands(commands)
    for add_commands in also:
        add_commands(commands)
    return parser


def _validate_place(command: Callable[[argparse.Namespace], int]) -> None:
    processes = find_place().world_size
    if processes > 1 and command is not train.train:
        raise ConfigError(
            f"torchrun started this command {processes} times, but only `train` shares its work.",
            hint="Run it with python in the place of torchrun.",
        )


def main(arguments: Sequence[str] | None = None, *, also: Sequence[AddCommands] = ()) -> int:
    """Run the command line; return its exit code."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="WARNING")
    wait_passively(os.environ)
    options = build_parser(also).parse_args(arguments)
    try:
        _validate_place(options.run)
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
