"""The page of an experiment put together: question, answers and Run above, what came of it below.

One run is in front of the person: that of the address bar, or the one that was open before. While
there is none the recorded run stands in its place.
"""

from typing import Any

import streamlit as st

from cnn_core.concepts.experiment import Experiment
from cnn_core.concepts.registry import find_experiment
from cnn_core.errors import UnknownNameError
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.experiments.controls import controls
from cnn_core.ui.experiments.parts import ExperimentPage
from cnn_core.ui.experiments.question import ask, hold_back, may_see, open_key, said_of
from cnn_core.ui.first_draw import let_browser_draw
from cnn_core.ui.lab import Laboratory, laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.asked_for import asked_for

RESULT, MEANING, FACTS, PAST = "Result", "What it means", "Facts and sources", "Past runs"


def render_experiment(page: ExperimentPage) -> None:
    """Draw the page of an experiment."""
    experiment = find_experiment(page.experiment)
    st.title(experiment.title, anchor=False)
    lab = laboratory()
    beside = dict(page.inside)
    elsewhere = _runs_inside(lab, tuple(beside))
    record = _opened(lab, experiment, elsewhere)
    said = _above(lab, page, record)
    let_browser_draw()
    _head(lab, record)
    titles = (RESULT, MEANING, FACTS, *(title for title, _ in page.more), PAST)
    key = f"{experiment.id}-view"
    if elsewhere and key not in st.session_state and key not in st.query_params:
        st.session_state[key] = beside[elsewhere]
    bind: Any = "query-params"
    tabs = st.tabs(titles, key=key, on_change="rerun", bind=bind)
    view = next((name for name, tab in zip(titles, tabs, strict=True) if tab.open), RESULT)
    with tabs[titles.index(view)]:
        _view(lab, page, record, said, view)


def experiment_inside(page: ExperimentPage) -> None:
    """Draw an experiment inside a tab of another's page: controls, and what came of it.

    Its settings stand in the address bar behind its id and a hyphen; its runs as all runs do.
    """
    experiment = find_experiment(page.experiment)
    lab = laboratory()
    given = st.query_params.get("run", "")
    mine = not given or _recipe_of(lab, given) == experiment.id
    record = _opened(lab, experiment, "" if mine else "another's")
    said = _above(lab, page, record, f"{experiment.id}-")
    _head(lab, record)
    _result(lab, page, experiment, record, said)
    if record is not None and not record.active:
        _meaning(lab, page, experiment, record, said)
    with st.expander(PAST, icon=":material/history:"):
        _past(lab, experiment, record, said)


def _above(
    lab: Laboratory, page: ExperimentPage, record: RunRecord | None, prefix: str = ""
) -> str:
    """Draw question and answers beside what is run next; return the chosen answer's id."""
    experiment = find_experiment(page.experiment)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        said = ask(experiment, record)
    with right:
        controls(lab, experiment, said, prefix, page.verb)
    return said


def _runs_inside(lab: Laboratory, inside: tuple[str, ...]) -> str:
    """Return the experiment whose run the address names, if a tab of the page runs it, else ""."""
    given = st.query_params.get("run", "")
    recipe = _recipe_of(lab, given) if given and inside else ""
    return recipe if recipe in inside else ""


def _recipe_of(lab: Laboratory, run_id: str) -> str:
    try:
        return lab.store.get(run_id).recipe
    except UnknownNameError:
        return ""


def _opened(lab: Laboratory, experiment: Experiment, elsewhere: str) -> RunRecord | None:
    """Return the run that is shown; where the address names another's, the one open before."""
    key = open_key(experiment)
    if not elsewhere:
        return asked_for(lab, key, experiment.id)
    run_id = st.session_state.get(key)
    record = lab.store.get(run_id) if run_id else None
    return None if record is None or record.deleted is not None else record


def _head(lab: Laboratory, record: RunRecord | None) -> None:
    if record is None:
        return
    from cnn_core.ui.experiments.live import progress, run_header

    run_header(lab, record)
    progress(lab, record)


def _view(
    lab: Laboratory, page: ExperimentPage, record: RunRecord | None, said: str, view: str
) -> None:
    experiment = find_experiment(page.experiment)
    if view == RESULT:
        _result(lab, page, experiment, record, said)
    elif view == MEANING:
        _meaning(lab, page, experiment, record, said)
    elif view == FACTS:
        page.facts()
        st.caption("  \n".join(plain_markdown(source) for source in experiment.citations))
    elif view == PAST:
        _past(lab, experiment, record, said)
    else:
        dict(page.more)[view]()


def _past(lab: Laboratory, experiment: Experiment, record: RunRecord | None, said: str) -> None:
    from cnn_core.ui.experiments.past import past_runs

    past_runs(lab, experiment, record, said)


def _result(
    lab: Laboratory,
    page: ExperimentPage,
    experiment: Experiment,
    record: RunRecord | None,
    said: str,
) -> None:
    # Charts bring pandas and plotly: after the controls are on the screen.
    from cnn_core.runtime.experiments import chosen_of
    from cnn_core.ui.experiments.live import live_result
    from cnn_core.ui.experiments.recorded import recorded_result, recorded_verdict
    from cnn_core.ui.experiments.result import result
    from cnn_core.ui.experiments.standing import stands

    if record is None:
        recorded_result(page, experiment, said)
    elif not may_see(experiment, record, said):
        hold_back(experiment)
    elif record.active:
        live_result(lab, page, record)
    else:
        trials = stands(lab, record.id, now=True).trials
        _, chosen = chosen_of(record)
        if trials.done:
            before = said_of(experiment, record, said)
            result(page, chosen, trials, before, record.id, now=said, study=recorded_verdict)
        else:
            st.markdown(_ended_without(record))


def _ended_without(record: RunRecord) -> str:
    """Return what there is to say and to do of a run that has no trial."""
    ended = "It ended before its first trial was done."
    if record.resumable and record.owner == owner_id():
        return f"{ended} **Resume the experiment**, above, runs it from there."
    return f"{ended} Choose an answer above and run your own."


def _meaning(
    lab: Laboratory,
    page: ExperimentPage,
    experiment: Experiment,
    record: RunRecord | None,
    said: str,
) -> None:
    from cnn_core.runtime.experiments import chosen_of
    from cnn_core.ui.experiments.recorded import recorded_meaning
    from cnn_core.ui.experiments.result import meaning
    from cnn_core.ui.experiments.standing import stands

    if record is None:
        recorded_meaning(page, experiment, said)
        return
    if not may_see(experiment, record, said):
        hold_back(experiment, ask_for_it=False)
        return
    _, chosen = chosen_of(record)
    meaning(page, chosen, stands(lab, record.id, now=not record.active).trials, record.id)
