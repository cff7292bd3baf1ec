"""What the page's tabs share: the pictures that are open, and what was decided of them.

The address bar names the pictures (`?pictures=`) and the run (`?run=`). What was decided is kept by
snapshot, a step for each click, so that each can be undone; a file keeps it between visits. A run
belongs to the pictures that it was trained on: opening a run opens these, opening other pictures
closes it.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import CnnLabError
from cnn_core.results.pictures import Decision, Plan, Selection, Snapshot
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.kept_decisions import read_steps, write_steps
from cnn_core.settings import Settings
from cnn_core.training.recipes import OWN_PICTURES
from cnn_core.ui.boundary import show_error
from cnn_core.ui.owner import owner_id

PICTURES, RUN, TAB = "pictures", "run", "step"
TABS = ("Pictures", "Training", "Result", "Try it", "Take away", "About")
_OPEN, OPEN_RUN = "own-pictures-open", "own-pictures-run"
_DECIDED = "own-pictures-decided"

Step = tuple[Decision, ...]


@dataclass(kw_only=True)
class _Decided:
    """What a session knows of one snapshot: its steps, and whether duplicates are grouped.

    Once a person has decided, or taken back, something (`own`), no run's decisions replace it.
    """

    steps: list[Step]
    grouped: bool = True
    own: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Chosen:
    """The pictures that are open, with what this person decided of them.

    Attributes:
        store: where they are.
        snapshot: the pictures.
        decisions: in the order in which they were made.
        grouped: whether near-duplicates stay on one side of the split.
    """

    store: PictureStore
    snapshot: Snapshot
    decisions: tuple[Decision, ...]
    grouped: bool

    @property
    def selection(self) -> Selection:
        """What a run would train on."""
        return Selection(snapshot=self.snapshot.id, decisions=self.decisions, grouped=self.grouped)


def picture_store(settings: Settings) -> PictureStore:
    """Return the store of pictures, one for all sessions of this server."""
    return _store(settings.pictures)


@functools.lru_cache(maxsize=8)
def _store(home: Path) -> PictureStore:
    return PictureStore(home)


def chosen_pictures(settings: Settings, record: RunRecord | None) -> Chosen | None:
    """Return the pictures of the open run, else those that the address bar or the session names.

    None if there are none; pictures that are not here are said to be missing.

    Args:
        settings: for the home of the pictures.
        record: the open run, of this page's recipe; None if none is open.
    """
    store = picture_store(settings)
    try:
        plan = None if record is None else plan_of(store, record)
        name = plan.snapshot if plan else st.query_params.get(PICTURES)
        name = name or st.session_state.get(_OPEN)
        if not name:
            return None
        snapshot = store.load(name)
    except CnnLabError as error:
        show_error(error)
        st.session_state.pop(_OPEN, None)
        return None
    if plan is not None and not _of(snapshot.id).own and not _of(snapshot.id).steps:
        # Nothing of one's own: what the run was trained with is where to go on from.
        _of(snapshot.id).steps = [plan.decisions] if plan.decisions else []
        _of(snapshot.id).grouped = plan.grouped
    st.session_state[_OPEN] = snapshot.id
    if st.query_params.get(PICTURES) != snapshot.id:
        st.query_params[PICTURES] = snapshot.id
    return chosen_now(store, snapshot)


def chosen_now(store: PictureStore, snapshot: Snapshot) -> Chosen:
    """Return the pictures with what is decided of them at this moment."""
    return Chosen(
        store=store,
        snapshot=snapshot,
        decisions=decisions_of(snapshot.id),
        grouped=_of(snapshot.id).grouped,
    )


def plan_of(store: PictureStore, record: RunRecord) -> Plan | None:
    """Return what a run of this page's recipe saw; None for any other run.

    Raises:
        DataError: its file is no longer there.
    """
    if record.dataset.source != OWN_PICTURES:
        return None
    return store.load_plan(Path(record.dataset.location))


def open_pictures(snapshot_id: str) -> None:
    """Open other pictures; a run on others is closed. For callbacks, and before `st.rerun`."""
    st.session_state[_OPEN] = snapshot_id
    st.query_params[PICTURES] = snapshot_id
    close_run()
    show_tab("Pictures")


def close_run() -> None:
    """Close the run that is open: the page is of the next one again."""
    st.session_state.pop(OPEN_RUN, None)
    st.query_params.pop(RUN, None)


def open_run(run_id: str, tab: str = "Training") -> None:
    """Open a run in one of the tabs. For callbacks, and before `st.rerun`."""
    st.session_state[OPEN_RUN] = run_id
    st.query_params[RUN] = run_id
    show_tab(tab)


def show_tab(tab: str) -> None:
    """Have the next drawing of the page open this tab, one of `TABS`. For callbacks alone."""
    st.session_state[TAB] = tab


def decisions_of(snapshot_id: str) -> tuple[Decision, ...]:
    """Return what was decided, in order."""
    return tuple(decision for step in _of(snapshot_id).steps for decision in step)


def steps_of(snapshot_id: str) -> tuple[Step, ...]:
    """Return what was decided, a step for each click, in order."""
    return tuple(_of(snapshot_id).steps)


def decide(snapshot_id: str, decisions: Sequence[Decision]) -> None:
    """Keep decisions that were made with one click; `undo` takes them back together.

    Raises:
        StorageError: they hold now, but cannot be kept between visits.
    """
    if decisions:
        _of(snapshot_id).steps.append(tuple(decisions))
        _keep(snapshot_id)


def undo(snapshot_id: str) -> None:
    """Take the last step back.

    Raises:
        StorageError: as `decide`.
    """
    if _of(snapshot_id).steps:
        _of(snapshot_id).steps.pop()
        _keep(snapshot_id)


def set_grouped(snapshot_id: str, grouped: bool) -> None:
    """Choose whether near-duplicates of these pictures stay on one side of the split.

    Raises:
        StorageError: as `decide`.
    """
    _of(snapshot_id).grouped = grouped
    _keep(snapshot_id)


def _of(snapshot_id: str) -> _Decided:
    """Return what this session knows of a snapshot, at first what the last visit left."""
    known: dict[str, _Decided] = st.session_state.setdefault(_DECIDED, {})
    if snapshot_id not in known:
        kept = read_steps(Settings.from_environment().pictures, snapshot_id, owner_id())
        steps, grouped = kept or ([], True)
        known[snapshot_id] = _Decided(steps=steps, grouped=grouped, own=kept is not None)
    return known[snapshot_id]


def _keep(snapshot_id: str) -> None:
    now = _of(snapshot_id)
    now.own = True
    home = Settings.from_environment().pictures
    write_steps(home, snapshot_id, owner_id(), now.steps, grouped=now.grouped)
