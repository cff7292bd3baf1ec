"""The list of runs as a table to choose from: filters, columns, and which rows are whose."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from cnn_core.results.runs import STATUSES, RunRecord
from cnn_core.ui.wording import STATUS_WORDS, when

MINE, EVERYONE = "Mine", "Everyone's"


def filtered(
    runs: Sequence[RunRecord], *, text: str, statuses: Sequence[str], recipe: str | None
) -> list[RunRecord]:
    """Return the runs whose name, id or preset contains `text` and that have one of `statuses`."""
    needle = text.strip().casefold()
    return [
        run
        for run in runs
        if (not needle or needle in f"{run.name} {run.id} {run.preset}".casefold())
        and (not statuses or run.status in statuses)
        and (recipe is None or run.recipe == recipe)
    ]


def filters() -> tuple[str, list[str]]:
    """Draw the filters; return the text and the chosen statuses."""
    left, right = st.columns([1, 1.4])
    text = left.text_input(
        "Find", placeholder="name, id or preset", key="runs-text", persist_state="session"
    )
    statuses = right.pills(
        "Status",
        list(STATUSES),
        selection_mode="multi",
        format_func=lambda status: STATUS_WORDS[status],
        key="runs-statuses",
        persist_state="session",
    )
    return text, list(statuses)


def table(runs: Sequence[RunRecord], key: str) -> list[RunRecord]:
    """Draw the table; return the runs whose rows are chosen.

    Streamlit keeps the numbers of the chosen rows. Whenever other runs are shown the table is a new
    one, in which the rows of the same runs are chosen.
    """
    ids = [run.id for run in runs]
    memory = st.session_state.setdefault(f"{key}-chosen", {"shown": [], "chosen": [], "version": 0})
    if memory["shown"] != ids:
        rows = [ids.index(run_id) for run_id in memory["chosen"] if run_id in ids]
        memory.update(shown=ids, default=rows, version=memory["version"] + 1)
    selection = st.dataframe(
        frame(runs),
        key=f"{key}-{memory['version']}",
        selection_default={"selection": {"rows": memory["default"]}},
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        height=min(460, 38 * len(runs) + 42),
        column_config={
            "test accuracy": st.column_config.NumberColumn(format="%.2f %%"),
            "validation": st.column_config.NumberColumn(format="%.2f %%"),
            "training (s)": st.column_config.NumberColumn(format="%.1f"),
            "images/s": st.column_config.NumberColumn(format="%,.0f"),
            "done": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
        },
        placeholder="",
        alt=f"Table of {len(runs)} runs.",
    )
    chosen = [runs[index] for index in selection["selection"]["rows"] if index < len(runs)]
    memory["chosen"] = [run.id for run in chosen]
    return chosen


def frame(runs: Sequence[RunRecord]) -> pd.DataFrame:
    """Return one row a run, accuracies in percent, times in seconds."""
    return pd.DataFrame(
        [
            {
                "name": run.name,
                "status": STATUS_WORDS[run.status],
                "test accuracy": None if run.test_accuracy is None else 100 * run.test_accuracy,
                "validation": None if run.valid_accuracy is None else 100 * run.valid_accuracy,
                "done": run.steps_done / run.total_steps if run.total_steps else 0.0,
                "training (s)": run.train_seconds,
                "images/s": run.images_per_second,
                "preset": run.preset,
                "seed": run.config.seed,
                "data": run.dataset.name,
                "created": when(run.created),
                "run": run.id,
            }
            for run in runs
        ]
    )
