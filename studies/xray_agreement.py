"""The X-ray study's statistics beside independent ones: `python -m studies xray_agreement`.

The same 240 films of 120 patients go into `cnn_core.xray` and into mapie (conformal sets), netcal
(ECE, temperature), dcurves (decision curve) and statsmodels (calibration slope and intercept with
errors clustered by patient). Those packages take long to import: what they say is kept in the
result with the films, and the tests hold today's code to it. scipy and scikit-learn are compared
with in the tests themselves.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.xray.calibration import at_temperature, expected_calibration_error, fit_temperature
from cnn_core.xray.conformal import conformal_sets, sets_of
from cnn_core.xray.prevalence import decision_curve
from cnn_core.xray.recalibration import recalibrated

FILMS, SEED, ALPHA = 240, 5, 0.1
CLASSES = ("normal", "covid19", "pneumonia")
PREVALENCE = 0.08
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
TOLERANCES = {
    "ece": 1e-9,
    "temperature": 1e-5,
    "sets": 0.0,
    "net_benefit": 1e-9,
    "net_benefit_at_prevalence": 1e-9,
    "slope": 1e-6,
    "intercept": 1e-6,
    "slope_error": 1e-6,
    "intercept_error": 1e-6,
}
"""Largest difference that counts as agreement; of sets, the share of cells that differ."""

Films = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def draw_films() -> dict[str, list[Any]]:
    """Draw overconfident probabilities of three classes, rounded so that JSON keeps them."""
    rng = np.random.default_rng(SEED)
    labels = rng.integers(3, size=FILMS)
    logits = rng.normal(size=(FILMS, 3))
    logits[np.arange(FILMS), labels] += 1.0
    raised = np.exp(1.8 * logits)
    given = (raised / raised.sum(axis=1, keepdims=True)).round(5)
    given[:, 2] = (1 - given[:, 0] - given[:, 1]).round(5)
    return {"labels": labels.tolist(), "probabilities": np.maximum(given, 0.0).tolist()}


def films_of(kept: Mapping[str, Sequence[Any]]) -> Films:
    """Return probabilities, classes and patients (two films each) of kept films."""
    labels = np.array(kept["labels"], dtype=np.int64)
    return np.array(kept["probabilities"]), labels, np.arange(len(labels)) // 2


def halves(films: Films) -> tuple[Films, Films]:
    """Return the calibration films and the others."""
    half = len(films[1]) // 2
    return tuple(part[:half] for part in films), tuple(part[half:] for part in films)  # type: ignore[return-value]


def ours(kept: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return what `cnn_core.xray` says of the films."""
    films = films_of(kept)
    given, labels, patients = films
    (known, truth, _), (new, _, _) = halves(films)
    sets = conformal_sets(known, truth, np.arange(len(truth)), ALPHA)
    temperature = fit_temperature(np.log(np.maximum(given, 1e-12)), labels)
    slope, intercept = recalibrated(labels == 1, given[:, 1], patients)
    both = np.stack([1 - given[:, 1], given[:, 1]], axis=1)
    disease = (labels == 1).astype(np.int64)
    share = float(disease.mean())

    def net_benefit(prevalence: float) -> list[float]:
        shares = (1 - prevalence, prevalence)
        curve = decision_curve(
            disease,
            both,
            1,
            ("rest", "covid19"),
            prior=shares,
            prevalences=shares,
            thresholds=THRESHOLDS,
        )
        return list(curve.model)

    assert slope.value is not None
    assert intercept.value is not None
    return {
        "ece": expected_calibration_error(given.max(axis=1), given.argmax(axis=1) == labels),
        "temperature": at_temperature(given, temperature)[:, 1].tolist(),
        "sets": sets_of(new, sets).astype(int).tolist(),
        "net_benefit": net_benefit(share),
        "net_benefit_at_prevalence": net_benefit(PREVALENCE),
        "slope": slope.value,
        "intercept": intercept.value,
        "slope_error": _error(slope.interval, labels, patients),
        "intercept_error": _error(intercept.interval, labels, patients),
    }


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, float]:
    """Return the largest difference of each figure; of sets, the share of cells that differ."""
    found = {}
    for name in TOLERANCES:
        apart = np.abs(np.asarray(first[name], dtype=float) - np.asarray(second[name], dtype=float))
        found[name] = float(apart.mean() if name == "sets" else apart.max())
    return found


