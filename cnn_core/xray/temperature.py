"""The temperature that a study decides at, and what has to be said of it."""

import numpy as np
from numpy.typing import ArrayLike

from cnn_core.xray.calibration import TEMPERATURES, fit_temperature

FEWEST = 30
"""Patients without whom no temperature is fitted."""


def temperature_of(logits: ArrayLike, labels: ArrayLike, patients: ArrayLike) -> tuple[float, str]:
    """Return the temperature of a study, and a sentence on it; "" where there is none to say.

    It is 1 with fewer than 30 patients, and where every film is named rightly: nothing then says
    how sure is too sure.

    Args:
        logits: `(N, C)`; logarithms of probabilities serve as well.
        labels: true classes `(N,)`.
        patients: number of each film's patient `(N,)`.

    >>> temperature_of([[4.0, 0.0]], [0], [0])
    (1.0, 'The temperature is 1: there is 1 patient to fit it on, where 30 are needed.')
    """
    there = len(np.unique(np.asarray(patients)))
    if there < FEWEST:
        number = "is 1 patient" if there == 1 else f"are {there} patients"
        return 1.0, (
            f"The temperature is 1: there {number} to fit it on, where {FEWEST} are needed."
        )
    if (np.asarray(logits).argmax(axis=1) == np.asarray(labels)).all():
        return 1.0, (
            "The temperature is 1: every film to fit it on is named rightly, so that none says how "
            "sure is too sure."
        )
    found = fit_temperature(logits, labels)
    for end in TEMPERATURES:
        if abs(np.log(found / end)) < 1e-3:
            low, high = TEMPERATURES
            return found, (
                f"The temperature stopped at {end:g}, an end of what is allowed ({low:g} to "
                f"{high:g}): the probabilities may still be off."
            )
    return found, ""
