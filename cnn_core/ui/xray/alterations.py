"""The alterations of training as pictures: each alone at its limits, and views as drawn."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.charts.wording import decimal
from cnn_core.data.films.store import film_pixels
from cnn_core.training.film_views import (
    AS_IT_IS,
    BLUR,
    BORDER,
    BRIGHTNESS,
    CONTRAST,
    GAMMA,
    NOISE,
    ROTATION,
    SCALE,
    SHIFT,
    FilmDraw,
    Grey,
    altered,
    draw_of_view,
)
from cnn_core.ui.xray.state import Chosen

_SIDE, _SHOWN = 224, 150
_VIEWS = 6


@dataclass(frozen=True, kw_only=True)
class Alteration:
    """One alteration at one of its limits."""

    words: str
    draw: FilmDraw


ALTERATIONS = (
    Alteration(words="as it is", draw=AS_IT_IS),
    Alteration(words=f"turned by {ROTATION:g} degrees", draw=FilmDraw(rotation=ROTATION)),
    Alteration(words=f"shifted by {100 * SHIFT:g} %", draw=FilmDraw(across=SHIFT, down=-SHIFT)),
    Alteration(words=f"scaled by {SCALE[0]:g}", draw=FilmDraw(scale=SCALE[0])),
    Alteration(words=f"scaled by {SCALE[1]:g}", draw=FilmDraw(scale=SCALE[1])),
    Alteration(words=f"contrast x {CONTRAST[0]:g}", draw=FilmDraw(contrast=CONTRAST[0])),
    Alteration(words=f"contrast x {CONTRAST[1]:g}", draw=FilmDraw(contrast=CONTRAST[1])),
    Alteration(words=f"brightness x {BRIGHTNESS[0]:g}", draw=FilmDraw(brightness=BRIGHTNESS[0])),
    Alteration(words=f"brightness x {BRIGHTNESS[1]:g}", draw=FilmDraw(brightness=BRIGHTNESS[1])),
    Alteration(words=f"gamma {GAMMA[0]:g}", draw=FilmDraw(gamma=GAMMA[0])),
    Alteration(words=f"gamma {GAMMA[1]:g}", draw=FilmDraw(gamma=GAMMA[1])),
    Alteration(words=f"noise of {100 * NOISE:g} % of white", draw=FilmDraw(noise=NOISE)),
    Alteration(words=f"blurred by {BLUR:g} pixels", draw=FilmDraw(blur=BLUR)),
    Alteration(words="borders blanked", draw=FilmDraw(borders=(BORDER, 0.0, 0.0, BORDER))),
)


def show_alterations(chosen: Chosen) -> None:
    """Draw them on one film of the set, which can be changed."""
    films = chosen.film_set.films
    place = st.number_input(
        "Film", 1, len(films), 1, key="xr-altered", help="Any film of this set.", width=160
    )
    film = films[int(place) - 1]
    pixels = film_pixels(chosen.store, film)
    st.markdown("**Each alteration alone, at its limit**")
    _row([(each.words, altered(pixels, each.draw, _SIDE)) for each in ALTERATIONS])
    st.markdown(f"**Views 1 to {_VIEWS} of this film, as the network gets them**")
    views = [(view, draw_of_view(film.picture, view)) for view in range(1, _VIEWS + 1)]
    _row([(words_of(draw), altered(pixels, draw, _SIDE)) for _, draw in views])
    st.caption(
        "Never: mirrored top to bottom, turned by a quarter, cropped strongly, inverted. Mirrored "
        "left to right only where that is asked for."
    )


def words_of(draw: FilmDraw) -> str:
    """Return what was done to a film, in a few words.

    >>> words_of(FilmDraw(rotation=-4.2, contrast=1.18))
    'turned -4 degrees, contrast x 1.18'
    """
    words = [f"turned {draw.rotation:.0f} degrees"]
    words.append(f"contrast x {decimal(draw.contrast)}")
    return ", ".join(words)


def _row(pictures: list[tuple[str, Grey]]) -> None:
    with st.container(horizontal=True, gap="small"):
        for words, pixels in pictures:
            st.image(np.ascontiguousarray(pixels), caption=words, alt=words, width=_SHOWN)
