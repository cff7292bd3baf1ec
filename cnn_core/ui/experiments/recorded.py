"""The run that was recorded when the project was made: there before the first one of one's own."""

from typing import TYPE_CHECKING

import streamlit as st

from cnn_core.charts.wording import plural
from cnn_core.concepts.experiment import Experiment
from cnn_core.errors import CnnLabError, DataError
from cnn_core.ui.boundary import plain_markdown, show_error
from cnn_core.ui.experiments.parts import ExperimentPage
from cnn_core.ui.experiments.question import hold_back, may_see
from cnn_core.ui.experiments.result import meaning, result

if TYPE_CHECKING:
    from cnn_core.runtime.recorded_experiments import RecordedExperiment


def recording_of(experiment: Experiment) -> "RecordedExperiment | None":
    """Return the recorded run; None if there is none, or it is damaged (which is said)."""
    from cnn_core.runtime.recorded_experiments import recorded_experiment

    try:
        return recorded_experiment(experiment.id)
    except DataError as error:
        show_error(error)
        return None


def recorded_result(page: ExperimentPage, experiment: Experiment, said: str) -> None:
    """Draw the recorded run once an answer was chosen, or when it is asked for without one."""
    found = recording_of(experiment)
    if found is None:
        st.markdown("No run of this experiment is here yet: choose an answer, then Run.")
        return
    _label(found)
    if not may_see(experiment, None, said):
        hold_back(experiment)
        return
    result(page, found.settings, found.trials, said, f"recorded-{experiment.id}")


def recorded_meaning(page: ExperimentPage, experiment: Experiment, said: str) -> None:
    """Draw what the recorded run means, once its result may be seen."""
    found = recording_of(experiment)
    if found is None:
        st.markdown("No run of this experiment is here yet.")
        return
    _label(found)
    if not may_see(experiment, None, said):
        hold_back(experiment, ask_for_it=False)
        return
    meaning(page, found.settings, found.trials, f"recorded-{experiment.id}")


def recorded_verdict(experiment: Experiment) -> str:
    """Return in a line what the recorded run says of the question, "" where there is none."""
    from cnn_core.runtime.recorded_experiments import recorded_experiment

    try:
        found = recorded_experiment(experiment.id)
    except CnnLabError:
        return ""  # a damaged file takes nothing from one's own run; without a run it is said
    if found is None:
        return ""
    reading = experiment.read(found.settings, found.trials)
    was = experiment.answer(reading.answer).rstrip(".") or "not decided either"
    seeds = plural(len(found.trials.seeds), "recorded seed")
    return f"**{seeds}:** {was}. {plain_markdown(reading.headline)}"


def _label(found: "RecordedExperiment") -> None:
    made = found.recording
    st.markdown(
        f":material/history: **A recorded run** of {plural(len(found.trials.seeds), 'seed')} on "
        f"{plain_markdown(made.hardware)}, {made.date}. Press Run to watch your own.",
        help=plain_markdown(f"{made.data.rstrip('.')}. Made by `{made.command}`."),
    )
