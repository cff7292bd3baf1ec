"""`purge --older-than 30d`: let the prediction log forget, for good.

The cases are gone from the log's file and from what SQLite keeps beside it; backups and snapshots
of the file system are not reached. `--dry-run` says how many there are, and forgets none.
"""

import argparse
import re

from cnn_core.cli.output import add_json, write_json, write_line
from cnn_core.data.pictures.wording import counted
from cnn_core.errors import ConfigError
from cnn_core.runtime.prediction_log import open_log
from cnn_core.settings import Settings

_HOUR = 3_600.0
_UNITS = {"h": _HOUR, "d": 24 * _HOUR, "w": 7 * 24 * _HOUR}
_AGE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([hdw])", re.ASCII)


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `purge` to the parser."""
    parser = commands.add_parser(
        "purge", help="let the prediction log forget what is old", description=__doc__
    )
    parser.add_argument(
        "--older-than",
        required=True,
        metavar="AGE",
        help="hours, days or weeks: 12h, 30d, 8w; 0d for all cases",
    )
    parser.add_argument("--dry-run", action="store_true", help="count alone, forget nothing")
    add_json(parser)
    parser.set_defaults(run=purge)


def age_in_seconds(text: str) -> float:
    """Return an age in seconds.

    Raises:
        ConfigError: no age.

    >>> age_in_seconds("30d"), age_in_seconds("1.5h")
    (2592000.0, 5400.0)
    """
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise ConfigError(
            f"expected an age in hours, days or weeks, but got {text!r}.",
            hint="Write it like 12h, 30d or 8w.",
        )
    return float(found[1]) * _UNITS[found[2]]


def purge(options: argparse.Namespace) -> int:
    """Forget, and say how many cases were forgotten and how many are left."""
    older_than = age_in_seconds(options.older_than)
    log = open_log(Settings.from_environment())
    gone = log.count(older_than) if options.dry_run else log.purge(older_than)
    left = log.count() - (gone if options.dry_run else 0)
    if options.json:
        write_json({"purged": gone, "left": left, "dry_run": options.dry_run})
    else:
        verb = "would leave" if options.dry_run else "left"
        write_line(f"{counted(gone, 'case')} {verb} the prediction log; {left:,} stay.")
    return 0
