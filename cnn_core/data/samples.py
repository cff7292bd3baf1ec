"""Sample photos that every installation has: some of those that come inside scikit-image.

Only pictures that lie in the installed package are listed, so nothing is downloaded; scikit-image
itself is not imported, its folder is only looked up. Author and licence are as its documentation
(skimage.data) gives them.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.decode import decode
from cnn_core.errors import DataError, UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A sample photo.

    Attributes:
        name: for a link and a file name.
        title: for a person.
        file: in scikit-image's data folder.
        credit: who made it.
        licence: under which it may be shown.
    """

    name: str
    title: str
    file: str
    credit: str
    licence: str


_CC0, _PUBLIC = "CC0", "public domain"

SAMPLES: dict[str, Sample] = {
    name: Sample(name=name, title=title, file=file, credit=credit, licence=licence)
    for name, title, file, credit, licence in (
        ("cat", "Cat", "chelsea.png", "Stefan van der Walt", _CC0),
        ("coffee", "Coffee", "coffee.png", "Rachel Michetti, Pikolo Espresso Bar", _CC0),
        ("rocket", "Rocket", "rocket.jpg", "SpaceX", _PUBLIC),
        ("astronaut", "Astronaut (Eileen Collins)", "astronaut.png", "NASA", _PUBLIC),
        ("camera", "Man with a camera", "camera.png", "Lav Varshney", _CC0),
        (
            "coins",
            "Coins from Pompeii",
            "coins.png",
            "Brooklyn Museum",
            "no known copyright restrictions",
        ),
        ("brick", "Brick wall", "brick.png", "CC0Textures", _CC0),
        ("gravel", "Gravel", "gravel.png", "CC0Textures", _CC0),
        ("grass", "Grass", "grass.png", "linolafett", _CC0),
        ("galaxies", "Galaxies (Hubble)", "hubble_deep_field.jpg", "NASA", _PUBLIC),
    )
}


def sample_names() -> tuple[str, ...]:
    """Return the names of the sample photos, the clearest first.

    >>> sample_names()[:3]
    ('cat', 'coffee', 'rocket')
    """
    return tuple(SAMPLES)


def _data_folder() -> Path:
    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise DataError(
            "The sample photos need scikit-image, but it is not installed.",
            hint="Install requirements.txt, or use a picture of your own.",
        )
    return Path(found.submodule_search_locations[0]) / "data"


def sample_picture(name: str) -> NDArray[np.uint8]:
    """Return a sample photo as uint8 RGB `(H, W, 3)`, 0 to 255; its longer side is 1,000 at most.

    Raises:
        UnknownNameError: there is no such sample.
        DataError: scikit-image, or this picture in it, is not there.

    >>> sample_picture("cat").shape
    (300, 451, 3)
    """
    if name not in SAMPLES:
        raise UnknownNameError(
            f"There is no sample photo named {name!r}.",
            hint=f"The samples are {', '.join(SAMPLES)}.",
        )
    try:
        payload = (_data_folder() / SAMPLES[name].file).read_bytes()
    except OSError as exc:
        raise DataError(
            f"The sample photo {name!r} is missing from the installed scikit-image.",
            hint="Install requirements.txt again, or use a picture of your own.",
        ) from exc
    return decode(payload)
