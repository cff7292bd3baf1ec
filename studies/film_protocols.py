"""Default study: naive near 1, honest near chance? Clean films: alike? `... film_protocols`.

Sets of phantoms are drawn, taken in and asked in every way: with the planted corner marker the
naive score has to be 0.97 or more and the honest one 0.42 to 0.58; of the clean set the two have to
differ by less than 0.1, for nothing but the lungs tells its labels. The nearest two films of
different patients are counted in bits of their hashes, so that no two are joined by chance.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from cnn_core.data.films.intake import take_in_films
from cnn_core.data.films.phantoms import PhantomKind, draw_phantoms
from cnn_core.data.films.store import FilmStore
from cnn_core.results.films import FilmSet
from cnn_core.xray.protocols import protocols, zones_of
from cnn_core.xray.splits import patient_numbers

NAIVE, HONEST, ALIKE, JOINS = 0.97, (0.42, 0.58), 0.1, 40


def nearest_patients(film_set: FilmSet) -> int:
    """Return how many bits of 256 the hashes of the nearest two different patients' films differ.

    The film itself, its inverse and its mirror image, as the audit looks for duplicates.
    """

    def bits(words: list[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        packed = np.array([list(bytes.fromhex(word)) for word in words], dtype=np.uint8)
        return np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1

    plain = bits([film.phash for film in film_set.films])
    inverted = bits([film.inverted_phash for film in film_set.films])
    mirrored = bits([film.mirrored_phash for film in film_set.films])
    patients = patient_numbers(film_set)
    other = patients[:, None] != patients[None]
    nearest = min(((256 - plain @ each.T) / 2)[other].min() for each in (plain, inverted, mirrored))
    return int(nearest)


def asked(kind: PhantomKind, *, seed: int, draws: int) -> dict[str, Any]:
    """Draw a set, take it in as any other, ask in every way, and return the figures."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        words = draw_phantoms(Path(folder) / "films", kind, seed=seed)
        store = FilmStore(Path(folder) / "store")
        film_set = take_in_films(
            store, Path(folder) / "films", title=words["title"], synthetic=True
        )
        found = protocols(
            film_set,
            zones_of(film_set, store),
            patient_numbers(film_set).tolist(),
            draws=draws,
            seed=seed,
        )
    return {
        "seed": seed,
        "films": len(film_set.films),
        "naive": round(found.scores[found.naive].auroc or 0.0, 3),
        "honest": round(found.scores[found.honest].auroc or 0.0, 3),
        "unseen": found.scores[found.honest].unseen,
        "nearest_patients_bits": nearest_patients(film_set),
        "scores": [score.auroc and round(score.auroc, 3) for score in found.scores],
        "seconds": round(time.monotonic() - began, 1),
    }


def measure(marked: int = 5, clean: int = 3, draws: int = 200) -> dict[str, Any]:
    """Return naive and honest scores of default and clean sets of several seeds.

    Args:
        marked: sets with the corner marker.
        clean: sets without a shortcut.
        draws: of the bootstrap behind each interval.
    """
    with_marker = [asked("marker", seed=seed, draws=draws) for seed in range(marked)]
    without = [asked("clean", seed=seed, draws=draws) for seed in range(clean)]
    return {
        "holds": all(
            each["naive"] >= NAIVE and HONEST[0] <= each["honest"] <= HONEST[1] and each["unseen"]
            for each in with_marker
        )
        and all(abs(each["naive"] - each["honest"]) < ALIKE for each in without)
        and all(each["nearest_patients_bits"] > JOINS for each in with_marker + without),
        "marker": with_marker,
        "clean": without,
        "draws": draws,
    }
