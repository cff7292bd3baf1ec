"""Error against cost: published ones of one crop, or those of runs that were trained here.

The two never stand on one chart: they are errors on different pictures.
"""

import streamlit as st

from cnn_core.charts.accuracy_cost import CostPoint, accuracy_cost_alt, accuracy_cost_chart
from cnn_core.concepts.network_costs.published import MEASURED, ONE_CROP, QUOTED, SOURCE
from cnn_core.concepts.network_costs.table import network_layers, totals
from cnn_core.models.registry import MODELS
from cnn_core.results.spreadsheet import csv_text
from cnn_core.results.trials import Place
from cnn_core.runtime.network_layers import (
    NetworkOfRun,
    layers_at_hand,
    layers_of,
    networks_of_runs,
)
from cnn_core.training.recipes import FILMS
from cnn_core.ui.lab import laboratory
from cnn_core.ui.linked import linked_choice

_PUBLISHED = "published"
_COSTS = {
    "macs": ("multiply-accumulates", "millions a picture"),
    "parameters": ("parameters", "millions"),
    "latency": ("time", "ms a picture, measured"),
}
_SHORT = {"macs": "MACs", "parameters": "Parameters", "latency": "Time"}


def error_against_cost() -> None:
    """Draw the chart, and what its errors are."""
    runs = [each for each in networks_of_runs(laboratory().store) if _error(each) is not None]
    by_data = {each.record.dataset.name: each.record.dataset.source for each in runs}
    sources = {_PUBLISHED: "ImageNet, published"} | {
        f"data:{name}": f"{name}, runs trained here" for name in by_data
    }
    linked_choice("error-of", sources, _PUBLISHED)
    linked_choice("error-cost", _COSTS, "macs")
    linked_choice("error-kind", ("top5", "top1"), "top5")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = st.selectbox(
            "Errors",
            list(sources),
            format_func=sources.__getitem__,
            key="error-of",
            persist_state="session",
            width=300,
            help="Errors on different pictures are not drawn on one axis.",
        )
        published = of == _PUBLISHED
        cost = st.segmented_control(
            "Cost",
            list(_COSTS) if published else ["macs", "parameters"],
            format_func=_SHORT.__getitem__,
            key="error-cost",
            required=True,
            persist_state="session",
            help="MACs: multiply-accumulates of one picture. Time: of one picture, measured.",
        )
        kind = "top1"
        if published:
            kind = (
                st.segmented_control(
                    "Error",
                    ["top5", "top1"],
                    format_func={"top5": "Top 5", "top1": "Top 1"}.__getitem__,
                    key="error-kind",
                    required=True,
                    persist_state="session",
                    help="Top 5: the right class is not among the five likeliest.",
                )
                or "top5"
            )
    cost = cost or "macs"
    if published:
        _published(cost, kind)
    else:
        name = str(of).removeprefix("data:")
        _trained([each for each in runs if each.record.dataset.name == name], name, cost)


def _published(cost: str, kind: str) -> None:
    points, where = [], ""
    if cost == "latency":
        times, where = _times()
        if not times:
            st.markdown("Nothing has been timed yet: press Run under “Timed on this machine”.")
            return
        points = [
            CostPoint(
                name=MODELS[name].title, cost=times[name], error=getattr(ONE_CROP[name], kind)
            )
            for name in ONE_CROP
            if name in times
        ]
    else:
        points = [
            CostPoint(
                name=MODELS[name].title,
                cost=_count(name, cost) / 1e6,
                error=getattr(error, kind),
            )
            for name, error in ONE_CROP.items()
        ]
    _draw(points, cost, f"top-{kind[-1]} error, ImageNet (%)")
    st.caption(f"Errors: {SOURCE}: {MEASURED}. {where}".strip())


def _count(name: str, cost: str) -> float:
    return float(getattr(totals(network_layers(name)), cost))


def _times() -> tuple[dict[str, float], str]:
    """Return milliseconds of a network for one picture, and from which run they are."""
    from cnn_core.runtime.experiments import standing_of
    from cnn_core.runtime.recorded_experiments import recorded_experiment

    store = laboratory().store
    newest = store.list(recipe="network-costs", statuses=("finished",), limit=1)
    if newest:
        trials, where = standing_of(store, newest[0].id).trials, "Times: the newest run here."
    elif (recorded := recorded_experiment("network-costs")) is not None:
        trials, where = recorded.trials, f"Times: recorded run, {recorded.recording.hardware}."
    else:
        return {}, ""
    found = {
        place.arm: spread.mean
        for place in trials.places
        if place.condition == "batch=1"
        and (spread := trials.spread("median_ms", Place(arm=place.arm, condition="batch=1")))
    }
    return found, where


def _error(network: NetworkOfRun) -> float | None:
    """Return the test error in percent; None of films, whose runs are parts of a study."""
    right = network.record.test_accuracy
    return None if right is None or network.record.dataset.source == FILMS else 100 * (1 - right)


def _trained(runs: list[NetworkOfRun], data: str, cost: str) -> None:
    if any(layers_at_hand(each) is None for each in runs):
        from cnn_core.ui.inspector.engine import wait_for_torch

        wait_for_torch()
    points = []
    for each in runs:
        whole, error = totals(layers_of(each)), _error(each)
        assert error is not None
        ends = each.record.test_interval
        points.append(
            CostPoint(
                name=each.record.name,
                cost=getattr(whole, cost) / 1e6,
                error=error,
                interval=None if ends is None else (100 * (1 - ends[1]), 100 * (1 - ends[0])),
            )
        )
    _draw(points, cost, f"test error, {data} (%)")
    st.caption(
        "Test errors of the runs that finished here, with their 95 % intervals, on the size of "
        "picture that each run gave its network."
    )


def _draw(points: list[CostPoint], cost: str, error: str) -> None:
    words, unit = _COSTS[cost]
    st.plotly_chart(
        accuracy_cost_chart(points, cost=words, unit=unit, error=error),
        key=f"accuracy-cost-{cost}-{error}",
        alt=accuracy_cost_alt(points, words),
        config={"displayModeBar": False},
    )
    st.download_button(
        "Error and cost (CSV)",
        csv_text(
            ["network", f"{words} ({unit})", error],
            ([each.name, each.cost, each.error] for each in points),
        ),
        "error-and-cost.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="accuracy-cost-csv",
    )


def published_errors() -> None:
    """Draw what is quoted, what was measured of it, and the one-crop errors beside it."""
    st.markdown(
        "**One network, one crop**: errors that can be compared with each other "
        f"({MEASURED}; {SOURCE})."
    )
    st.dataframe(
        {
            "network": [MODELS[name].title for name in ONE_CROP],
            "top-5 error (%)": [each.top5 for each in ONE_CROP.values()],
            "top-1 error (%)": [each.top1 for each in ONE_CROP.values()],
        },
        hide_index=True,
        key="published-one-crop",
        column_config={
            name: st.column_config.NumberColumn(format="%.2f")
            for name in ("top-5 error (%)", "top-1 error (%)")
        },
        alt=f"Table of {len(ONE_CROP)} networks with their errors.",
    )
    st.markdown(
        "**Often quoted beside them**: several networks, many crops. An average of networks errs "
        "less than one of them, so that these say nothing about a single network."
    )
    st.table(
        {
            "network": [each.network for each in QUOTED],
            "top-5 error (%)": [f"{each.top5:.2f}" for each in QUOTED],
            "what was measured": [each.how for each in QUOTED],
            "source": [each.source for each in QUOTED],
        },
        hide_index=True,
    )
