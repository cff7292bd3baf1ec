"""What is decided of a film: routine or refer, and what the whole path misses.

*Routine* takes all three: a triage score below the threshold, the set {normal} and a passed gate.
Anything else is *refer*; where there is no threshold, everything is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.results.chance import percent, span
from cnn_core.results.xray_decision import PathResult
from cnn_core.results.xray_evaluation import Measured
from cnn_core.xray.intervals import DRAWS, proportion
from cnn_core.xray.operating_point import NORMAL, disease_places


def triage(
    probabilities: NDArray[np.floating],
    sets: NDArray[np.bool_],
    gate_passed: ArrayLike,
    threshold: float | None,
    *,
    normal: int = 0,
) -> NDArray[np.bool_]:
    """Return which films are routine, bool `(N,)`; the others are referred.

    Args:
        probabilities: `(N, C)`, at the prior of the threshold; rows adding up to 1.
        sets: which classes are in each film's conformal set, bool `(N, C)`.
        gate_passed: bool `(N,)`.
        threshold: on the triage score, None where none is guaranteed: then nothing is routine.
        normal: place of the class "normal"; every other class is a disease.

    Raises:
        ValueError: different lengths.

    >>> p = np.array([[0.95, 0.03, 0.02], [0.7, 0.2, 0.1], [0.95, 0.03, 0.02]])
    >>> sets = np.array([[True, False, False], [True, False, False], [True, True, False]])
    >>> triage(p, sets, [True, True, True], 0.2).tolist()
    [True, False, False]
    """
    given, passed = np.asarray(probabilities, dtype=np.float64), np.asarray(gate_passed, dtype=bool)
    if given.shape != sets.shape or len(given) != len(passed):
        raise ValueError(
            f"expected a row, a set and a gate a film, but got {given.shape}, {sets.shape} and "
            f"{passed.shape}."
        )
    if threshold is None:
        return np.zeros(len(given), dtype=bool)
    others = [place for place in range(given.shape[1]) if place != normal]
    alone = sets[:, normal] & ~sets[:, others].any(axis=1)
    return np.asarray((given[:, others].sum(axis=1) < threshold) & alone & passed)


def path_result(
    labels: ArrayLike,
    patients: ArrayLike,
    routine: ArrayLike,
    classes: Sequence[str],
    *,
    on: str,
    draws: int = DRAWS,
    seed: int = 0,
) -> PathResult:
    """Return what the whole path misses, refers and decides, with intervals over patients.

    Args:
        labels: true classes `(N,)`.
        patients: number of each film's patient `(N,)`.
        routine: what `triage` said, bool `(N,)`.
        classes: names, "normal" among them.
        on: "locked test" or "out-of-fold scores (cross-fitted)".
        draws: of the bootstrap.
        seed: of the draws.

    Raises:
        ValueError: different lengths.
    """
    true, numbers = np.asarray(labels), np.asarray(patients)
    called = np.asarray(routine, dtype=bool)
    if not len(true) == len(numbers) == len(called):
        raise ValueError(
            f"expected a label, a patient and a decision a film, but got {len(true)}, "
            f"{len(numbers)} and {len(called)}."
        )

    def share(successes: NDArray[np.bool_], among: NDArray[np.bool_]) -> Measured:
        return proportion(successes[among], numbers[among], draws=draws, seed=seed)

    everything = np.ones(len(true), dtype=bool)
    diseases = disease_places(classes)
    missed = {classes[place]: share(called, true == place) for place in diseases}
    normal = classes.index(NORMAL) if NORMAL in classes else -1
    referral = share(~called, everything)
    return PathResult(
        missed=missed,
        referral=referral,
        decided=share(called, everything),
        wrong=share(true != normal, called),
        on=on,
        sentence=_sentence(missed, referral, on),
    )


def _sentence(missed: dict[str, Measured], referral: Measured, on: str) -> str:
    parts = []
    for label, figure in missed.items():
        if figure.value is None or figure.interval is None:
            parts.append(f"of {label} films: {figure.note}")
        else:
            among = f"{percent(figure.value)} of {label} films ({span(figure.interval)})"
            parts.append(among)
    referred = (
        referral.note
        if referral.value is None or referral.interval is None
        else f"{percent(referral.value)} ({span(referral.interval)}), at the shares of the classes "
        "in these films"
    )
    return f"Called routine, {on}: {'; '.join(parts)}. Referred of all films: {referred}."
