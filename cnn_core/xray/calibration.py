"""How far a model's probabilities can be believed: temperature, recalibration, Brier, ECE, curve.

Probabilities belong to the prior of the films that are judged; elsewhere they are re-weighted first
(`xray.prevalence`). Intervals are over patients. Pure functions, for any thread.

Refused (`ValueError`: a bug in the caller): arrays of different lengths.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.results.xray_evaluation import (
    Calibration,
    ClassCalibration,
    Interval,
    ReliabilityPoint,
)
from cnn_core.xray.intervals import DRAWS, bootstrap
from cnn_core.xray.recalibration import recalibrated

BINS = 10
SIMULATIONS = 1_000
"""Of a perfectly calibrated model."""
BAND_DRAWS = 300
"""Of the band around the smoothed curve."""
GRID = 41
SUPPORT = 5.0
"""Films, weighted by the kernel, without which a point of the curve is left out."""
_LEAST = 1e-12
TEMPERATURES = (0.5, 10.0)
"""What a temperature may be."""


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Return by what logits are divided so that they fit the labels best, 0.5 to 10.

    Args:
        logits: `(N, C)`; logarithms of probabilities serve as well.
        labels: true classes `(N,)`.

    Returns:
        The temperature that minimises the mean negative log-likelihood; 1.0 where every film is
        right, which any lower temperature would fit better still, and without a film.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural
    networks", ICML (2017), section 4.2, equation 9.

    >>> round(fit_temperature([[4.0, 0.0]] * 4, [0, 0, 0, 1]), 2)  # three in four: log 3 = 4 / T
    3.64
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    given, true = np.asarray(logits, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if given.ndim != 2 or len(given) != len(true):
        raise ValueError(f"expected a row a film, but got {given.shape} for {true.shape}.")
    if not len(true) or (given.argmax(axis=1) == true).all():
        return 1.0

    def loss(logarithm: float) -> float:
        said = log_softmax(given / np.exp(logarithm), axis=1)
        return -float(said[np.arange(len(true)), true].mean())

    found = minimize_scalar(
        loss, bounds=tuple(np.log(TEMPERATURES)), method="bounded", options={"xatol": 1e-6}
    )
    return float(np.exp(found.x))


def log_probabilities(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Return logarithms that stay finite, float64 `(N, C)`."""
    return np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), _LEAST))


