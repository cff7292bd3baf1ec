"""The tab "Films": bring them, see who says what they show, look at them."""

from collections import Counter
from typing import Any

import streamlit as st

from cnn_core.charts.wording import plural
from cnn_core.results.films import MISSING, FilmSet
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.xray.bring import bring, phantom_button
from cnn_core.ui.xray.gallery import film_gallery
from cnn_core.ui.xray.state import Chosen, show_tab
from cnn_core.ui.xray.work import say_what_failed, work_under_way
from cnn_core.xray.unseen import source_of_films

LOOK = "xr-look"
LOOKS = {"labels": "Labels", "films": "All films", "left-out": "Left out"}
_LISTED = 1_000


def render_films(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab."""
    del record
    say_what_failed()
    if chosen is None:
        _welcome(lab)
        return
    linked_choice(LOOK, LOOKS, "labels")
    with st.container(horizontal=True, vertical_alignment="center"):
        look = st.segmented_control(
            "Look at",
            list(LOOKS),
            required=True,
            format_func=lambda name: _look_title(name, chosen.film_set),
            label_visibility="collapsed",
            key=LOOK,
            persist_state="session",
        )
        with st.popover("Other films", icon=":material/folder_open:", width="content"):
            phantom_button(lab, key="others")
            _ways(lab, key="others")
        st.button(
            "See the audit",
            icon=":material/rule:",
            on_click=show_tab,
            args=("Audit",),
            type="primary",
        )
    if look == "films":
        _all_films(chosen)
    elif look == "left-out":
        _left_out(chosen.film_set)
    else:
        _labels(chosen.film_set)


def _look_title(name: str, film_set: FilmSet) -> str:
    left_out = len(film_set.rejected)
    return f"{LOOKS[name]} ({left_out:,})" if name == "left-out" else LOOKS[name]


def _welcome(lab: Laboratory) -> None:
    """Draw the default study, and the ways for one's own films."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Is the score real?", anchor=False)
        st.markdown(
            "A network can score near 1 on chest films without looking at the lungs. See it on "
            "films that a program draws here: a corner marker gives the label away at two "
            "hospitals, and the lungs carry nothing. The same small model is scored the way that "
            "flatters it (naive), and the way that does not (honest: patients kept together, the "
            "central zone alone, a hospital it never saw)."
        )
        phantom_button(lab, key="first")
        st.caption("Works offline; no radiograph is needed, and none is shown.")
    with right:
        st.subheader("Bring your own films", anchor=False)
        _ways(lab, key="first")


def _ways(lab: Laboratory, *, key: str) -> None:
    """Draw the ways for films to come in, while none are being worked on."""
    if work_under_way() is None:
        bring(lab, key=key)
    else:
        st.caption("When the work on films that is under way has ended, others can be brought.")


def _labels(film_set: FilmSet) -> None:
    """Draw the label table, what was noted, and where the films are from."""
    st.markdown("**What stands behind the labels.** A model learns these labels, not diseases.")
    table: dict[str, Any] = {
        "Class": [row.label for row in film_set.labels],
        "Finding": [row.finding or "not stated" for row in film_set.labels],
        "Patients": [row.patients for row in film_set.labels],
        "Films": [row.films for row in film_set.labels],
        "How it was established": [row.established or "not stated" for row in film_set.labels],
    }
    st.dataframe(table, hide_index=True, key="label-table")
    if not film_set.patients_known:
        st.markdown(
            ":material/warning: Not every film names its patient: patient leakage is not excluded."
        )
    for note in film_set.notes:
        st.markdown(f":material/info: {plain_markdown(note)}")
    left_out = len(film_set.rejected)
    if left_out:
        st.markdown(
            f":material/block: {plural(left_out, 'file')} could not be taken in; "
            "“Left out” says why of each."
        )
    origin = [film_set.citation, f"Licence: {film_set.licence}" if film_set.licence else ""]
    if any(origin):
        st.caption(plain_markdown(". ".join(text.rstrip(".") for text in origin if text)))


def _left_out(film_set: FilmSet) -> None:
    rejected = film_set.rejected
    if not rejected:
        st.markdown("Every file was taken in.")
        return
    if len(rejected) > _LISTED:
        st.caption(f"The first {_LISTED:,} of {len(rejected):,}.")
    st.dataframe(
        {
            "File": [each.name for each in rejected[:_LISTED]],
            "Why it was left out": [each.reason for each in rejected[:_LISTED]],
        },
        hide_index=True,
        key="xray-rejected",
    )


def _all_films(chosen: Chosen) -> None:
    """Draw the films, of one class or source if that is asked for."""
    film_set = chosen.film_set
    sources = source_of_films(film_set)
    with st.container(horizontal=True):
        label = st.selectbox(
            "Class", [*film_set.classes], index=None, placeholder="All classes", key="xr-class"
        )
        source = None
        if any(sources):
            counts = Counter(sources)
            source = st.selectbox(
                "Source",
                [name for name, _ in counts.most_common()],
                index=None,
                placeholder="All sources",
                format_func=lambda name: name if name != MISSING else "missing",
                key="xr-source",
            )
    places = [
        place
        for place, film in enumerate(film_set.films)
        if label in (None, film.label) and source in (None, sources[place])
    ]
    film_gallery(chosen, places, key="all", alt=f"{plural(len(places), 'film')} of this set.")
