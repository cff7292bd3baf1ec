"""`doctor`: versions, devices, homes, data and weights; what is missing and how to get it.

Also `worker`, which the app starts and a person never needs.
"""

import argparse

from cnn_core.cli.output import add_json, write_json, write_line
from cnn_core.settings import Settings


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `doctor` and `worker` to the parser."""
    parser = commands.add_parser("doctor", help="what works on this machine", description=__doc__)
    add_json(parser)
    parser.set_defaults(run=doctor)
    worker = commands.add_parser("worker", help="run a claimed run (the app starts this)")
    worker.add_argument("id", nargs="?", metavar="RUN")
    worker.add_argument("--spare", action="store_true", help="warm up and wait for a run")
    worker.set_defaults(run=work)


def doctor(options: argparse.Namespace) -> int:
    """Print the examination; return 1 if something that every page needs is missing."""
    from cnn_core.runtime.doctor import examine

    report = examine(Settings.from_environment())
    if options.json:
        write_json(report.to_json())
    else:
        for line in report.lines():
            write_line(line)
    return 0 if report.healthy else 1


def work(options: argparse.Namespace) -> int:
    """Be a worker."""
    from cnn_core.errors import ConfigError
    from cnn_core.runtime.worker import wait_as_spare
    from cnn_core.runtime.worker import work as work_on

    settings = Settings.from_environment()
    if options.spare:
        return wait_as_spare(settings)
    if not options.id:
        raise ConfigError("worker expects the id of a claimed run.")
    return work_on(settings, options.id)
