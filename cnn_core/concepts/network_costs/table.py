"""The layers of every network of the registry, as they were counted: a table, free of torch.

`layers.csv` is what `layers.count_layers` finds; a test holds one against the other, and
`python -m studies network_layers` writes it anew.
"""

import csv
import functools
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cnn_core.models.registry import model_row
from cnn_core.results.inspection import LayerInfo

TABLE = Path(__file__).with_name("layers.csv")
FLOAT_BYTES = 4
_FIELDS = ("network", "layer", "kind", "shape", "parameters", "macs", "kernel", "stride", "field")


@dataclass(frozen=True, kw_only=True)
class Totals:
    """A network's layers taken together, for one picture.

    Attributes:
        parameters: trainable.
        macs: multiply-accumulate operations.
        activation_bytes: of the outputs of all layers, float32: what training keeps, and more than
            inference needs at a time.
        weighted: layers that multiply: convolutions and linear ones.
        linear_parameters: of fully connected layers.
        linear_macs: likewise.
        field: receptive field of the last layer that has one, (height, width) in pixels.
    """

    parameters: int
    macs: int
    activation_bytes: int
    weighted: int
    linear_parameters: int
    linear_macs: int
    field: tuple[int, int] | None


def output_bytes(layer: LayerInfo) -> int:
    """Return what the output of a layer takes for one picture, float32.

    >>> output_bytes(LayerInfo(name="c1", kind="Conv2d", shape=(6, 24, 24), parameters=0, macs=0))
    13824
    """
    return FLOAT_BYTES * math.prod(layer.shape)


def totals(layers: Iterable[LayerInfo]) -> Totals:
    """Return the sums over `layers`, of which each stands there once.

    >>> found = totals(network_layers("vgg16"))
    >>> found.parameters, found.macs, found.weighted
    (138357544, 15470264320, 16)
    """
    rows = tuple(layers)
    linear = [layer for layer in rows if layer.kind == "Linear"]
    fields = [layer.receptive_field for layer in rows if layer.receptive_field]
    return Totals(
        parameters=sum(layer.parameters for layer in rows),
        macs=sum(layer.macs for layer in rows),
        activation_bytes=sum(output_bytes(layer) for layer in rows),
        weighted=sum(layer.macs > 0 for layer in rows),
        linear_parameters=sum(layer.parameters for layer in linear),
        linear_macs=sum(layer.macs for layer in linear),
        field=fields[-1] if fields else None,
    )


def network_layers(name: str) -> tuple[LayerInfo, ...]:
    """Return the layers of a network of the registry at its own input size and classes.

    Raises:
        UnknownNameError: there is no such network.
    """
    return _read()[model_row(name).id]


@functools.lru_cache(maxsize=1)
def _read() -> dict[str, tuple[LayerInfo, ...]]:
    return from_text(TABLE.read_text("utf-8"))


def from_text(text: str) -> dict[str, tuple[LayerInfo, ...]]:
    """Return what `to_text` wrote."""
    found: dict[str, list[LayerInfo]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        layer = LayerInfo(
            name=row["layer"],
            kind=row["kind"],
            shape=tuple(map(int, row["shape"].split("x"))),
            parameters=int(row["parameters"]),
            macs=int(row["macs"]),
            kernel=_pair(row["kernel"]),
            stride=_pair(row["stride"]),
            receptive_field=_pair(row["field"]),
        )
        found.setdefault(row["network"], []).append(layer)
    return {name: tuple(layers) for name, layers in found.items()}


def to_text(networks: dict[str, tuple[LayerInfo, ...]]) -> str:
    """Return the table of `networks` as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_FIELDS)
    for name, layers in networks.items():
        for layer in layers:
            sizes = (layer.kernel, layer.stride, layer.receptive_field)
            writer.writerow(
                [
                    *(name, layer.name, layer.kind, sized(layer.shape)),
                    *(layer.parameters, layer.macs),
                    *(sized(each or ()) for each in sizes),
                ]
            )
    return text.getvalue()


def sized(shape: tuple[int, ...], by: str = "x") -> str:
    """Return a shape in characters.

    >>> sized((64, 55, 55)), sized(())
    ('64x55x55', '')
    """
    return by.join(map(str, shape))


def _pair(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    first, second = map(int, text.split("x"))
    return first, second
