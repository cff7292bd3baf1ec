"""Work on films as the page sees it: a session has one piece at a time; how far it is; its end."""

from collections.abc import Callable, Mapping

import streamlit as st

from cnn_core.charts.wording import seconds
from cnn_core.errors import CnnLabError, RunStateError
from cnn_core.runtime.film_jobs import FilmJob, FilmJobState, job_seconds_left, job_share
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.wording import about
from cnn_core.ui.xray.state import open_films

JOB = "xray-job"
_FAULT, _REFUSED = "xray-fault", "xray-refused"
_POLL_SECONDS = 0.5
_OPENS = {"bring": "Films", "phantoms": "Naive or honest"}


def start_work(
    lab: Laboratory,
    title: str,
    work: Mapping[str, object],
    *,
    finally_: Callable[[], None] = lambda: None,
) -> None:
    """Begin a piece of work; say that it was not, if this session is at one. For callbacks, too.

    Args:
        lab: this server's.
        title: for a person.
        work: what is to be done, as `runtime.film_worker` says.
        finally_: called when it has ended, however that was.
    """
    under_way = work_under_way()
    if under_way is not None:
        finally_()
        st.session_state[_REFUSED] = RunStateError(
            f"{title} was not begun: {under_way.title} is still under way.",
            hint="Wait for its end or stop it, then ask again; an upload has to be sent again.",
        )
        return
    st.session_state.pop(_FAULT, None)
    st.session_state.pop(_REFUSED, None)
    st.session_state[JOB] = FilmJob(lab.settings, title, work, finally_=finally_)


def work_under_way() -> FilmJob | None:
    """Return what this session is at, None if it is at nothing."""
    found: FilmJob | None = st.session_state.get(JOB)
    return found


def settle_work() -> None:
    """Open what has come in, or keep what went wrong: before anything is drawn."""
    job = work_under_way()
    if job is None:
        return
    state = job.state()
    if state.running:
        return
    del st.session_state[JOB]
    if state.error is not None:
        st.session_state[_FAULT] = state.error
    if state.film_set:
        open_films(state.film_set, _OPENS[job.kind] if state.done else "Films")


def say_what_failed() -> None:
    """Draw why the last work on films failed, if it did, and what was not begun beside other."""
    for key in (_FAULT, _REFUSED):
        fault: CnnLabError | None = st.session_state.get(key)
        if fault is not None:
            show_error(fault)


def work_failed() -> bool:
    """Whether the last piece of work failed, and nothing was begun since."""
    return st.session_state.get(_FAULT) is not None


def watch_work() -> None:
    """Draw the progress of what is under way, if anything is."""
    job = work_under_way()
    if job is not None:
        _watch(job)


@st.fragment(run_every=_POLL_SECONDS)
@guarded
def _watch(job: FilmJob) -> None:
    state = job.state()
    if not state.running:
        st.rerun()
    with st.container(border=True):
        words = f"{plain_markdown(job.title)}. {plain_markdown(progress_words(state))}"
        st.progress(job_share(state), text=words)
        st.button("Stop", icon=":material/stop:", on_click=job.stop, key="stop-film-work")


def progress_words(state: FilmJobState) -> str:
    """Return where the work stands in words: the stage, how many of how many, how long yet.

    >>> from cnn_core.results.films import FilmProgress
    >>> now = FilmProgress(stage="Reading films", done=100, total=400, seconds=10, seconds_left=31)
    >>> progress_words(FilmJobState(running=True, waiting=False, progress=now, seconds=10.0))
    'Reading films: 100 of 400, about 30 s left'
    """
    if state.waiting:
        return "Waiting: other films are being worked on"
    progress = state.progress
    words = progress.stage
    if progress.total > 1:
        words += f": {progress.done:,} of {progress.total:,}"
    left = job_seconds_left(state)
    if left is not None:
        return f"{words}, {about(left)} left"
    return f"{words}, {seconds(state.seconds)} so far" if state.seconds > 1 else words
