"""The page put together: controls above, the run in question below, a tab for each question."""

from typing import Any

import streamlit as st

from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.ui.boundary import error_boundary
from cnn_core.ui.first_draw import let_browser_draw
from cnn_core.ui.googlenet.start import RECIPE, render_controls
from cnn_core.ui.lab import Laboratory, laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.training.asked_for import asked_for

_OPEN = "googlenet-open-run"
TAB = "gn-view"
_SECTION = "gn-curves"
_SECTIONS = {"reading": "Reading", "change": "Try one change", "layers": "Layers"}
TABS = ("Learning", "Curves", "Compare modes", "Mistakes", "About")


def render_googlenet() -> None:
    """Draw the page."""
    st.title("GoogLeNet · CIFAR-10", anchor=False)
    lab = laboratory()
    render_controls(lab)
    let_browser_draw()
    _panel(lab, asked_for(lab, _OPEN, RECIPE))


def _panel(lab: Laboratory, record: RunRecord | None) -> None:
    # Charts bring pandas and plotly, half a second: after the controls are on the screen.
    from cnn_core.ui.googlenet.recorded import choose_recorded
    from cnn_core.ui.training.group import group_header, group_of
    from cnn_core.ui.training.live import run_header

    group: list[RunRecord] = []
    recorded = None
    if record is None:
        recorded = choose_recorded()
    else:
        group = group_of(lab, record)
        if len(group) > 1:
            alone = group_header(lab, group)
            record, group = (alone, [alone]) if alone else (record, group)
        else:
            run_header(lab, record)
    bind: Any = "query-params"
    tabs = st.tabs(TABS, key=TAB, on_change="rerun", bind=bind)
    for name, tab in zip(TABS, tabs, strict=True):
        if tab.open:
            with tab, error_boundary(f"tab {name}"):
                _view(name, lab, record, group, recorded)


def _view(
    name: str,
    lab: Laboratory,
    record: RunRecord | None,
    group: list[RunRecord],
    recorded: Studied | None,
) -> None:
    """Draw one tab; of a group all seeds where they can be shown together, else the run's own."""
    if name == "Compare modes":
        from cnn_core.ui.curves.modes import modes_panel

        modes_panel(lab, RECIPE)
    elif record is None:
        _without_run(name, lab, recorded)
    else:
        _of_run(name, lab, record, group)


def _without_run(name: str, lab: Laboratory, recorded: Studied | None) -> None:
    """Draw a tab of the recorded run that stands for one of the person's own."""
    from cnn_core.ui.curves.reading import reading_panel
    from cnn_core.ui.googlenet.recorded import recorded_learning

    if recorded is None or name in ("Mistakes", "About"):
        st.markdown("Train a network first: this shows what came of a run.")
    elif name == "Learning":
        recorded_learning(recorded)
    else:
        reading_panel(lab, recorded)


def _of_run(name: str, lab: Laboratory, record: RunRecord, group: list[RunRecord]) -> None:
    from cnn_core.ui.curves.studied import studied_runs
    from cnn_core.ui.googlenet.mistakes import mistakes_view
    from cnn_core.ui.training.about import about_view
    from cnn_core.ui.training.group import group_panel
    from cnn_core.ui.training.live import live_panel

    several = len(group) > 1
    if several and name == "Mistakes":
        st.caption(f"Of seed {record.config.seed}: choose another one above.")
    if name == "Learning" and several:
        group_panel(lab, group, "Learning")
    elif name == "Learning":
        live_panel(lab, record, "Learning")
    elif name == "Curves":
        _curves(lab, studied_runs(lab, group))
    elif name == "Mistakes":
        mistakes_view(lab, record)
    else:
        about_view(lab, record, [run.config.seed for run in group] if several else ())


def _curves(lab: Laboratory, studied: Studied) -> None:
    """Draw what the curves say, the change to try, or the layers."""
    from cnn_core.ui.curves.counter import counter_panel
    from cnn_core.ui.curves.layers import layers_panel
    from cnn_core.ui.curves.reading import reading_panel

    linked_choice(_SECTION, tuple(_SECTIONS), "reading")
    section = st.segmented_control(
        "About",
        list(_SECTIONS),
        format_func=_SECTIONS.__getitem__,
        required=True,
        key=_SECTION,
        label_visibility="collapsed",
        persist_state="session",
    )
    panels = {"reading": reading_panel, "change": counter_panel, "layers": layers_panel}
    panels[section or "reading"](lab, studied)
