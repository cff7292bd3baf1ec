"""The worklist: progress, filters and the table of films; a row that is chosen opens its case."""

import hashlib
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from cnn_core.charts.triage_words import ROUTINE_IS
from cnn_core.charts.wording import plural, seconds
from cnn_core.results.worklist import Case, WorklistProgress
from cnn_core.results.worklist_rows import (
    FILTERS,
    Filter,
    decision_words,
    filtered,
    kept_in_place,
    kind_of,
    model_words,
    ordered,
    other_models,
    reason_words,
    reviewed,
    score_words,
)
from cnn_core.ui.boundary import guarded
from cnn_core.ui.triage.model_choice import judge_on_top, others_stand_under
from cnn_core.ui.triage.review import is_blind
from cnn_core.ui.triage.state import Desk, close_case, open_case, open_id

_FILTER, _TEXT, _TABLE = "triage-filter", "triage-text", "triage-table"
_ORDER, _SHOWN = "triage-order", "triage-shown"
_TICK_SECONDS, _FIRST_SECONDS = 1.0, 0.25  # the first film is waited for
_ROW, _MOST_PIXELS = 35, 460
_OTHER, _MARKED_PIXELS = " †", 100
_MARKS = {
    "refused": "■ refused",
    "refer": "▲ refer",
    "routine": "○ routine",
    "failed": "× failed",
    "to read": "… to read",
}


def worklist_panel(desk: Desk, chosen: Case | None) -> None:
    """Draw the panel; while films wait it looks once a second, and the rest of the page rests.

    Args:
        desk: what the page shares.
        chosen: the open case.
    """
    active = desk.worklist.progress().seconds_left is not None or _working(desk)

    tick = _TICK_SECONDS if chosen is not None else _FIRST_SECONDS

    @st.fragment(run_every=tick if active else None)
    @guarded
    def live() -> None:
        progress = desk.worklist.progress()
        working = progress.done < progress.total
        cases = desk.worklist.cases()
        ready = chosen is None and any(case.status == "done" for case in cases)
        elsewhere = chosen is not None and open_id() not in ("", chosen.id)
        if (active and not working) or (active and ready) or elsewhere or not cases:
            st.rerun()  # the rest of the page has something else to show
        _draw(desk, chosen, progress)

    live()


def _working(desk: Desk) -> bool:
    progress = desk.worklist.progress()
    return progress.done < progress.total


def _draw(desk: Desk, chosen: Case | None, progress: WorklistProgress) -> None:
    cases = desk.worklist.cases()
    blind = is_blind()
    if not blind:  # the table shows every decision: a label from now on is not blind
        for case in cases:
            if case.tried is not None and not case.seen:
                desk.worklist.see(case.id)
    if progress.done < progress.total:
        share = progress.done / progress.total
        st.progress(share, text=progress_words(progress))
        st.button("Stop", icon=":material/stop:", key="triage-stop", on_click=_cancel, args=(desk,))
    st.caption(f"{summary(cases, blind=blind)} {ROUTINE_IS}")
    _filters(cases, blind=blind)
    wanted: Filter = st.session_state.get(_FILTER) or "all"
    text = str(st.session_state.get(_TEXT, ""))
    in_order = _in_order(cases, blind=blind, working=progress.done < progress.total)
    shown = filtered(in_order, wanted, text, blind=blind)
    st.session_state[_SHOWN] = [case.id for case in shown]
    if shown:
        _table(shown, chosen, desk.model.sha256 if desk.model else None, blind=blind)
        top = judge_on_top(desk, chosen)
        if other_models(shown, desk.model.sha256 if desk.model else None):
            st.caption(f"{_OTHER.strip()} by another model than the one that is chosen now.")
        others_stand_under(other_models(shown, top.sha256 if top else None).values())
    else:
        st.info("No film is under this filter.", icon=":material/filter_alt:")
    _actions(desk, cases)


def _in_order(cases: Sequence[Case], *, blind: bool, working: bool) -> tuple[Case, ...]:
    """Return the films as they are listed: none moves under a hand while others are read."""
    was_blind, before = st.session_state.get(_ORDER, (blind, ()))
    listed = ordered(cases, blind=blind)
    if working and was_blind == blind:
        listed = kept_in_place(listed, before)
    st.session_state[_ORDER] = blind, tuple(case.id for case in listed)
    return listed


def neighbour(desk: Desk, case_id: str, step: int) -> str | None:
    """Return the film so many places below the one that is open, None where there is none.

    Of those that are listed; of all, where the open one is not among them.
    """
    ids = st.session_state.get(_SHOWN, [])
    if case_id not in ids:
        ids = [case.id for case in ordered(desk.worklist.cases(), blind=is_blind())]
    place = ids.index(case_id) + step if case_id in ids else -1
    return ids[place] if 0 <= place < len(ids) else None


