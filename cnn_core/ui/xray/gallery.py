"""Films by the page: a sheet of small ones, and beside it the one that was chosen, with its row.

Drawn films say "synthetic" on each.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from cnn_core.data.films.store import film_pixels
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import CnnLabError
from cnn_core.results.films import MISSING, Film
from cnn_core.results.xray_plan import resembles
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.cell_picture.component import cell_picture
from cnn_core.ui.own_pictures.thumbnails import (
    COLUMNS,
    PAGE,
    Shown,
    cells_of,
    sheet,
    sheet_size,
)
from cnn_core.ui.xray.state import Chosen

_LARGE = 320


def film_gallery(
    chosen: Chosen,
    places: Sequence[int],
    *,
    key: str,
    alt: str,
    badges: Mapping[int, str] | None = None,
    note: Callable[[int], str] | None = None,
) -> None:
    """Draw films, a page of them at a time, and the chosen one larger.

    Args:
        chosen: the films that are open.
        places: which of `FilmSet.films`, in the order in which they are shown.
        key: names this gallery: its page, its chosen film and its widgets.
        alt: what is shown, in a sentence.
        badges: a few characters for the corner of some films, by place.
        note: what there is to say of the chosen film, by place, as Markdown.
    """
    key = f"xr-{key}-{chosen.film_set.id[:12]}"
    if not len(places):
        st.markdown("No film is in this list.")
        return
    left, right = st.columns([2.3, 1], gap="medium")
    with left:
        page = _page(len(places), key)
        here = [int(place) for place in places[page * PAGE : (page + 1) * PAGE]]
        picked = st.session_state.get(f"{key}-film")
        one = picked if picked in here else here[0]
        _sheet(chosen, here, one, key, alt, badges or {})
    with right:
        _one(chosen, one, note)


def _page(count: int, key: str) -> int:
    pages = -(-count // PAGE)
    if pages == 1:
        return 0
    if st.session_state.get(f"{key}-page", 1) > pages:
        st.session_state[f"{key}-page"] = pages
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(pages, key=f"{key}-page", persist_state="session")
        first = (page - 1) * PAGE
        st.caption(f"{first + 1:,} to {min(count, first + PAGE):,} of {count:,}", width="content")
    return page - 1


def _sheet(
    chosen: Chosen, here: list[int], one: int, key: str, alt: str, badges: Mapping[int, str]
) -> None:
    """Draw one page of films; a click chooses one."""
    store = chosen.store.pictures
    snapshot = store.load(chosen.film_set.snapshot)
    at = _places(store.home, snapshot.id)
    films = chosen.film_set.films
    shown = tuple(
        Shown(place=at[films[place].picture], badge=badges.get(place, "")) for place in here
    )

    def choose(number: int) -> None:
        st.session_state[f"{key}-film"] = here[number]

    cell_picture(
        sheet(store, snapshot, shown, st.context.theme.type or "light"),
        sheet_size(len(here)),
        key=f"{key}-sheet",
        alt=alt,
        cells=cells_of(len(here)),
        chosen=here.index(one),
        on_choose=choose,
        widest=sheet_size(PAGE)[0] if len(here) >= COLUMNS else sheet_size(len(here))[0],
    )


@functools.lru_cache(maxsize=4)
def _places(home: Path, snapshot: str) -> dict[str, int]:
    """Return where a snapshot has each picture, by its SHA-256."""
    pictures = PictureStore(home).load(snapshot).pictures
    return {picture.sha256: place for place, picture in enumerate(pictures)}


def _one(chosen: Chosen, place: int, note: Callable[[int], str] | None) -> None:
    film = chosen.film_set.films[place]
    try:
        st.image(film_pixels(chosen.store, film), alt=film.name, width=_LARGE)
    except CnnLabError:
        st.markdown("This film can no longer be read from the store.")
    drawn = "  \nSynthetic: drawn by a program." if chosen.film_set.synthetic else ""
    st.caption(
        f"{plain_markdown(film.name)}  \n{plain_markdown(resembles(film.label))}  \n"
        f"{plain_markdown(file_words(film))}{drawn}"
    )
    if note is not None:
        st.markdown(note(place))
    known = {
        name: value
        for name, value in zip(chosen.film_set.columns, film.values, strict=True)
        if value != MISSING
    }
    if known:
        st.caption(
            " · ".join(f"{plain_markdown(n)}: {plain_markdown(v)}" for n, v in known.items())
        )


def file_words(film: Film) -> str:
    """Return what a film's file was like, in a line."""
    file = film.file
    size = f"{file.bytes / 1e6:.1f} MB" if file.bytes >= 1e6 else f"{file.bytes / 1e3:.0f} kB"
    return (
        f"{file.format}, {file.width} x {file.height}, {file.mode}, {file.bits} bits, "
        f"{file.compression}, {size}"
    )
