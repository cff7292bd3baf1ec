"""`python -m cnn_core serve`: its options. What it does is imported when it is asked for.

`cnn_core.__main__` adds it to the commands of `cli`: the two packages do not know each other.
"""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Add `serve`."""
    from cnn_core.serving.config import ServiceConfig

    usual = ServiceConfig()
    parser = commands.add_parser(
        "serve",
        help="answer about films over HTTP",
        description="Serve a triage model over HTTP. CNN_LAB_API_KEY is what callers have to give. "
        "SIGHUP reads the model afresh, SIGTERM answers what was accepted and ends.",
    )
    parser.add_argument(
        "--model",
        default="",
        metavar="FOLDER|ID",
        help="a folder made by `triage-model`, or demonstration, phantoms or a study; unless given "
        "that of CNN_LAB_TRIAGE_MODEL, else the demonstration",
    )
    parser.add_argument("--host", default=usual.host, help=f"{usual.host} unless given")
    number(parser, "port", usual.port, "0: any that is free", int)
    number(parser, "workers", usual.workers, "films that are worked on at the same time", int)
    number(parser, "decoders", usual.decoders, "processes that decode them", int)
    number(parser, "queue", usual.queue, "films that may wait beside those", int)
    number(parser, "seconds", usual.seconds, "that a request may take", float)
    number(parser, "drain", usual.drain, "seconds to go on listening when asked to end", float)
    number(parser, "max-mb", usual.max_bytes // 2**20, "of a film's file, 2**20 bytes each", int)
    parser.add_argument(
        "--prevalence",
        action="append",
        default=[],
        metavar="CLASS=SHARE",
        help="that probabilities are shown at (covid19=0.08); the others keep their proportions",
    )
    parser.set_defaults(run=serve)


def number(
    parser: argparse.ArgumentParser, name: str, usual: float, what: str, kind: type[float]
) -> None:
    """Add an option that is a number."""
    text = f"{what}; {usual:g} unless given"
    parser.add_argument(f"--{name}", type=kind, default=kind(usual), metavar="N", help=text)


def serve(options: argparse.Namespace) -> int:
    """Serve until asked to end; return the exit code."""
    from cnn_core.results.prevalences import named_shares
    from cnn_core.serving.config import ServiceConfig
    from cnn_core.serving.start import run_service
    from cnn_core.settings import Settings

    settings = Settings.from_environment()
    config = ServiceConfig(
        host=options.host,
        port=options.port,
        workers=options.workers,
        decoders=options.decoders,
        queue=options.queue,
        seconds=options.seconds,
        drain=options.drain,
        max_bytes=options.max_mb * 2**20,
        api_key=settings.api_key,
        prevalences=named_shares(options.prevalence),
    )
    return run_service(settings, config, options.model)
