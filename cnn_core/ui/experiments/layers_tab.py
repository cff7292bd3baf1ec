"""Layer by layer: parameters, work, memory and receptive field of any network or finished run.

The registry's networks are read from a table; PyTorch is loaded only for a run whose network is
another one (its own head, another size of picture).
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from cnn_core.concepts.network_costs.table import (
    Totals,
    network_layers,
    output_bytes,
    sized,
    totals,
)
from cnn_core.models.registry import MODELS
from cnn_core.results.inspection import LayerInfo
from cnn_core.results.spreadsheet import csv_text
from cnn_core.runtime.network_layers import (
    NetworkOfRun,
    layers_at_hand,
    layers_of,
    networks_of_runs,
)
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.lab import laboratory
from cnn_core.ui.linked import linked_choice, linked_view

MIB = 1 << 20
_ONE, _ALL = "one", "all"
_RUN = "run:"
_WITH_WEIGHTS, _EVERY = "weights", "every"
_COLUMNS = (
    *("layer", "kind", "output", "parameters", "multiply-accumulates", "output (MiB)"),
    *("kernel", "stride", "receptive field (px)"),
)
_TOTALS = (
    *(
        "network",
        "input (px)",
        "layers that multiply",
        "parameters",
        "in fully connected layers (%)",
    ),
    *("multiply-accumulates", "outputs (MiB)", "weights (MiB)", "receptive field (px)"),
)


@st.fragment
@guarded
def layers_tab() -> None:
    """Draw the tab; a fragment, so that a choice in it draws nothing else again."""
    view = linked_view(
        "layers-view", {_ONE: "One network", _ALL: "All networks beside each other"}, _ONE
    )
    if view == _ALL:
        _beside_each_other()
    else:
        _one_network()


def _one_network() -> None:
    from cnn_core.charts.layer_costs import shares_alt, shares_chart

    runs = {_RUN + each.record.id: each for each in networks_of_runs(laboratory().store)}
    name = _choose(runs)
    run = runs.get(name)
    title = MODELS[name].title if run is None else run.record.name
    layers = _layers(name, run)
    whole = totals(layers)
    _figures(whole)
    st.plotly_chart(
        shares_chart(title, layers),
        key=f"layer-shares-{name}",
        alt=shares_alt(title, layers),
        config={"displayModeBar": False},
    )
    _table(name, layers)
    _how_counted(name, run)


def _choose(runs: dict[str, NetworkOfRun]) -> str:
    names = [*MODELS, *runs]
    linked_choice("layers-of", names, "vgg16")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Network",
            names,
            key="layers-of",
            format_func=lambda name: (
                f"Run: {runs[name].record.name}" if name in runs else MODELS[name].title
            ),
            persist_state="session",
            width=320,
            help="The networks of the registry, then the runs that finished here.",
        )
        linked_choice("layers-shown", (_WITH_WEIGHTS, _EVERY), _WITH_WEIGHTS)
        st.segmented_control(
            "Layers in the table",
            [_WITH_WEIGHTS, _EVERY],
            key="layers-shown",
            required=True,
            format_func={_WITH_WEIGHTS: "With weights", _EVERY: "All"}.__getitem__,
            persist_state="session",
            help="All: with the layers that only activate, normalise without weights or pool.",
        )
    return str(chosen)


def _layers(name: str, run: NetworkOfRun | None) -> tuple[LayerInfo, ...]:
    if run is None:
        return network_layers(name)
    if layers_at_hand(run) is None:
        from cnn_core.ui.inspector.engine import wait_for_torch

        wait_for_torch()
    return layers_of(run)


def _figures(whole: Totals) -> None:
    with st.container(horizontal=True):
        st.metric("Parameters", f"{whole.parameters:,}", width="content")
        st.metric(
            "Multiply-accumulates",
            in_millions(whole.macs),
            width="content",
            help="Of convolutions and linear layers, for one picture, without biases. Some call "
            "two of them a FLOP each; torchvision's GFLOPS are these.",
        )
        st.metric(
            "Outputs of all layers",
            f"{whole.activation_bytes / MIB:.3g} MiB",
            width="content",
            help="float32, one picture: about what training keeps for the backward pass. "
            "Answering alone needs fewer at a time.",
        )
        st.metric("Layers that multiply", f"{whole.weighted}", width="content")


def in_millions(macs: int) -> str:
    """Return a number of multiply-accumulates for a person.

    >>> in_millions(15_470_264_320), in_millions(281_640)
    ('15.5 billion', '0.282 million')
    """
    return f"{macs / 1e9:.3g} billion" if macs >= 1e9 else f"{macs / 1e6:.3g} million"


def _table(name: str, layers: Sequence[LayerInfo]) -> None:
    every = st.session_state["layers-shown"] == _EVERY
    shown = [layer for layer in layers if every or layer.parameters or layer.macs]
    rows = [_cells(layer) for layer in shown]
    st.dataframe(
        _frame(_COLUMNS, rows),
        hide_index=True,
        key=f"layers-table-{name}-{every}",
        column_config=_config(),
        alt=f"Table of {len(rows)} layers.",
    )
    st.download_button(
        "Layers (CSV)",
        layers_csv(shown),
        f"layers-{name.removeprefix(_RUN)}.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="layers-csv",
    )


def _cells(layer: LayerInfo) -> list[object]:
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
    return csv_text(_COLUMNS, (_cells(layer) for layer in layers))


def _frame(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Any:  # noqa: ANN401
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))


def _config() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "parameters": number(format="localized"),
        "multiply-accumulates": number(format="localized"),
        "layers that multiply": number(format="localized"),
        "output (MiB)": number(format="%.4g"),
        "outputs (MiB)": number(format="%.4g"),
        "weights (MiB)": number(format="%.4g"),
        "in fully connected layers (%)": number(format="%.1f"),
    }


def _beside_each_other() -> None:
    rows = [totals_row(name) for name in MODELS]
    st.markdown(_sentence())
    st.dataframe(
        _frame(_TOTALS, rows),
        hide_index=True,
        key="totals-table",
        column_config=_config(),
        alt=f"Table of {len(rows)} networks.",
    )
    st.download_button(
        "Networks (CSV)",
        csv_text(_TOTALS, rows),
        "networks.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="totals-csv",
    )


def _sentence() -> str:
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
    """Return a network of the registry as a row of the table, under `_TOTALS`."""
    whole = totals(network_layers(name))
    return [
        MODELS[name].title,
        MODELS[name].input_size,
        whole.weighted,
        whole.parameters,
        _linear(whole),
        whole.macs,
        whole.activation_bytes / MIB,
        4 * whole.parameters / MIB,
        "" if whole.field is None else sized(whole.field, "×"),
    ]


def _how_counted(name: str, run: NetworkOfRun | None) -> None:
    with st.expander("How this is counted", icon=":material/calculate:"):
        st.markdown(
            "A convolution with kernels of $k_h\\times k_w$, $C_{in}$ channels in $g$ groups and "
            "$C_{out}$ channels, whose output is $H\\times W$:"
        )
        st.latex(
            r"\text{parameters}=C_{out}\left(\tfrac{C_{in}}{g}k_hk_w+1\right)\qquad"
            r"\text{MACs}=H\,W\,C_{out}\tfrac{C_{in}}{g}k_hk_w"
        )
        st.markdown("A receptive field grows with each layer of kernel $k_l$ and stride $s_l$:")
        st.latex(r"r_l=r_{l-1}+(k_l-1)\prod_{i<l}s_i,\qquad r_0=1")
        st.markdown(
            "Counted by running the network's code, so that branches and sums are in it; every "
            "count equals torchinfo's and PyTorch's own. The sum of a shortcut and the "
            "concatenation of branches are no layers and stand in no row."
        )
        row = MODELS[name] if run is None else run.row
        st.caption(plain_markdown(f"{row.title}: {row.citation}."))
