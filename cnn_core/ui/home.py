"""Home: a digit to draw at once, the doors to the pages, and what this machine has.

Imports no torch and asks no network: it is the first page a person sees, and it has to be there at
once. The run store is opened last, below everything that does not need it.
"""

import functools
from dataclasses import dataclass

import streamlit as st

from cnn_core.data.datasets import SOURCES, dataset_state
from cnn_core.errors import WeightsError
from cnn_core.models.bundled import bundled_lenet5_path
from cnn_core.runtime.devices import known_devices
from cnn_core.settings import Settings
from cnn_core.ui.boundary import error_boundary, plain_markdown, show_error
from cnn_core.ui.catalog import DEFAULT_SLUG, PAGES, PageRow, page_of_recipe
from cnn_core.ui.digit_lab import BrowserNetwork, browser_network_from_safetensors, digit_lab
from cnn_core.ui.first_draw import let_browser_draw
from cnn_core.ui.wording import badge, score_in_words

_DOORS_A_ROW = 3
_LATEST = 5


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One line of the machine section: what it is, whether it is there, and what to know of it."""

    name: str
    ready: bool
    text: str


def render_home() -> None:
    """Draw the page."""
    st.title("A LeNet-5 reads your digit as you draw it", anchor=False)
    try:
        digit_lab(_bundled_network(), key="home-digit-lab")
    except WeightsError as error:
        show_error(error)
    let_browser_draw()
    _doors([row for row in PAGES if row.slug != DEFAULT_SLUG])
    machine_section()
    with error_boundary("latest runs"):
        _latest_runs()


@functools.cache
def _bundled_network() -> BrowserNetwork:
    """Return the network that comes with the project; read once a process.

    Raises:
        WeightsError: it is missing or damaged (then it is read again next time).
    """
    return browser_network_from_safetensors(bundled_lenet5_path(), "LeNet-5 trained on MNIST")


def _doors(rows: list[PageRow]) -> None:
    """Draw a card a page, with the way in."""
    st.header("Go on from here", anchor=False)
    for first in range(0, len(rows), _DOORS_A_ROW):
        columns = st.columns(_DOORS_A_ROW)
        for row, column in zip(rows[first : first + _DOORS_A_ROW], columns, strict=False):
            with column.container(border=True, height="stretch"):
                st.page_link(row.path, label=f"**{row.title}**", icon=row.icon)
                st.markdown(row.description)


def _latest_runs() -> None:
    """Draw the newest runs with their scores, each a way into its page.

    Raises:
        StorageError: the run store cannot be opened.
    """
    from cnn_core.ui.lab import laboratory  # brings pandas, 0.4 s: after the lab is on the screen

    runs = laboratory().store.list(limit=_LATEST)
    st.header("Latest runs", anchor=False)
    if not runs:
        st.markdown("Nothing has been trained on this machine yet.")
    for run in runs:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                page_of_recipe(run.recipe).path,
                label=plain_markdown(run.name),
                icon=":material/show_chart:",
                query_params={"run": run.id},
            )
            st.markdown(f"{badge(run)} {score_in_words(run)}")


def machine_section() -> None:
    """Draw what this machine has: devices, and the data and weights that need no network."""
    settings = Settings.from_environment()
    st.header("On this machine", anchor=False)
    devices, offline = st.columns([1, 2], gap="medium")
    with devices:
        st.subheader("Devices", anchor=False)
        for device in known_devices(settings.runs):
            memory = f", {device.memory_mib / 1024:.0f} GiB" if device.memory_mib else ""
            st.markdown(f":material/memory: {plain_markdown(device.title + memory)}")
    with offline:
        st.subheader("Data and weights", anchor=False)
        for line in _offline_lines(settings):
            icon = ":material/check_circle:" if line.ready else ":material/cloud_download:"
            st.markdown(f"{icon} **{plain_markdown(line.name)}**: {plain_markdown(line.text)}")


def _offline_lines(settings: Settings) -> list[_Line]:
    path = bundled_lenet5_path()
    lines = [
        _Line(
            name="LeNet-5 (weights)",
            ready=path.is_file(),
            text="Comes with the project." if path.is_file() else "Missing from the project.",
        )
    ]
    for source in SOURCES.values():
        state = dataset_state(source.id, settings.data)
        text = state.message if state.ready else f"{state.message} {state.hint}".strip()
        lines.append(_Line(name=f"{source.title} (data)", ready=state.ready, text=text))
    return lines
