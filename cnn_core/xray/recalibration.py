"""Calibration slope and intercept of one class, with intervals over patients.

Logistic recalibration: the logit of what happened on the logit of what was predicted (D. R. Cox,
"Two further applications of a model for binary regression", Biometrika 45 (1958), 562-565).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.results.metrics import t_quantile
from cnn_core.results.xray_evaluation import Measured
from cnn_core.xray.intervals import FEWEST_PATIENTS, too_few

_EDGE = 1e-6
_STEPS = 60
_LONGEST = 3.0
_METHOD = "logistic regression, errors clustered by patient"
_SAME = "not estimable: every film has the same prediction"
_APART = "not estimable: the predictions tell this class from the others without an error"


def recalibrated(
    happened: ArrayLike, predicted: ArrayLike, patients: ArrayLike
) -> tuple[Measured, Measured]:
    """Return the calibration slope, and the intercept at a slope of 1.

    Args:
        happened: whether the film is of the class, bool `(N,)`.
        predicted: its probability, 0 to 1 `(N,)`.
        patients: number of each film's patient `(N,)`.

    Returns:
        Slope (1 is perfect, below 1 overconfident) and intercept (0 is perfect, below 0 too high).
        Without a value where a side has fewer than ten patients, or the fit has no end.

    Raises:
        ValueError: different lengths.
    """
    true = np.asarray(happened, dtype=bool)
    given = np.clip(np.asarray(predicted, dtype=np.float64), _EDGE, 1 - _EDGE)
    numbers = np.asarray(patients)
    if not true.shape == given.shape == numbers.shape:
        raise ValueError(
            f"expected a probability and a patient a film, but got {given.shape} and "
            f"{numbers.shape} for {true.shape}."
        )
    fewest = min(len(np.unique(numbers[true])), len(np.unique(numbers[~true])))
    if fewest < FEWEST_PATIENTS:
        none = too_few(len(true), fewest)
        return none, none
    logit = np.log(given / (1 - given))
    ones = np.ones_like(logit)
    both = fitted(np.stack([ones, logit], axis=1), np.zeros_like(logit), true, numbers)
    alone = fitted(ones[:, None], logit, true, numbers)
    return (
        _measured(both, 1, numbers, fewest, _SAME if np.ptp(logit) < 1e-9 else _APART),
        _measured(alone, 0, numbers, fewest, _APART),
    )


def fitted(
    design: NDArray[np.float64],
    offset: NDArray[np.float64],
    happened: NDArray[np.bool_],
    patients: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return coefficients of a logistic regression and their covariance, clustered by patient.

    Args:
        design: `(N, K)`.
        offset: added to the linear predictor `(N,)`.
        happened: bool `(N,)`.
        patients: number of each film's patient `(N,)`.

    Returns:
        float64 `(K,)` and `(K, K)`; None where the likelihood has no maximum.

    Source: K.-Y. Liang, S. L. Zeger, "Longitudinal data analysis using generalized linear models",
    Biometrika 73 (1986), 13-22, equation 8 at working independence, times P / (P - 1).
    """
    beta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta + offset, -500, 500)))
        information = design.T @ (design * (chance * (1 - chance))[:, None])
        if np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, design.T @ (happened - chance))
        if np.abs(step).max() < 1e-8:
            break
        step *= min(1.0, _LONGEST / float(np.abs(step).max()))
        reached = _likelihood(design @ beta + offset, happened) - 1e-9
        while _likelihood(design @ (beta + step) + offset, happened) < reached:
            step /= 2
        beta = beta + step
    else:
        return None
    _, member = np.unique(patients, return_inverse=True)
    score = np.zeros((int(member.max()) + 1, design.shape[1]))
    np.add.at(score, member, design * (happened - chance)[:, None])
    bread = np.linalg.inv(information)
    covariance = bread @ (score.T @ score) @ bread * len(score) / (len(score) - 1)
    return beta, covariance


def _likelihood(linear: NDArray[np.float64], happened: NDArray[np.bool_]) -> float:
    return -float(np.logaddexp(0.0, np.where(happened, -linear, linear)).sum())


def _measured(
    fit: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    place: int,
    patients: NDArray[np.int64],
    fewest: int,
    endless: str,
) -> Measured:
    count = len(np.unique(patients))
    if fit is None:
        return Measured(
            value=None,
            interval=None,
            films=len(patients),
            patients=count,
            method=_METHOD,
            note=endless,
        )
    value = float(fit[0][place])
    reach = float(t_quantile(np.array([fewest - 1]))[0] * np.sqrt(fit[1][place, place]))
    return Measured(
        value=value,
        interval=(value - reach, value + reach),
        films=len(patients),
        patients=count,
        method=_METHOD,
    )
