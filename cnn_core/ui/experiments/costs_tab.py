"""What networks cost: timed on this machine, error against cost, and published errors."""

from typing import Any

import streamlit as st

from cnn_core.results.trials import Trials
from cnn_core.ui.boundary import guarded
from cnn_core.ui.experiments.parts import ExperimentPage
from cnn_core.ui.linked import linked_view

_HERE, _ERRORS, _PUBLISHED = "here", "errors", "published"


@guarded
def costs_tab() -> None:
    """Draw the tab."""
    view = linked_view(
        "costs-view",
        {
            _HERE: "Timed on this machine",
            _ERRORS: "Error against cost",
            _PUBLISHED: "Published errors",
        },
        _HERE,
    )
    if view == _HERE:
        from cnn_core.ui.experiments.page import experiment_inside

        experiment_inside(COSTS)
        return
    from cnn_core.ui.experiments.error_costs import error_against_cost, published_errors

    (error_against_cost if view == _ERRORS else published_errors)()


def draw_costs(settings: Any, trials: Trials, key: str) -> None:  # noqa: ANN401
    """Draw what was measured: times, memory, and every figure as a table.

    Args:
        settings: of the experiment.
        trials: finished ones, perhaps none.
        key: part of every widget's key.
    """
    from cnn_core.charts.experiments_costs import (
        memory_alt,
        memory_chart,
        times_alt,
        times_chart,
    )
    from cnn_core.concepts.network_costs.row import EXPERIMENT

    del settings
    conditions = list(dict.fromkeys(place.condition for place in trials.places))
    if not conditions:
        st.markdown("Nothing has been measured yet.")
        return
    names = EXPERIMENT.names
    condition = conditions[0]
    if len(conditions) > 1:
        condition = (
            st.segmented_control(
                "At a time",
                conditions,
                default=conditions[0],
                format_func=lambda each: names.get(each, each),
                key=f"costs-condition-{key}",
                required=True,
                label_visibility="collapsed",
            )
            or conditions[0]
        )
    left, right = st.columns(2)
    with left:
        st.plotly_chart(
            times_chart(trials, names, condition),
            key=f"costs-times-{key}",
            alt=times_alt(trials, names, condition),
            config={"displayModeBar": False},
        )
    with right:
        st.plotly_chart(
            memory_chart(trials, names, condition),
            key=f"costs-memory-{key}",
            alt=memory_alt(trials, names, condition),
            config={"displayModeBar": False},
        )
    _table(trials, key)


def _table(trials: Trials, key: str) -> None:
    import pandas as pd

    from cnn_core.concepts.network_costs.row import EXPERIMENT

    rows = []
    for place in trials.places:
        spreads = {name: trials.spread(name, place) for name in _FIGURES}
        figures = {
            title: spreads[name].mean if spreads[name] is not None else None  # type: ignore[union-attr]
            for name, title in _FIGURES.items()
        }
        first = EXPERIMENT.names.get(place.arm, place.arm)
        rows.append(
            {
                "network": first,
                "at a time": EXPERIMENT.names.get(place.condition, place.condition),
                "rounds": len(trials.at(place)),
                **figures,
            }
        )
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=f"costs-table-{key}",
        column_config={
            **{title: number(format="%.4g") for title in _FIGURES.values()},
            "processor threads": number(format="%d"),
        },
        alt=f"Table of {len(rows)} measurements.",
    )
    st.caption(
        "Median and quartiles of a pass, each averaged over rounds. Random weights: what a pass "
        "takes does not depend on them. Memory is that of tensors, without the program's own."
    )


_FIGURES = {
    "median_ms": "median (ms)",
    "low_ms": "25 % (ms)",
    "high_ms": "75 % (ms)",
    "images_per_second": "images/s",
    "peak_mib": "peak (MiB)",
    "weights_mib": "weights (MiB)",
    "threads": "processor threads",
}


def _facts() -> None:
    """Nothing of its own: the facts stand in the tab of the page."""


COSTS = ExperimentPage(
    experiment="network-costs", result=draw_costs, facts=_facts, verb="Time the networks"
)
