"""Write the table of every network's layers anew: cnn_core/concepts/network_costs/layers.csv."""

import argparse
from collections.abc import Sequence

from cnn_core.concepts.network_costs.layers import count_layers
from cnn_core.concepts.network_costs.table import TABLE, to_text
from cnn_core.models.registry import MODELS


def main(arguments: Sequence[str]) -> int:
    """Count the layers of all networks and write the table; 0."""
    argparse.ArgumentParser(
        prog="python -m studies network_layers", description=__doc__
    ).parse_args(arguments)
    text = to_text({name: count_layers(row) for name, row in MODELS.items()})
    TABLE.write_text(text, "utf-8", newline="\n")
    print(f"{len(text.splitlines()) - 1:,} layers of {len(MODELS)} networks.")
    return 0
