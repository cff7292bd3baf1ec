"""Which triage model is asked: chosen, made ready once, and what stands under all that it says."""

from collections.abc import Iterable, Sequence

import streamlit as st

from cnn_core.errors import CnnLabError
from cnn_core.results.worklist import Case, Judge
from cnn_core.runtime.triage_judge import judge_of
from cnn_core.runtime.triage_models import TriageChoice, model_for, triage_choices
from cnn_core.settings import Settings
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.owner import owner_id
from cnn_core.ui.triage.preparing import preparing, preparing_words, start_preparing
from cnn_core.ui.triage.state import Desk, my_worklist
from cnn_core.ui.xray.verdict import first_and_under

MODEL = "tr-model"
"""Names the chosen model in the address bar."""
_POLL_SECONDS = 0.5
_ONCE = "Once on this machine, about half a minute. Films that come before wait for it."


def open_desk(settings: Settings) -> Desk:
    """Return what the parts of the page share, with the model that the address bar names.

    Raises:
        CnnLabError: the worklists, or the models, cannot be opened.
    """
    choices = triage_choices(settings, owner_id())
    ids = [choice.id for choice in choices]
    chosen = linked_choice(MODEL, ids, ids[0])
    choice = next(each for each in choices if each.id == chosen)
    model = None
    if choice.ready:
        try:
            model = model_for(settings, choice.id)
        except CnnLabError as error:
            show_error(error)
            choices = triage_choices(settings, owner_id())  # a damaged one is no longer ready
            choice = next(each for each in choices if each.id == chosen)
    return Desk(
        settings=settings,
        worklist=my_worklist(settings),
        choices=tuple(choices),
        choice=choice,
        model=model,
    )


def choose_model(desk: Desk) -> None:
    """Draw the button that names the model, and behind it the others."""
    by_id = {choice.id: choice for choice in desk.choices}

    def named(choice_id: str) -> str:
        """Options of a list are plain text, never Markdown."""
        choice = by_id[choice_id]
        drawn = " (synthetic films)" if choice.synthetic else ""
        return f"{choice.title}{drawn}" + ("" if choice.ready else ", not ready yet")

    with st.popover("Model", icon=":material/network_node:", width="content"):
        st.selectbox(
            "Triage model", list(by_id), key=MODEL, format_func=named, persist_state="session",
            help="Films that come from now on are shown to this model; those that are on the "
            "worklist stay as they were judged.",
        )  # fmt: skip
        if not desk.choice.ready:
            st.button(
                "Make it ready now",
                icon=":material/download_done:",
                on_click=start_preparing,
                args=(desk.settings, desk.choice.id),
                disabled=_under_way(desk),
            )
            st.caption(_ONCE)


def _under_way(desk: Desk) -> bool:
    state = preparing(desk.settings, desk.choice.id)
    return state is not None and state.running


def choose_synthetic(choices: Sequence[TriageChoice]) -> TriageChoice | None:
    """Choose the model for synthetic films and return it, None where there is none; a callback."""
    found = next((choice for choice in choices if choice.synthetic), None)
    if found is not None:
        st.session_state[MODEL] = found.id
    return found


def watch_preparing(desk: Desk) -> None:
    """Draw the making of the chosen model, if it is under way or failed."""
    state = preparing(desk.settings, desk.choice.id)
    if state is None or desk.model is not None:
        return
    if state.running:
        _watch(desk.settings, desk.choice.id, desk.choice.title)
    elif state.error is not None:
        show_error(state.error)
        st.button(
            "Try to make it ready again",
            icon=":material/refresh:",
            on_click=start_preparing,
            args=(desk.settings, desk.choice.id),
        )


@st.fragment(run_every=_POLL_SECONDS)
@guarded
def _watch(settings: Settings, choice_id: str, title: str) -> None:
    state = preparing(settings, choice_id)
    if state is None or not state.running:
        st.rerun()
    words = f"Making ready, once: {plain_markdown(title)}. {preparing_words(state)}"
    st.progress(state.done / state.total if state.total else 0.0, text=words)


def judge_on_top(desk: Desk, case: Case | None) -> Judge | None:
    """Return the model whose audit stands on top: that of the open case, else the chosen one."""
    if case is not None and case.judge is not None:
        return case.judge
    return judge_of(desk.model) if desk.model is not None else None


def stands_under(judge: Judge) -> None:
    """Draw what stands with every result of a model: its red audit, and what it was trained on."""
    _synthetic(judge)
    with st.container(gap="xxsmall"):
        first_and_under(judge.result)


def others_stand_under(judges: Iterable[Judge]) -> None:
    """Draw, below a list, what stands with the results of other models that are on it."""
    for judge in judges:
        st.markdown(f"**{plain_markdown(judge.title)}** ({judge.sha256[:8]}):")
        stands_under(judge)


def _synthetic(judge: Judge) -> None:
    if judge.synthetic:
        st.markdown(
            ":gray-badge[:material/draw: synthetic] :small[This model was trained on films that a "
            "program drew: what it says holds for such films alone.]"
        )
