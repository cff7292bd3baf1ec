"""Pictures by the page: a sheet of small ones, and beside it the one that was chosen.

A click, or the arrow keys and Enter, chooses a picture; with "Choose several" it marks or unmarks
one. What the buttons decide holds at once and can be undone.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from cnn_core.data.pictures.decisions import decided
from cnn_core.results.inspection import Box
from cnn_core.results.pictures import Decision
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.cell_picture.component import cell_picture
from cnn_core.ui.own_pictures.decisions import exclude, keep, relabel
from cnn_core.ui.own_pictures.state import Chosen
from cnn_core.ui.own_pictures.thumbnails import (
    COLUMNS,
    GAP,
    PAGE,
    SIDE,
    Shown,
    cells_of,
    sheet,
    sheet_size,
    small_picture,
)

_LARGE = 240
_EMPTY: NDArray[np.int64] = np.zeros(0, np.int64)


def gallery(
    chosen: Chosen,
    places: Sequence[int] | NDArray[np.int64],
    *,
    key: str,
    badges: Mapping[int, str] | None = None,
    alt: str,
    note: Callable[[int], str] | None = None,
    narrow: bool = False,
) -> None:
    """Draw pictures, a page of them at a time, and what can be decided of the chosen ones.

    Args:
        chosen: the pictures that are open.
        places: which of `Snapshot.pictures`, in the order in which they are shown.
        key: names this gallery: its page, its chosen picture and its widgets.
        badges: a few characters for the corner of some pictures, by place.
        alt: what is shown, in a sentence.
        note: what there is to say of the chosen picture, by place, as Markdown.
        narrow: draw the chosen picture below the others instead of beside them.
    """
    key = f"{key}-{chosen.snapshot.id[:12]}"
    if not len(places):
        st.markdown("No picture is in this list.")
        return
    left, right = _sides([2.3, 1], narrow)
    with left:
        with st.container(horizontal=True, vertical_alignment="center"):
            page = _page(len(places), key)
            several = st.toggle(
                "Choose several", key=f"{key}-several", help="A click marks or unmarks a picture."
            )
        here = [int(place) for place in places[page * PAGE : (page + 1) * PAGE]]
        _sheet(chosen, here, key, badges or {}, alt, several=several)
    with right:
        marked = [place for place in _marked(key) if place < len(chosen.snapshot.pictures)]
        if several:
            _several(chosen, marked, key)
        else:
            place = st.session_state.get(f"{key}-picture")
            _one(chosen, here, place if place in here else here[0], key, note, narrow)


def _sides(widths: list[float], below: bool) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return two places side by side, or one below the other."""
    if below:
        return st.container(), st.container()
    left, right = st.columns(widths, gap="medium")
    return left, right


