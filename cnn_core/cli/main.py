"""Parser and error boundary of `python -m cnn_core`.

Standard output is for results (with `--json` exactly one JSON object or list), standard error for
progress and errors. Exit codes: 0 done, 1 an error said in one sentence, 2 wrong usage, 130 stopped
by Ctrl-C.
"""

import argparse
import logging
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from cnn_core.cli import doctor, fetch, runs, train
from cnn_core.errors import CnnLabError
from cnn_core.runtime.threads import wait_passively

_log = logging.getLogger(__name__)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; a subcommand sets `run`, a function from its options to an exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m cnn_core", description="Train, list, export and resume runs of CNN Lab."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train.add_commands(commands)
    runs.add_commands(commands)
    doctor.add_commands(commands)
    fetch.add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="WARNING")
    wait_passively(os.environ)
    options = build_parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except CnnLabError as exc:
        say(f"error: {exc.message}" + (f" {exc.hint}" if exc.hint else ""))
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone, as `head` does
        return 0
    except Exception:  # noqa: BLE001 - the boundary of the command line: logged under an id
        error_id = secrets.token_hex(4)
        _log.exception("error %s", error_id)
        say(f"error: something went wrong in CNN Lab itself (id {error_id}, see above).")
        return 1
    return code


def say(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(text + "\n")


def folder(text: str) -> Path:
    """Return an argument as a path, the home folder's sign expanded."""
    return Path(text).expanduser()