def theirs(kept: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return what mapie, netcal, dcurves and statsmodels say of the films."""
    films = films_of(kept)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {**_netcal(films), **_mapie(films), **_dcurves(films), **_statsmodels(films)}


def measure() -> dict[str, Any]:
    """Ask all of them about the same films."""
    kept = draw_films()
    said = theirs(kept)
    apart = differences(ours(kept), said)
    return {
        "holds": all(apart[name] <= limit for name, limit in TOLERANCES.items()),
        "tolerances": TOLERANCES,
        "differences": apart,
        "theirs": said,
        "films": kept,
    }


def _error(
    interval: tuple[float, float] | None, labels: NDArray[np.int64], patients: NDArray[np.int64]
) -> float:
    """Return the standard error behind an interval of `recalibrated`."""
    from cnn_core.results.metrics import t_quantile

    assert interval is not None
    fewest = min(len(np.unique(patients[labels == 1])), len(np.unique(patients[labels != 1])))
    return (interval[1] - interval[0]) / 2 / float(t_quantile(np.array([fewest - 1]))[0])


def _netcal(films: Films) -> dict[str, Any]:
    from netcal.metrics import ECE
    from netcal.scaling import TemperatureScaling

    given, labels, _ = films
    scaling = TemperatureScaling()
    scaling.fit(given, labels)
    return {
        "ece": float(ECE(10, equal_intervals=False).measure(given, labels)),
        "temperature": np.asarray(scaling.transform(given))[:, 1].tolist(),
    }


def _mapie(films: Films) -> dict[str, Any]:
    """Let mapie conformalise each class on its own films, and take each class from its own sets."""
    from mapie.classification import SplitConformalClassifier
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Said(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """Gives back the probabilities that it is asked about."""

        def fit(self, x: NDArray[np.float64], y: NDArray[np.int64]) -> "Said":
            return self

        def predict(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
            return np.asarray(x.argmax(axis=1))

        def predict_proba(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
            return x / x.sum(axis=1, keepdims=True)

    (known, truth, _), (new, _, _) = halves(films)
    estimator = Said()
    estimator.classes_ = np.arange(3)
    estimator.n_features_in_ = 3
    cells = np.zeros(new.shape, dtype=int)
    for place in range(3):
        one = SplitConformalClassifier(estimator, confidence_level=1 - ALPHA, prefit=True)
        one.conformalize(known[truth == place], truth[truth == place])
        cells[:, place] = one.predict_set(new)[1][:, place, 0]
    return {"sets": cells.tolist()}


def _dcurves(films: Films) -> dict[str, Any]:
    import pandas as pd
    from dcurves import dca

    given, labels, _ = films
    table = pd.DataFrame({"disease": (labels == 1).astype(int), "model": given[:, 1]})

    def net_benefit(prevalence: float | None) -> list[float]:
        found = dca(
            data=table,
            outcome="disease",
            modelnames=["model"],
            thresholds=list(THRESHOLDS),
            prevalence=prevalence,
        )
        rows = found[found["model"] == "model"].sort_values("threshold")
        return [float(value) for value in rows["net_benefit"]]

    return {
        "net_benefit": net_benefit(None),
        "net_benefit_at_prevalence": net_benefit(PREVALENCE),
    }


def _statsmodels(films: Films) -> dict[str, Any]:
    import statsmodels.api as sm

    given, labels, patients = films
    inside = np.clip(given[:, 1], 1e-6, 1 - 1e-6)
    logit = np.log(inside / (1 - inside))
    disease = (labels == 1).astype(float)

    clustered = {"cov_type": "cluster", "cov_kwds": {"groups": patients}, "tol": 1e-12}
    family = sm.families.Binomial()
    slope = sm.GLM(disease, sm.add_constant(logit), family=family).fit(**clustered)
    alone = np.ones((len(logit), 1))
    intercept = sm.GLM(disease, alone, family=family, offset=logit).fit(**clustered)
    # Their correction is P / (P - 1) * (N - 1) / (N - K); ours has the first factor alone.
    more = np.sqrt((len(logit) - 1) / (len(logit) - 2))
    return {
        "slope": float(slope.params[1]),
        "intercept": float(intercept.params[0]),
        "slope_error": float(slope.bse[1] / more),
        "intercept_error": float(intercept.bse[0]),
    }