def _page(count: int, key: str) -> int:
    pages = -(-count // PAGE)
    if pages == 1:
        return 0
    if st.session_state.get(f"{key}-page", 1) > pages:
        st.session_state[f"{key}-page"] = pages
    page = st.pagination(pages, key=f"{key}-page", persist_state="session")
    first = (page - 1) * PAGE
    st.caption(f"{first + 1:,} to {min(count, first + PAGE):,} of {count:,}", width="content")
    return page - 1


def _marked(key: str) -> set[int]:
    marked: set[int] = st.session_state.setdefault(f"{key}-marked", set())
    return marked


def _sheet(
    chosen: Chosen,
    here: list[int],
    key: str,
    badges: Mapping[int, str],
    alt: str,
    *,
    several: bool,
) -> None:
    """Draw one page of pictures; a click chooses one, or marks it where several may be marked."""
    now = decided(chosen.snapshot, chosen.decisions)
    shown = tuple(_shown(place, now.get(place), badges.get(place, "")) for place in here)
    picture, marked = st.session_state.get(f"{key}-picture"), _marked(key)

    def choose(number: int) -> None:
        st.session_state[f"{key}-picture"] = here[number]
        if several:
            marked.symmetric_difference_update({here[number]})

    one = picture if picture in here else here[0]
    cell_picture(
        sheet(chosen.store, chosen.snapshot, shown, st.context.theme.type or "light"),
        sheet_size(len(here)),
        key=f"{key}-sheet",
        alt=alt,
        cells=cells_of(len(here)),
        chosen=None if several else here.index(one),
        on_choose=choose,
        boxes=[_box(number) for number, place in enumerate(here) if several and place in marked],
        widest=sheet_size(PAGE)[0] if len(here) >= COLUMNS else sheet_size(len(here))[0],
    )


def _shown(place: int, decision: Decision | None, badge: str) -> Shown:
    if decision is None:
        return Shown(place=place, badge=badge)
    if decision.action == "exclude":
        return Shown(place=place, excluded=True, badge=badge)
    return Shown(place=place, badge=f"{badge} new class".strip())


def _box(number: int) -> Box:
    left = GAP + number % COLUMNS * (SIDE + GAP)
    top = GAP + number // COLUMNS * (SIDE + GAP)
    return Box(left=left, top=top, right=left + SIDE, bottom=top + SIDE)


def _one(
    chosen: Chosen,
    here: list[int],
    place: int,
    key: str,
    note: Callable[[int], str] | None,
    narrow: bool,
) -> None:
    """Draw the chosen picture, what is known of it, and what can be decided."""
    left, right = _sides([1, 1.2], not narrow)
    pixels = small_picture(chosen.store, chosen.snapshot, place, _LARGE)
    with left:
        if pixels is None:
            st.markdown("This picture can no longer be read from the store.")
        else:
            name = chosen.snapshot.pictures[place].name
            st.image(pixels, alt=name, width=min(_LARGE, pixels.shape[1]))
    with right:
        _about_one(chosen, here, place, key, note)


def _about_one(
    chosen: Chosen,
    here: list[int],
    place: int,
    key: str,
    note: Callable[[int], str] | None,
) -> None:
    snapshot = chosen.snapshot
    picture = snapshot.pictures[place]
    decision = decided(snapshot, chosen.decisions).get(place)
    drawn = "  \nSynthetic: drawn by a program." if snapshot.synthetic else ""
    part = f" · in {picture.part}/" if picture.part else ""
    st.caption(
        f"{plain_markdown(picture.name)}  \n{picture.width} x {picture.height} pixels · "
        f"{_size(picture.size)}{part}{drawn}"
    )
    if note is not None:
        st.markdown(note(place))
    left_out = decision is not None and decision.action == "exclude"
    label = decision.label if decision and decision.action == "relabel" else picture.label
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _class_box(chosen, [place], label, f"{key}-class-{place}", disabled=left_out)
        if left_out:
            st.button(
                "Take it back in", icon=":material/undo:", key=f"{key}-keep",
                on_click=keep, args=(snapshot.id, [place]),
            )  # fmt: skip
        else:
            st.button(
                "Leave it out", icon=":material/block:", key=f"{key}-exclude",
                on_click=_exclude_and_go_on, args=(snapshot.id, here, place, key),
                help="It is not trained on. Nothing is deleted, and it can be undone.",
            )  # fmt: skip


def _several(chosen: Chosen, marked: list[int], key: str) -> None:
    """Draw what can be decided of all marked pictures together."""
    if not marked:
        st.markdown("Click the pictures that you mean; click again to let go.")
        return
    snapshot = chosen.snapshot
    noun = "picture is" if len(marked) == 1 else "pictures are"
    st.markdown(f"**{len(marked):,} {noun} chosen.**")
    labels = {snapshot.pictures[place].label for place in marked}
    _class_box(
        chosen, marked, labels.pop() if len(labels) == 1 else None, f"{key}-class-{len(marked)}"
    )
    with st.container(horizontal=True):
        st.button(
            "Leave them out", icon=":material/block:", key=f"{key}-exclude-all",
            on_click=exclude, args=(snapshot.id, marked),
        )  # fmt: skip
        st.button(
            "Take them back in", icon=":material/undo:", key=f"{key}-keep-all",
            on_click=keep, args=(snapshot.id, marked),
        )  # fmt: skip
        st.button("Let go of all", key=f"{key}-none", on_click=_marked(key).clear)


def _class_box(
    chosen: Chosen, places: list[int], label: str | None, key: str, *, disabled: bool = False
) -> None:
    classes = list(chosen.snapshot.classes)

    def changed() -> None:
        new = st.session_state[key]
        if new is not None and new != label:
            relabel(chosen.snapshot, places, new)

    if st.session_state.get(key, label) != label:
        st.session_state[key] = label
    st.selectbox(
        "Class",
        classes,
        None if label is None else classes.index(label),
        key=key,
        on_change=changed,
        disabled=disabled,
        help="Another class here is what the network is taught; the file stays as it is.",
    )


def _exclude_and_go_on(snapshot_id: str, here: list[int], place: int, key: str) -> None:
    exclude(snapshot_id, [place])
    following = here.index(place) + 1
    if following < len(here):
        st.session_state[f"{key}-picture"] = here[following]


def _size(count: int) -> str:
    """Return a file's size for a person.

    >>> _size(912), _size(61_400), _size(4_200_000)
    ('912 bytes', '61 kB', '4.2 MB')
    """
    if count < 1_000:
        return f"{count} bytes"
    return f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
