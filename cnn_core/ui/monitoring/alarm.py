"""The view "Try the alarm": synthetic films that change from one on, and when that is noticed.

It works on a bare machine, and beside real traffic: nothing of it is written to the log.
"""

import streamlit as st

from cnn_core.data.films.shifts import KINDS, SHIFTS, ShiftKind
from cnn_core.results.monitoring import WINDOW
from cnn_core.runtime.alarm_trial import AlarmTrial, TrialState
from cnn_core.runtime.drift_simulation import CASES, SHIFT_AT, Simulated
from cnn_core.settings import Settings
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.monitoring.drift import draw_report
from cnn_core.ui.wording import about

_TRIAL = "monitor-trial"
_KIND, _AMOUNT, _BEFORE, _AFTER, _SEED = (
    f"monitor-trial-{name}" for name in ("kind", "amount", "before", "after", "seed")
)
_POLL_SECONDS = 0.5
_MOST = 2_000
_ABOUT_SECONDS = 40
_WHAT = (
    "Synthetic films go through the model for synthetic films, one after the other; from one on "
    "they are altered, as a new machine or a fault would alter them. This shows whether the alarm "
    "goes off, and after how many films. Nothing of it is written to the log of real cases."
)


def alarm_view(settings: Settings) -> None:
    """Draw the view."""
    trial: AlarmTrial | None = st.session_state.get(_TRIAL)
    st.markdown(_WHAT)
    running = trial is not None and trial.state().running
    _controls(settings, running=running)
    if trial is None:
        return
    if running:
        _watch(trial)
        return
    state = trial.state()
    if state.error is not None:
        show_error(state.error)
    elif state.found is not None:
        _result(state.found)
    else:
        st.markdown("The trial was stopped.")


def _controls(settings: Settings, *, running: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind: ShiftKind = st.selectbox(
            "Change",
            KINDS,
            format_func=str.capitalize,
            key=_KIND,
            width=175,
            help="What happens to the films as they come in, before anything is normalised.",
        )
        shift = SHIFTS[kind]
        amount = st.slider(
            "How much",
            min(shift.least, shift.most),
            max(shift.least, shift.most),
            shift.amount,
            key=f"{_AMOUNT}-{kind}",
            width=175,
            help=f"{shift.least:g} changes nothing.",
        )
        before = _films("Films before the change", _BEFORE, SHIFT_AT)
        after = _films("Films after it", _AFTER, CASES - SHIFT_AT)
        seed = st.number_input(
            "Seed",
            0,
            9_999,
            0,
            key=_SEED,
            width=95,
            help="Another seed draws other films and puts them in another order. The same one "
            "gives the same result.",
        )
    st.caption(plain_markdown(shift.sentence))
    st.button(
        "Start the films",
        type="primary",
        icon=":material/play_arrow:",
        key="monitor-trial-start",
        disabled=running,
        on_click=_start,
        args=(settings, kind, amount, before, after, seed),
        help=f"{CASES} films take {about(_ABOUT_SECONDS)} on two cores. The first time, the model "
        "is made ready before, once.",
    )


def _films(label: str, key: str, value: int) -> int:
    return int(
        st.number_input(
            label, WINDOW, _MOST, value, WINDOW, key=key, width=185, help="Whole windows of 100."
        )
    )


@guarded
def _start(
    settings: Settings, kind: ShiftKind, amount: float, before: int, after: int, seed: int
) -> None:
    trial: AlarmTrial | None = st.session_state.get(_TRIAL)
    if trial is not None:
        trial.stop()
    st.session_state[_TRIAL] = AlarmTrial(
        settings, kind, amount, cases=before + after, shift_at=before, seed=seed
    )


@st.fragment(run_every=_POLL_SECONDS)
@guarded
def _watch(trial: AlarmTrial) -> None:
    state = trial.state()
    if not state.running:
        st.rerun()
    with st.container(border=True):
        share = state.done / state.total if state.total else 0.0
        st.progress(min(1.0, share), text=plain_markdown(progress_words(state)))
        st.button("Stop", icon=":material/stop:", on_click=trial.stop, key="monitor-trial-stop")


def progress_words(state: TrialState) -> str:
    """Return where a trial stands in words."""
    if not state.total:
        return state.stage
    words = f"{state.stage}: {state.done:,} of {state.total:,}"
    return words if state.seconds_left is None else f"{words}, {about(state.seconds_left)} left"


def _result(found: Simulated) -> None:
    st.markdown(f"**{plain_markdown(found.sentence)}**")
    draw_report(found.report, "trial", found.shifted_from)
    st.caption(
        "Synthetic films, drawn now. The dotted line is where the change begins. On radiographs "
        "the same change may be noticed sooner or later."
    )
