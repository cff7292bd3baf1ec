"""The runs of an experiment that are here: any of them opens on its page."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from cnn_core.charts.wording import plural
from cnn_core.concepts.experiment import Experiment
from cnn_core.concepts.settings import ExperimentSettings, fields_of
from cnn_core.errors import CnnLabError
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.experiments import SAID, chosen_of
from cnn_core.runtime.export import reproduce_command
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.experiments.question import may_see, open_key
from cnn_core.ui.experiments.recorded import recording_of
from cnn_core.ui.experiments.result import trials_button
from cnn_core.ui.experiments.standing import stands
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.start import open_run
from cnn_core.ui.wording import badge, when

_SHOWN = 20
_FEWEST_SAID = 3


def past_runs(
    lab: Laboratory, experiment: Experiment, opened: RunRecord | None, chosen: str
) -> None:
    """Draw what was said before all runs, the newest runs with a way into each, and this one.

    Args:
        lab: for the runs.
        experiment: whose runs.
        opened: the run that is open, None while the recorded one is.
        chosen: id of the chosen answer: before one is, nobody is told what the others said.
    """
    runs = lab.store.list(recipe=experiment.id)
    if opened is not None:
        this_run(lab, opened)
    _recorded_row(experiment, opened)
    if not runs:
        st.markdown("Nobody has run this experiment on this machine yet.")
        return
    me = owner_id()
    if may_see(experiment, opened, chosen) and (sentence := said_by_all(experiment, runs)):
        st.markdown(sentence)
    for run in runs[:_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center"):
            whose = "" if run.owner == me else " · somebody else's"
            st.markdown(
                f"{plain_markdown(run.name)} {badge(run)} :small[{when(run.created)}{whose}]",
                width="stretch",
            )
            current = opened is not None and run.id == opened.id
            if st.button(
                "Open this run" if not current else "It is open",
                icon=":material/open_in_new:",
                disabled=current,
                key=f"open-{run.id}",
            ):
                open_run(lab, run.id)
    if len(runs) > _SHOWN:
        st.caption(f"The newest {_SHOWN} of {len(runs)}; the page Runs has them all.")


def _recorded_row(experiment: Experiment, opened: RunRecord | None) -> None:
    """Draw the way back to the recorded run, which an own run has taken the place of."""
    found = recording_of(experiment)
    if found is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"The recorded study :small[{plural(len(found.trials.seeds), 'seed')}, "
            f"{found.recording.date}]",
            width="stretch",
        )
        st.button(
            "Open the recorded study" if opened is not None else "It is open",
            icon=":material/history:",
            disabled=opened is None,
            key=f"open-recorded-{experiment.id}",
            on_click=_open_recorded,
            args=(experiment,),
        )


@guarded
def _open_recorded(experiment: Experiment) -> None:
    """Leave the open run, so that the recorded one stands in its place; a callback."""
    st.query_params.pop("run", None)
    st.session_state.pop(open_key(experiment), None)


def said_by_all(experiment: Experiment, runs: Sequence[RunRecord]) -> str:
    """Return how many said what before their first run, a person once; "" if fewer than three.

    Of two people each would know what the other said.
    """
    first = {run.owner: run.provenance[SAID] for run in runs if SAID in run.provenance}
    counts = Counter(first.values())
    if len(first) < _FEWEST_SAID:
        return ""
    parts = [
        f"{counts[answer.id]} × {answer.text}" for answer in experiment.answers if counts[answer.id]
    ]
    return f"What {len(first)} people said before their first run here: {'; '.join(parts)}"


def this_run(lab: Laboratory, run: RunRecord) -> None:
    """Draw a run's settings, the command that repeats it, and its trials as a file."""
    with st.container(border=True):
        try:
            experiment, chosen = chosen_of(run)
        except CnnLabError as error:
            st.markdown(plain_markdown(error.message))
            return
        trials = stands(lab, run.id).trials
        done = f"{len(trials.done):,} of {len(experiment.plan(chosen)):,} trials are done"
        device = run.provenance.get("processor", run.device)
        st.markdown(f"**{plain_markdown(experiment.title)}** {done}, on {plain_markdown(device)}.")
        st.caption(plain_markdown(f"{settings_words(experiment, chosen)}."))
        command = reproduce_command(run)
        if command:
            st.code(command, language=None, wrap_lines=True)
        if trials.done:
            trials_button(experiment, trials, f"of-{run.id}")


def settings_words(experiment: Experiment, chosen: ExperimentSettings) -> str:
    """Return the settings in a line, each by its title."""
    parts = []
    for name, (_, about) in fields_of(type(chosen)).items():
        value = getattr(chosen, name)
        values = value if isinstance(value, tuple) else (value,)
        words = ", ".join(experiment.names.get(str(each), str(each)) for each in values)
        if words:
            parts.append(f"{about.title}: {words}")
    return "; ".join(parts)