def progress_words(progress: WorklistProgress) -> str:
    """Return how far the work has come.

    >>> progress_words(WorklistProgress(done=3, total=200, seconds_left=41.0))
    'Read 3 of 200 films, about 41 s left'
    >>> progress_words(WorklistProgress(done=0, total=2, ahead=2))
    'Read 0 of 2 films; 2 films of others come in turn'
    """
    words = f"Read {progress.done:,} of {plural(progress.total, 'film')}"
    if progress.ahead:
        words += f"; {plural(progress.ahead, 'film')} of others come in turn"
    if progress.seconds_left is not None:
        words += f", about {seconds(max(1.0, progress.seconds_left))} left"
    return words


def summary(cases: Sequence[Case], *, blind: bool) -> str:
    """Return what is on the list: "12 films: 2 refused, 4 refer, 6 routine."."""
    counts: dict[str, int] = {}
    for case in cases:
        kind = FILTERS[kind_of(case, blind=blind)].lower()
        counts[kind] = counts.get(kind, 0) + 1
    said = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return f"{plural(len(cases), 'film')}: {said}."


def _filters(cases: Sequence[Case], *, blind: bool) -> None:
    there = {kind_of(case, blind=blind) for case in cases}
    there |= {"labelled"} if any(case.label for case in cases) else set()
    there |= {"to-read"} if any(_to_read(case, blind=blind) for case in cases) else set()
    options = [each for each in FILTERS if each == "all" or each in there]
    if st.session_state.get(_FILTER) not in options:
        st.session_state[_FILTER] = "all"
    st.segmented_control(
        "Show", options, format_func=FILTERS.__getitem__, key=_FILTER, required=True
    )
    st.text_input("Find in names, notes and labels", key=_TEXT, placeholder="part of a name")


def _to_read(case: Case, *, blind: bool) -> bool:
    return reviewed(case, blind=blind) and not case.label


def _table(shown: Sequence[Case], chosen: Case | None, model: str | None, *, blind: bool) -> None:
    """Draw the films; those that another model than `model` judged are marked."""
    frame = pd.DataFrame(
        {
            "decision": [
                _MARKS.get(words := decision_words(case, blind=blind), words)
                + (_OTHER if model_words(case, model) else "")
                for case in shown
            ],
            "film": [case.name for case in shown],
            "reason": [reason_words(case, blind=blind) for case in shown],
            "label": [case.label for case in shown],
            "score": [score_words(case, blind=blind) for case in shown],
        }
    )
    others = other_models(shown, model)
    if others:
        frame["model"] = [model_words(case, model) for case in shown]
    ids = [case.id for case in shown]
    row = [ids.index(chosen.id)] if chosen is not None and chosen.id in ids else []
    key = table_key(ids)
    st.session_state[key] = {"selection": {"rows": row}}
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        on_select=partial(_open_row, key, ids),
        selection_mode="single-row",
        height=min(_ROW * (len(frame) + 1) + 3, _MOST_PIXELS),
        column_config={
            "decision": st.column_config.TextColumn(width=_MARKED_PIXELS if others else "small"),
            "film": st.column_config.TextColumn(width="medium"),
            "reason": st.column_config.TextColumn(width="large"),
            "score": st.column_config.TextColumn(
                help="Triage score at the shares of the classes that the model was calibrated on; "
                "of a film in review only once it is labelled."
            ),
            "model": st.column_config.TextColumn(
                help="Named where it is not the one that is chosen now."
            ),
        },
        alt="Decision, file, reason, reviewer's label and score of each film.",
    )


def table_key(ids: Sequence[str]) -> str:
    """Return the key of the table of these films: a row that was clicked in another means nothing.

    A click that comes when the list has changed is a click on a table that is gone.
    """
    return f"{_TABLE}-{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:16]}"


@guarded
def _open_row(key: str, ids: Sequence[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(ids):
        open_case(ids[rows[0]])


@guarded
def _cancel(desk: Desk) -> None:
    desk.worklist.cancel()


@guarded
def _clear(desk: Desk) -> None:
    desk.worklist.clear()
    for kept in (_ORDER, _SHOWN):
        st.session_state.pop(kept, None)
    close_case()


@guarded
def _retry(desk: Desk) -> None:
    desk.worklist.retry()


def _actions(desk: Desk, cases: Sequence[Case]) -> None:
    failed = sum(case.status == "failed" and case.retriable for case in cases)
    with st.container(horizontal=True):
        if failed:
            st.button(
                f"Try {plural(failed, 'failed film')} again",
                icon=":material/refresh:",
                key="triage-retry",
                on_click=_retry,
                args=(desk,),
            )
        with st.popover("Clear the worklist", icon=":material/delete:"):
            st.markdown(
                "All films, labels and notes of this list go from the server's memory. Of films "
                "whose decision was seen a digest stays for up to eight hours after the last look: "
                "brought again, they are not read blind."
            )
            st.button("Clear it", key="triage-clear", on_click=_clear, args=(desk,))
