"""A stored film on its way into a network: as it is, or as one of its views."""

from collections.abc import Sequence

import numpy as np

from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import DataError
from cnn_core.models.model_row import ModelRow
from cnn_core.results.films import SIDE
from cnn_core.results.inspection import Floats
from cnn_core.runtime.extract import pixels_of
from cnn_core.training.film_views import Grey, film_view


def prepared_films(
    store: PictureStore, row: ModelRow, sha256: str, views: Sequence[int], *, mirror: bool
) -> list[Floats]:
    """Return these views of a stored film (`training.film_views`), as `prepared_views` does."""
    film = films(store, row, sha256, [0])[0]
    return [film_view(film, row, sha256, view, mirror=mirror) for view in views]


def films(store: PictureStore, row: ModelRow, sha256: str, views: Sequence[int]) -> list[Grey]:
    """Return a stored film as it is, uint8 `(SIDE, SIDE)`, whatever the view.

    Raises:
        CnnLabError: it is gone, or damaged since it was taken in.
        DataError: it is not a film's picture.
    """
    del row
    pixels = pixels_of(store, sha256)
    if pixels.shape[:2] != (SIDE, SIDE):
        raise DataError(
            f"Expected a film of {SIDE}x{SIDE} pixels, but got one of "
            f"{pixels.shape[1]}x{pixels.shape[0]}.",
            hint="Bring the films again.",
        )
    film = np.ascontiguousarray(pixels[:, :, 0])
    return [film for _ in views]
