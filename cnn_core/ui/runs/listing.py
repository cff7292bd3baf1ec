"""The list of runs as a table to choose from: filters, groups, columns, and which rows are whose.

A row is a run, or the runs of a group by seed.
"""

from collections.abc import Sequence
from statistics import fmean

import pandas as pd
import streamlit as st

from cnn_core.charts.wording import plural
from cnn_core.results.groups import group_name, group_score, group_status
from cnn_core.results.runs import STATUSES, RunRecord
from cnn_core.training.recipes import FILMS
from cnn_core.ui.wording import STATUS_WORDS, when

Row = tuple[RunRecord, ...]
_SCORES = ["test accuracy", "± 95 %", "n", "validation", "images/s"]
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


def rows_of(shown: Sequence[RunRecord], runs: Sequence[RunRecord]) -> list[Row]:
    """Return the rows of `shown`, in its order: a group, whole as in `runs`, where it first comes.

    Args:
        shown: what the filters leave.
        runs: what it was taken from.
    """
    members: dict[str, list[RunRecord]] = {}
    for run in runs:
        members.setdefault(run.group, []).append(run)
    by_seed = {
        group: tuple(sorted(several, key=lambda run: (run.config.seed, run.created)))
        for group, several in members.items()
    }
    return [by_seed[group] for group in dict.fromkeys(run.group for run in shown)]


def row_id(row: Row) -> str:
    """Return the id of a run, or of a group."""
    return row[0].id if len(row) == 1 else row[0].group


def filters() -> tuple[str, list[str]]:
    """Draw the filters; return the text and the chosen statuses."""
    left, right = st.columns([1, 3])
    text = left.text_input(
        "Find", placeholder="name, id or preset", key="runs-text", persist_state="session"
    )
    statuses = right.pills(
        "Status",
        list(STATUSES),
        selection_mode="multi",
        format_func=lambda status: "under way" if status == "running" else STATUS_WORDS[status],
        key="runs-statuses",
        persist_state="session",
    )
    return text, list(statuses)


def table(rows: Sequence[Row], key: str) -> list[Row]:
    """Draw the table; return the rows that are chosen.

    Streamlit keeps the numbers of the chosen rows. Whenever other runs are shown the table is a new
    one, in which the rows of the same runs are chosen.
    """
    ids = [row_id(row) for row in rows]
    memory = st.session_state.setdefault(f"{key}-chosen", {"shown": [], "chosen": [], "version": 0})
    if memory["shown"] != ids:
        places = [ids.index(chosen) for chosen in memory["chosen"] if chosen in ids]
        memory.update(shown=ids, default=places, version=memory["version"] + 1)
    selection = st.dataframe(
        frame(rows),
        key=f"{key}-{memory['version']}",
        selection_default={"selection": {"rows": memory["default"]}},
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        height=min(460, 38 * len(rows) + 42),
        column_config={
            "test accuracy": st.column_config.NumberColumn(format="%.2f %%"),
            "± 95 %": st.column_config.NumberColumn(
                format="%.2f",
                help="Half the 95 % interval, in percentage points: of several seeds over the "
                "seeds (Student's t), of one run over the test images (Wilson).",
            ),
            "n": st.column_config.NumberColumn(help="How many seeds the accuracy is the mean of."),
            "validation": st.column_config.NumberColumn(format="%.2f %%"),
            "training (s)": st.column_config.NumberColumn(format="%.1f"),
            "images/s": st.column_config.NumberColumn(format="%,.0f"),
            "done": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
        },
        placeholder="",
        alt=f"Table of {len(rows)} runs and groups of seeds.",
    )
    chosen = [rows[index] for index in selection["selection"]["rows"] if index < len(rows)]
    memory["chosen"] = [row_id(row) for row in chosen]
    return chosen


def title_of(row: Row) -> str:
    """Return the name of a run, or of a group."""
    if len(row) == 1:
        return row[0].name
    return group_name([run.name for run in row], [run.config.seed for run in row])


def of_study(row: Row) -> bool:
    """Whether these are runs of a chest X-ray study, whose scores are with its results alone."""
    return row[0].dataset.source == FILMS


def study_words(row: Row) -> str:
    """Return what the runs of a study are: its folds, its served model, or both."""
    folds = sum(run.config.fold > 0 for run in row)
    parts = [plural(folds, "fold")] if folds else []
    return " and ".join(parts + ["the served model"] * (folds < len(row)))


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return one line a row, accuracies in percent, times in seconds; of groups means and sums.

    Where all are experiments there are no columns of scores: those are with their readings.
    """
    cells = pd.DataFrame([_cells(row) for row in rows])
    scored = not rows or any(not row[0].experiment for row in rows)
    return cells if scored else cells.drop(columns=_SCORES)


def _status_word(row: Row) -> str:
    status = group_status([run.status for run in row])
    return "running" if row[0].experiment and status == "running" else STATUS_WORDS[status]


def _cells(row: Row) -> dict[str, object]:
    seeds = [run.config.seed for run in row]
    steps = [run.steps_done / run.total_steps if run.total_steps else 0.0 for run in row]
    paces = [run.images_per_second for run in row if run.images_per_second]
    scored = () if of_study(row) else row
    valid = [run.valid_accuracy for run in scored if run.valid_accuracy is not None]
    score = group_score([run.test_accuracy for run in scored if run.test_accuracy is not None])
    interval = score and (row[0].test_interval if len(row) == 1 else score.interval)
    return {
        "name": f"Experiment: {title_of(row)}" if row[0].experiment else title_of(row),
        "status": _status_word(row),
        "test accuracy": 100 * score.mean if score else None,
        "± 95 %": 50 * (interval[1] - interval[0]) if interval else None,
        "n": score.n if score else None,
        "validation": 100 * fmean(valid) if valid else None,
        "done": fmean(steps),
        "training (s)": sum(run.train_seconds for run in row),
        "images/s": None if row[0].experiment else fmean(paces) if paces else 0.0,
        "preset": row[0].preset,
        "seed": str(seeds[0]) if seeds[0] == seeds[-1] else f"{seeds[0]} to {seeds[-1]}",
        "data": row[0].dataset.name,
        "created": when(max(run.created for run in row)),
        "run": row_id(row),
    }
