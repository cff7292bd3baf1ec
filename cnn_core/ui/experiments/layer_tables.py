"""The tables of layers and of networks: their rows, for a page and for a spreadsheet."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from cnn_core.concepts.network_costs.table import (
    FLOAT_BYTES,
    Totals,
    network_layers,
    output_bytes,
    sized,
    totals,
)
from cnn_core.models.registry import MODELS
from cnn_core.results.inspection import LayerInfo
from cnn_core.results.spreadsheet import csv_text

MIB = 1 << 20
COLUMNS = (
    *("layer", "kind", "output", "parameters", "multiply-accumulates", "output (MiB)"),
    *("kernel", "stride", "receptive field (px)"),
)
TOTALS = (
    *(
        "network",
        "input (px)",
        "layers that multiply",
        "parameters",
        "in fully connected layers (%)",
    ),
    *("multiply-accumulates", "outputs (MiB)", "weights (MiB)", "receptive field (px)"),
)


def layer_row(layer: LayerInfo) -> list[object]:
    """Return a layer as a row, under `COLUMNS`."""
    return [
        layer.name,
        layer.kind,
        sized(layer.shape, "×"),
        layer.parameters,
        layer.macs,
        output_bytes(layer) / MIB,
        sized(layer.kernel or (), "×"),
        sized(layer.stride or (), "×"),
        "everything" if layer.receptive_field is None else sized(layer.receptive_field, "×"),
    ]


def layers_csv(layers: Sequence[LayerInfo]) -> str:
    r"""Return layers as CSV for a spreadsheet, one line each.

    >>> layer = LayerInfo(name="fc", kind="Linear", shape=(10,), parameters=850, macs=840)
    >>> layers_csv([layer]).splitlines()[1]
    'fc,Linear,10,850,840,3.814697265625e-05,,,everything'
    """
    return csv_text(COLUMNS, (layer_row(layer) for layer in layers))


def frame_of(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Any:  # noqa: ANN401
    """Return a table of rows; pandas is imported here, after the page's first draw."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))


def column_config() -> dict[str, Any]:
    """Return how numbers are written in both tables, under headings so short that all are seen."""
    number = st.column_config.NumberColumn
    macs = "Multiply-accumulates for one picture, without biases."
    return {
        "input (px)": number("in, px", help="Side of the picture."),
        "parameters": number(format="localized"),
        "multiply-accumulates": number("MACs", help=macs, format="localized"),
        "layers that multiply": number(
            "layers", help="Convolutions and linear layers.", format="localized"
        ),
        "output (MiB)": number(format="%.4g"),
        "outputs (MiB)": number("maps, MiB", help="Outputs of all layers.", format="%.4g"),
        "weights (MiB)": number("weights, MiB", format="%.4g"),
        "in fully connected layers (%)": number(
            "FC, %", help="Share of the parameters in fully connected layers.", format="%.1f"
        ),
        "receptive field (px)": st.column_config.TextColumn(
            "field, px", help="Receptive field: what a unit sees of the picture."
        ),
    }


def totals_sentence() -> str:
    """Return what AlexNet and VGG-16 differ in, computed."""
    light, heavy, google, residual = (
        totals(network_layers(name)) for name in ("alexnet", "vgg16", "googlenet", "resnet18")
    )
    return (
        f"VGG-16 has {heavy.parameters / light.parameters:.2g} times AlexNet's parameters and "
        f"{heavy.macs / light.macs:.3g} times its multiply-accumulates. Of the parameters, "
        f"{_linear(light):.1f} % (AlexNet) and {_linear(heavy):.1f} % (VGG-16) are in fully "
        f"connected layers, {_linear(google):.1f} % in GoogLeNet, {_linear(residual):.1f} % in "
        "ResNet-18. A click on a heading sorts."
    )


def _linear(whole: Totals) -> float:
    return 100 * whole.linear_parameters / whole.parameters


def totals_row(name: str) -> list[object]:
    """Return a network of the registry as a row of the table, under `TOTALS`."""
    whole = totals(network_layers(name))
    return [
        MODELS[name].title,
        MODELS[name].input_size,
        whole.weighted,
        whole.parameters,
        _linear(whole),
        whole.macs,
        whole.activation_bytes / MIB,
        FLOAT_BYTES * whole.parameters / MIB,
        "" if whole.field is None else sized(whole.field, "×"),
    ]


def in_millions(macs: int) -> str:
    """Return a number of multiply-accumulates for a person.

    >>> in_millions(15_470_264_320), in_millions(281_640)
    ('15.5 billion', '0.282 million')
    """
    return f"{macs / 1e9:.3g} billion" if macs >= 1e9 else f"{macs / 1e6:.3g} million"
