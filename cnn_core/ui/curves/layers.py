"""The layers over time: dead units, gradient norms, update ratios, where a run looked at them."""

import streamlit as st

from cnn_core.charts.layer_series import (
    MOST_LINES,
    QUANTITIES,
    WORDS,
    LayerQuantity,
    layer_alt,
    layer_lines,
    layer_map,
    striking_layers,
)
from cnn_core.charts.live import CHART_HEIGHT
from cnn_core.charts.wording import plural, seconds
from cnn_core.results.history import History
from cnn_core.results.layer_series import LayerSeries
from cnn_core.results.studied import Studied
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.curves.charts import ground
from cnn_core.ui.curves.studied import link_id
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice

_TICK_SECONDS = 2.0
_HELP = (
    "Dead units: channels whose ReLU gave nothing but 0 on the whole batch of that step.\n\n"
    "Gradient norm: Euclidean norm of the gradient of a layer's weights.\n\n"
    "Update / weights: norm of the step's change of the weights over their own norm."
)


def layers_panel(lab: Laboratory, studied: Studied) -> None:
    """Draw what `TrainConfig.watch` kept of each layer; where nothing was, how to ask for it."""
    seen = {
        str(run.config.seed): (run.id, history)
        for run, history in zip(studied.records, studied.histories, strict=True)
        if (studied.active and run.config.watch) or history.layers(2).looks
    }
    if not seen:
        _how_to_ask(studied)
        return
    seed = next(iter(seen))
    with st.container(horizontal=True, vertical_alignment="center"):
        quantity = _quantity()
        if len(seen) > 1:
            seed = st.segmented_control(
                "Seed",
                list(seen),
                default=seed,
                required=True,
                format_func=lambda name: f"Seed {name}",
                label_visibility="collapsed",
                key=f"layers-seed-{link_id(studied)}",
            )
    run_id, history = seen[seed or next(iter(seen))]

    @st.fragment(run_every=_TICK_SECONDS if studied.active else None)
    @guarded
    def panel() -> None:
        if studied.active and not any(lab.store.get(run.id).active for run in studied.records):
            st.rerun()
        now = lab.history(run_id) if studied.active else history
        series = now.layers()
        if not series.looks:
            st.markdown("The layers have not been looked at yet.")
            return
        _charts(series, quantity, recorded=studied.recording is not None)
        st.caption(_cost(series, now))

    panel()


def _quantity() -> LayerQuantity:
    linked_choice("layers-quantity", QUANTITIES, QUANTITIES[0])
    chosen = st.segmented_control(
        "What is shown",
        list(QUANTITIES),
        required=True,
        format_func=lambda name: WORDS[name].capitalize(),
        label_visibility="collapsed",
        key="layers-quantity",
        persist_state="session",
        help=_HELP,
    )
    return chosen or QUANTITIES[0]


def _charts(series: LayerSeries, quantity: LayerQuantity, *, recorded: bool) -> None:
    layers = st.multiselect(
        "Layers",
        list(series.layers),
        default=striking_layers(series, quantity),
        max_selections=MOST_LINES,
        key=f"layers-drawn-{quantity}-{len(series.layers)}",
        label_visibility="collapsed",
        placeholder="Choose layers to draw as lines",
    )
    left, right = st.columns(2)
    with left:
        st.echarts_chart(
            layer_lines(series, quantity, layers, ground=ground(), recorded=recorded),
            key=f"layer-lines-{quantity}",
            height=CHART_HEIGHT,
            alt=layer_alt(series, quantity, recorded=recorded),
        )
    with right:
        st.plotly_chart(
            layer_map(series, quantity, recorded=recorded),
            key=f"layer-map-{quantity}",
            alt=layer_alt(series, quantity, recorded=recorded),
            config={"displayModeBar": False},
        )


def _cost(series: LayerSeries, history: History) -> str:
    """Return what the looks cost, beside the training."""
    looks = plural(series.looks, "look")
    share = 100 * series.seconds / history.elapsed_seconds if history.elapsed_seconds else 0.0
    return (
        f"{looks} at {plural(len(series.layers), 'layer')} took {seconds(series.seconds)} in all, "
        f"{share:.1f} % of the run."
    )


def _how_to_ask(studied: Studied) -> None:
    run = studied.records[0]
    st.markdown(
        plain_markdown(
            f"{studied.title} did not look at its layers. It is asked for before a run: each look "
            "costs a run forward more and a copy of the weights, so every 50th step is plenty."
        )
    )
    if studied.recording is None:
        st.code(f"python -m cnn_core train {run.recipe} --set watch=50", language=None)
