"""Scratch, frozen, last blocks, all: what each takes and brings, on one axis.

Compared are the newest runs of each mode and network on the same pictures. Runs of this machine and
recorded ones are never on one chart: they saw other pictures, on other hardware.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, get_args

import pandas as pd
import streamlit as st

from cnn_core.charts.fit_curves import fit_chart
from cnn_core.charts.fit_words import Shown, fit_alt
from cnn_core.charts.live import CHART_HEIGHT
from cnn_core.charts.modes import ModePoint, mode_points, modes_alt, modes_chart
from cnn_core.charts.wording import percent
from cnn_core.models.registry import model_row
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.runtime.recorded import recorded_runs
from cnn_core.training.recipes import find_recipe, network_of
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.curves.charts import ground
from cnn_core.ui.curves.reading import pictures_words, recorded_words
from cnn_core.ui.curves.studied import link_id, studied_runs
from cnn_core.ui.drawn_once import drawn_once
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.runs.listing import Row, rows_of

Against = Literal["epoch", "seconds", "parameters"]
AGAINST_WORDS: dict[Against, str] = {
    "epoch": "Against epochs",
    "seconds": "Against seconds",
    "parameters": "Against trained parameters",
}
MODE_WORDS = {
    "scratch": "From scratch",
    "frozen": "Frozen",
    "last-block": "Last blocks",
    "all": "All layers",
    "": "From scratch",
}
_ROW_PX = 30
_HERE, _RECORDED = "This machine", "Recorded"


def modes_panel(lab: Laboratory, recipe: str) -> None:
    """Draw accuracy against epochs, seconds or trainable parameters, a line a mode.

    Args:
        lab: whose runs are compared, those on the same data; without any, recorded ones.
        recipe: the id of the recipe whose modes they are.
    """
    here = runs_by_mode(lab, recipe)
    recorded = [each for each in recorded_runs() if each.records[0].recipe == recipe]
    if not here and not recorded:
        title = find_recipe(recipe).title
        st.markdown(f"{title} has not been trained here yet: there is no mode to compare.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        against = _against()
        origin = _origin(len(here), len(recorded))
    studies = here if origin == _HERE else recorded
    _chart(studies, against)
    _table(studies)
    st.caption(pictures_words(studies))
    for each in studies:
        if each.recording is not None:
            st.caption(recorded_words(each.recording, each))


def runs_by_mode(lab: Laboratory, recipe: str) -> list[Studied]:
    """Return the newest run or group of each mode and network, on the pictures most of them saw."""
    runs = [run for run in lab.store.list(recipe=recipe) if run.epochs_done]
    by_data: dict[tuple[str, float], dict[tuple[str, str], Row]] = defaultdict(dict)
    for row in rows_of(runs, runs):  # newest first
        run = row[0]
        data = (run.dataset.fingerprint, run.config.data_share)
        by_data[data].setdefault(_kind(run), row)
    if not by_data:
        return []
    rows = max(by_data.values(), key=len)
    return [studied_runs(lab, rows[kind]) for kind in sorted(rows)]


def _kind(run: RunRecord) -> tuple[str, str]:
    mode = run.config.mode or "scratch"
    place = list(MODE_WORDS).index(mode)
    return f"{place}", network_of(find_recipe(run.recipe), run.config)


def _named(studied: Studied) -> Shown:
    """Return a study called by its mode and network."""
    run = studied.records[0]
    network = model_row(network_of(find_recipe(run.recipe), run.config)).title
    title = f"{MODE_WORDS[run.config.mode]}, {network}"
    return Shown(title=title, seeds=len(studied.histories), recorded=studied.recording is not None)


def _against() -> Against:
    linked_choice("modes-against", get_args(Against), "epoch")
    chosen = st.segmented_control(
        "Axis below",
        list(get_args(Against)),
        required=True,
        format_func=AGAINST_WORDS.__getitem__,
        label_visibility="collapsed",
        key="modes-against",
        persist_state="session",
        help="Seconds are those of training, after those in which a frozen part looked at every "
        "picture once. Parameters are those that a step changes.",
    )
    return chosen or "epoch"


def _origin(here: int, recorded: int) -> str:
    if not (here and recorded):
        return _HERE if here else _RECORDED
    chosen = st.segmented_control(
        "Runs",
        [_HERE, _RECORDED],
        default=_HERE if here > 1 else _RECORDED,
        required=True,
        label_visibility="collapsed",
        key="modes-origin",
        persist_state="session",
        help="Of this machine: the newest of each mode on the same pictures. Recorded: real "
        "trainings that come with the project.",
    )
    return chosen or _HERE


def _chart(studies: Sequence[Studied], against: Against) -> None:
    histories = [history for each in studies for history in each.histories]
    shown = tuple(map(_named, studies))
    key = f"modes-{against}-{'-'.join(map(link_id, studies))}"
    if against == "parameters":
        drawn = drawn_once(modes_chart, histories, shown=shown, ground=ground())
        alt = drawn_once(modes_alt, histories, shown=shown)
    else:
        drawn = drawn_once(
            fit_chart,
            histories,
            shown=shown,
            quantity="accuracy",
            lines=("valid",),
            by=against,
            ground=ground(),
        )
        alt = drawn_once(fit_alt, histories, shown=shown, quantity="accuracy")
    st.echarts_chart(drawn, key=key, height=CHART_HEIGHT + _ROW_PX * (len(studies) - 1), alt=alt)


def _table(studies: Sequence[Studied]) -> None:
    histories = [history for each in studies for history in each.histories]
    points = mode_points(histories, [_named(each) for each in studies])
    st.dataframe(
        pd.DataFrame([_cells(point) for point in points]),
        hide_index=True,
        column_config={
            "trained parameters": st.column_config.NumberColumn(format="%,d"),
            "frozen pass (s)": st.column_config.NumberColumn(format="%.0f"),
            "training (s)": st.column_config.NumberColumn(format="%.0f"),
            "training pictures": st.column_config.NumberColumn(format="%,d"),
        },
        alt=f"Table of {len(points)} modes.",
    )


def _cells(point: ModePoint) -> dict[str, object]:
    interval = point.interval
    return {
        "mode": plain_markdown(point.label),
        "accuracy": percent(point.accuracy),
        "of": "test" if point.tested else "validation",
        "95 % interval": f"{percent(interval[0])} to {percent(interval[1])}" if interval else "",
        "seeds": point.seeds,
        "epochs": point.epochs,
        "frozen pass (s)": point.prepared,
        "training (s)": point.seconds,
        "trained parameters": point.parameters,
        "training pictures": point.size,
    }
