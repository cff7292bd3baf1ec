"""Layer by layer: parameters, work, memory and receptive field of any network or finished run.

The registry's networks are read from a table; PyTorch is loaded only for a run whose network is
another one (its own head, another size of picture).
"""

from collections.abc import Sequence

import streamlit as st

from cnn_core.concepts.network_costs.table import Totals, network_layers, totals
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
from cnn_core.ui.experiments.layer_tables import (
    COLUMNS,
    MIB,
    TOTALS,
    column_config,
    frame_of,
    in_millions,
    layer_row,
    layers_csv,
    totals_row,
    totals_sentence,
)
from cnn_core.ui.lab import laboratory
from cnn_core.ui.linked import linked_choice, linked_view

_ONE, _ALL = "one", "all"
_RUN = "run:"
_WITH_WEIGHTS, _EVERY = "weights", "every"


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


def _table(name: str, layers: Sequence[LayerInfo]) -> None:
    every = st.session_state["layers-shown"] == _EVERY
    shown = [layer for layer in layers if every or layer.parameters or layer.macs]
    rows = [layer_row(layer) for layer in shown]
    st.dataframe(
        frame_of(COLUMNS, rows),
        hide_index=True,
        key=f"layers-table-{name}-{every}",
        column_config=column_config(),
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


def _beside_each_other() -> None:
    rows = [totals_row(name) for name in MODELS]
    st.markdown(totals_sentence())
    st.dataframe(
        frame_of(TOTALS, rows),
        hide_index=True,
        key="totals-table",
        # Weights in MiB are four times the parameters: in the file, where there is room.
        column_order=[name for name in TOTALS if name != "weights (MiB)"],
        column_config=column_config() | {"network": st.column_config.TextColumn(width=256)},
        height="content",
        alt=f"Table of {len(rows)} networks.",
    )
    st.download_button(
        "Networks (CSV)",
        csv_text(TOTALS, rows),
        "networks.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="totals-csv",
    )


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
            "Counted by running the network's code, so that branches and sums are in it, and held "
            "against torchinfo's counts (less the biases that it adds) and PyTorch's own; for "
            "LeNet-5 of 1998, whose layers neither knows, against the connections that its paper "
            "states. The sum of a shortcut and the concatenation of branches stand in no row."
        )
        row = MODELS[name] if run is None else run.row
        st.caption(plain_markdown(f"{row.title}: {row.citation}."))