def at_temperature(probabilities: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Return what the probabilities become where their logits are divided by a temperature.

    Args:
        probabilities: `(N, C)`, rows adding up to 1.
        temperature: above 0.

    >>> at_temperature([[0.9, 0.1]], 2.0).round(2).tolist()
    [[0.75, 0.25]]
    """
    from scipy.special import softmax

    if not temperature > 0:
        raise ValueError(f"A temperature must be above 0, but it is {temperature}.")
    return np.asarray(softmax(log_probabilities(probabilities) / temperature, axis=1))


def brier(labels: ArrayLike, probabilities: NDArray[np.floating]) -> float:
    """Return the mean squared error of the probabilities, summed over the classes, 0 to 2.

    Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly
    Weather Review 78 (1950), 1-3, equation 2.

    >>> round(brier([0, 1], np.array([[1.0, 0.0], [0.5, 0.5]])), 3)
    0.25
    """
    said = np.asarray(probabilities, dtype=np.float64)
    happened = np.eye(said.shape[1])[np.asarray(labels)]
    return float(((said - happened) ** 2).sum(axis=1).mean())


def brier_reference(labels: ArrayLike, num_classes: int) -> float:
    """Return the Brier score of always saying the shares of the classes in these films.

    >>> brier_reference([0, 1], 2)
    0.5
    """
    shares = np.bincount(np.asarray(labels), minlength=num_classes) / max(
        1, len(np.asarray(labels))
    )
    return float(1 - (shares**2).sum())


def expected_calibration_error(
    confidences: ArrayLike, correct: ArrayLike, bins: int = BINS
) -> float:
    """Return how far confidence and accuracy lie apart, in bins of as many films each, 0 to 1.

    Args:
        confidences: probability of the most probable class `(N,)`.
        correct: whether it was right `(N,)`.
        bins: at most as many as films.

    Source: M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities
    using Bayesian binning", AAAI (2015), 2901-2907: ECE; bins of equal count.

    >>> round(expected_calibration_error([0.9, 0.9, 0.6, 0.6], [True, True, True, False], 2), 2)
    0.1
    """
    sure = np.asarray(confidences, dtype=np.float64)
    order = np.argsort(sure, kind="stable")
    right = np.asarray(correct, dtype=np.float64)[order]
    return float(_binned(sure[order], right[None], bins)[0])


def perfect_error(
    confidences: ArrayLike, *, bins: int = BINS, simulations: int = SIMULATIONS, seed: int = 0
) -> tuple[float, Interval]:
    """Return the ECE that a perfectly calibrated model with these confidences shows.

    Args:
        confidences: probability of the most probable class `(N,)`.
        bins: as of `expected_calibration_error`.
        simulations: in each, a film is right with just its confidence.
        seed: of them.

    Returns:
        The mean, and between what 95 % of the simulations lie.

    Source: J. Bröcker, L. A. Smith, "Increasing the reliability of reliability diagrams", Weather
    and Forecasting 22 (2007), 651-661: consistency resampling.
    """
    sure = np.sort(np.asarray(confidences, dtype=np.float64))
    right = np.random.default_rng(seed).random((simulations, len(sure))) < sure
    found = _binned(sure, right.astype(np.float64), bins)
    low, high = np.quantile(found, (0.025, 0.975))
    return float(found.mean()), (float(low), float(high))


def smoothed(
    predicted: ArrayLike,
    happened: ArrayLike,
    patients: ArrayLike,
    *,
    draws: int = BAND_DRAWS,
    seed: int = 0,
) -> tuple[ReliabilityPoint, ...]:
    """Return the share that happened against the probability that was predicted, smoothed.

    A straight line is fitted around each point, films weighing less the further they are (a normal
    kernel); points with fewer than five films near them are left out.

    Args:
        predicted: probabilities of one class `(N,)`.
        happened: whether the film is of it, bool `(N,)`.
        patients: number of each film's patient `(N,)`.
        draws: of the patient bootstrap behind the band.
        seed: of the draws.

    Source: W. S. Cleveland, "Robust locally weighted regression and smoothing scatterplots", JASA
    74 (1979), 829-836, of degree 1; P. C. Austin, E. W. Steyerberg, "Graphical assessment of
    internal and external calibration", Statistics in Medicine 33 (2014), 517-535, for its use.
    """
    given = np.asarray(predicted, dtype=np.float64)
    true = np.asarray(happened, dtype=np.float64)
    if len(given) < 2:
        return ()
    width = max(0.05, 1.06 * float(given.std()) * len(given) ** -0.2)
    low, high = np.quantile(given, (0.01, 0.99))
    grid = np.linspace(low, high, GRID)
    away = given - grid[:, None]
    kernel = np.exp(-((away / width) ** 2) / 2)
    grid, away, kernel = (part[kernel.sum(axis=1) >= SUPPORT] for part in (grid, away, kernel))
    if not len(grid):
        return ()

    def line(weights: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the fitted share at each grid point for rows of weights, `(B, G)`."""
        zeroth, first, second = ((kernel * away**power) @ weights.T for power in range(3))
        level, slope = ((kernel * away**power * true) @ weights.T for power in range(2))
        spread = zeroth * second - first**2
        flat = spread <= 1e-9 * zeroth * np.maximum(second, width**2 * zeroth)
        with np.errstate(divide="ignore", invalid="ignore"):
            fitted = np.where(flat, level / zeroth, (second * level - first * slope) / spread)
        return np.asarray(np.clip(fitted, 0.0, 1.0).T)

    observed = line(np.ones((1, len(given))))[0]
    found: list[NDArray[np.float64]] = []

    def keep(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        found.append(line(weights))
        return np.zeros(len(weights))

    bootstrap([keep], patients, draws=draws, seed=seed)
    below, above = np.nanquantile(np.concatenate(found), (0.025, 0.975), axis=0)
    return tuple(
        ReliabilityPoint(predicted=float(x), observed=float(y), low=float(a), high=float(b))
        for x, y, a, b in zip(grid, observed, below, above, strict=True)
    )


def calibration(
    labels: ArrayLike,
    probabilities: NDArray[np.floating],
    patients: ArrayLike,
    classes: Sequence[str],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Calibration:
    """Return the calibration of all classes.

    Args:
        labels: true classes `(N,)`.
        probabilities: `(N, C)`, at the shares of the classes in these films.
        patients: number of each film's patient `(N,)`.
        classes: names `(C,)`.
        draws: at most so many for the bands, and simulations of a perfect model.
        seed: of both.

    Raises:
        ValueError: different lengths, or no film.
    """
    true, numbers = np.asarray(labels, dtype=np.int64), np.asarray(patients)
    said = np.asarray(probabilities, dtype=np.float64)
    if not len(true) or said.shape != (len(true), len(classes)) or len(true) != len(numbers):
        raise ValueError(
            f"expected a row and a patient a film, but got {said.shape}, {true.shape} and "
            f"{numbers.shape}."
        )
    sure = said.max(axis=1)
    perfect, perfect_interval = perfect_error(sure, simulations=min(draws, SIMULATIONS), seed=seed)
    by_class = []
    for place, label in enumerate(classes):
        slope, intercept = recalibrated(true == place, said[:, place], numbers)
        counts, _ = np.histogram(said[:, place], bins=BINS, range=(0.0, 1.0))
        curve = smoothed(
            said[:, place], true == place, numbers, draws=min(draws, BAND_DRAWS), seed=seed
        )
        by_class.append(
            ClassCalibration(
                label=label,
                slope=slope,
                intercept=intercept,
                curve=curve,
                counts=tuple(int(count) for count in counts),
            )
        )
    return Calibration(
        brier=brier(true, said),
        brier_reference=brier_reference(true, len(classes)),
        ece=expected_calibration_error(sure, said.argmax(axis=1) == true),
        ece_perfect=perfect,
        ece_perfect_interval=perfect_interval,
        classes=tuple(by_class),
    )


def _binned(
    ordered: NDArray[np.float64], right: NDArray[np.float64], bins: int
) -> NDArray[np.float64]:
    """Return the ECE of each row of `right` `(B, N)`, confidences ascending."""
    count = len(ordered)
    if not count:
        return np.zeros(len(right))
    edges = np.linspace(0, count, min(bins, count) + 1).round().astype(np.int64)[:-1]
    off = np.add.reduceat(right - ordered, edges, axis=1)
    return np.asarray(np.abs(off).sum(axis=1) / count)
