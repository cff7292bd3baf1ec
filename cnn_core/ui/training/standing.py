"""Where the runs of a group stand: done, under way, waiting, and how long all of them will take."""

from collections.abc import Callable, Sequence
from statistics import fmean

import streamlit as st

from cnn_core.results.history import History
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.groups import seconds_left
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.wording import STATUS_COLORS, STATUS_WORDS, about


def where_they_stand(
    lab: Laboratory,
    runs: Sequence[RunRecord],
    histories: Sequence[History],
    *,
    name: Callable[[RunRecord], str],
    said: Callable[[RunRecord, History], str],
) -> None:
    """Draw a badge a run, how far all of them are, and why the first that failed did.

    Args:
        lab: for the store.
        runs: of a group.
        histories: theirs.
        name: of a run in its group ("seed 3").
        said: what there is to say of a run, "" for its status or epoch.
    """
    pairs = list(zip(runs, histories, strict=True))
    done = sum(run.status == "finished" for run in runs)
    words = [f"{done} of {len(runs)} done"]
    if any(run.active for run in runs):
        remaining = {run.id: history.remaining_seconds() for run, history in pairs}
        left = seconds_left(lab.store, runs, remaining)
        words.append("time left not known yet" if left is None else f"{about(left)} left for all")
    badges = " ".join(_badge(run, history, name(run), said(run, history)) for run, history in pairs)
    text = f"{badges} {', '.join(words)}"
    st.progress(fmean(history.progress() for history in histories), text=text)
    failed = next((run for run in runs if run.error), None)
    if failed is not None:
        st.markdown(
            f":material/error: {name(failed).capitalize()}: {plain_markdown(failed.error)} "
            f"{plain_markdown(failed.hint)}"
        )


def _badge(run: RunRecord, history: History, name: str, said: str) -> str:
    """Return a run's name and what there is to say of it, coloured by its status."""
    words = said or STATUS_WORDS[run.status]
    if not said and run.status == "running" and history.started is not None:
        words = f"epoch {max(history.epoch, 1)} of {history.started.total_epochs}"
    return f":{STATUS_COLORS[run.status]}-badge[{name}: {words}]"
