"""Which triage model is asked: chosen, made ready once, and what stands under all that it says."""

from collections.abc import Iterable

import streamlit as st

from cnn_core.charts.wording import plural
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


def synthetic_choice(desk: Desk) -> TriageChoice | None:
    """Return the model that synthetic films are shown to, None where there is none.

    Which model is chosen for what comes next is left as it is.
    """
    if desk.choice.synthetic:
        return desk.choice
    return next((choice for choice in desk.choices if choice.synthetic), None)


def watch_preparing(desk: Desk) -> None:
    """Draw what becomes of the chosen model, and of every other that films wait for."""
    by_id = {choice.id: choice for choice in desk.choices}
    waiting = desk.worklist.parked()
    watched = [desk.choice.id] if desk.model is None else []
    for choice_id in dict.fromkeys((*watched, *waiting)):
        title = by_id[choice_id].title if choice_id in by_id else ""
        _watch_one(desk, choice_id, title, waiting.get(choice_id, 0))


def _watch_one(desk: Desk, choice_id: str, title: str, waiting: int) -> None:
    """Draw how a model is made ready, that it failed, and the films that wait for it."""
    state = preparing(desk.settings, choice_id)
    running = state is not None and state.running
    if state is not None and state.error is not None and not running:
        show_error(state.error)
    if running:
        _watch(desk.settings, choice_id, title)
    if waiting:
        st.caption(waiting_words(waiting, title))
    with st.container(horizontal=True):
        if title and not running and (waiting or (state is not None and state.error is not None)):
            st.button(
                "Try to make it ready again" if state is not None else "Make it ready",
                icon=":material/refresh:",
                key=f"triage-ready-{choice_id}",
                on_click=start_preparing,
                args=(desk.settings, choice_id),
            )
        if waiting:
            st.button(
                f"Let {plural(waiting, 'film')} go",
                icon=":material/delete:",
                key=f"triage-let-go-{choice_id}",
                on_click=desk.worklist.let_parked_go,
                args=(choice_id,),
            )


def waiting_words(count: int, title: str) -> str:
    """Return how many films wait for a model.

    >>> waiting_words(1, "")
    '1 film waits for a model that is gone.'
    """
    model = f"the model “{plain_markdown(title)}”" if title else "a model that is gone"
    return f"{plural(count, 'film')} {'waits' if count == 1 else 'wait'} for {model}."


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
