"""`weights [list|get NAME|add NAME FILE]`: which weights the networks have, and getting others."""

import argparse
from pathlib import Path

from cnn_core.cli.fetch import add_progress, chosen_progress
from cnn_core.cli.output import add_json, write_json, write_line, write_table
from cnn_core.runtime.weights import WeightsAtHand, add, download_of, fetch, listing
from cnn_core.settings import Settings


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `weights` with its subcommands to the parser."""
    parser = commands.add_parser(
        "weights", help="list the networks' weights, download or add some", description=__doc__
    )
    add_json(parser)
    parser.set_defaults(run=list_weights)
    actions = parser.add_subparsers(metavar="ACTION")
    shown = actions.add_parser("list", help="which weights each network has on this machine")
    shown.set_defaults(run=list_weights)
    got = actions.add_parser("get", help="download a network's weights from torchvision")
    got.set_defaults(run=get_weights)
    add_progress(got)
    added = actions.add_parser(
        "add", help="check a file of weights and keep a copy; it is used before all others"
    )
    added.set_defaults(run=add_weights)
    for action in (got, added):
        action.add_argument("name", metavar="NAME", help="the network, as `weights list` names it")
    added.add_argument(
        "file", metavar="FILE", type=Path, help="safetensors, or a state dict of torch (.pth, .pt)"
    )
    for action in (shown, got, added):
        add_json(action)


def list_weights(options: argparse.Namespace) -> int:
    """Print what is at hand of each network."""
    found = listing(Settings.from_environment())
    if options.json:
        write_json([_described(weights) for weights in found])
        return 0
    write_table(["network", "weights", "which", "download"], [_cells(weights) for weights in found])
    return 0


def get_weights(options: argparse.Namespace) -> int:
    """Download a network's weights, unless they are there."""
    settings = Settings.from_environment()
    return _tell(options, fetch(settings, options.name, on_progress=chosen_progress(options)))


def add_weights(options: argparse.Namespace) -> int:
    """Keep a copy of a file of weights."""
    return _tell(options, add(Settings.from_environment(), options.name, options.file))


def _tell(options: argparse.Namespace, weights: WeightsAtHand) -> int:
    if options.json:
        write_json(_described(weights))
    else:
        write_line(f"{weights.row.title} ({weights.state.kind}): {weights.state.sentence}")
    return 0


def _cells(weights: WeightsAtHand) -> list[str]:
    download = "weights get" if download_of(weights.row) else "-"
    return [weights.row.id, weights.state.kind, weights.state.sentence, download]


def _described(weights: WeightsAtHand) -> dict[str, str]:
    source = download_of(weights.row)
    return {
        "name": weights.row.id,
        "title": weights.row.title,
        "kind": weights.state.kind,
        "sentence": weights.state.sentence,
        "licence": weights.state.licence,
        "sha256": weights.state.sha256,
        "file": str(weights.path or ""),
        "download": source.url if source else "",
    }
