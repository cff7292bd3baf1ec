"""The eight looks at one window of cases, corrected together.

A figure that too few cases have is not judged: its p is 1, and the sentence says why. Pure and
seeded, for any thread.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.wording import counted
from cnn_core.results.chance import percent
from cnn_core.results.monitoring import DriftSample, DriftTest
from cnn_core.xray.drift_kernel import discrepancy_test
from cnn_core.xray.drift_null import holm, index_test, rate_test, two_sample, usual_index

FEWEST = 20
"""Cases of a window below which a test is not judged."""


def window_tests(
    reference: DriftSample, seen: DriftSample, *, seed: int = 0
) -> tuple[DriftTest, ...]:
    """Return all looks at one window, corrected together by Holm.

    Args:
        reference: what it is held against.
        seen: the window's cases, each patient once, at least one.
        seed: of what is drawn for null distributions.
    """
    found = [
        _index(reference.scores, seen.scores, seed),
        _two_sample("score", "Triage score", reference.scores, seen.scores),
        _two_sample("distance", "Distance to known films", reference.distances, seen.distances),
        _two_sample("brightness", "Raw brightness", reference.brightness, seen.brightness),
        _two_sample("contrast", "Raw contrast", reference.contrast, seen.contrast),
        _discrepancy(reference.projections, seen.projections, seed),
        _rate("referral-rate", "Referral rate", reference.referred, seen.referred),
        _rate("gate-rate", "Refusal rate", reference.refused, seen.refused),
    ]
    adjusted = holm([test.p for test in found])
    return tuple(
        replace(test, adjusted=float(each)) for test, each in zip(found, adjusted, strict=True)
    )


def _test(code: str, title: str, statistic: float, p: float, sentence: str) -> DriftTest:
    return DriftTest(
        code=code, title=title, statistic=statistic, p=p, adjusted=1.0, sentence=sentence
    )


def _unjudged(code: str, title: str, known: int, seen: int) -> DriftTest:
    return _test(
        code,
        title,
        float("nan"),
        1.0,
        f"Not judged: {counted(seen, 'case')} of the window and {known:,} of the reference have "
        f"this figure, and {FEWEST} of each are needed.",
    )


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.isfinite(values)]


def _index(reference: NDArray[np.float64], window: NDArray[np.float64], seed: int) -> DriftTest:
    code, title = "psi-score", "Triage score, population stability index"
    known, seen = _finite(reference), _finite(window)
    if min(len(known), len(seen)) < FEWEST:
        return _unjudged(code, title, len(known), len(seen))
    index, p = index_test(known, seen, seed=seed)
    usual = usual_index(known, len(seen), seed=seed)
    return _test(
        code,
        title,
        index,
        p,
        f"The index is {index:.2f}; 99 of 100 unchanged windows of {counted(len(seen), 'case')} "
        f"stay at or below {usual:.2f}.",
    )


def _two_sample(
    what: str, title: str, reference: NDArray[np.float64], window: NDArray[np.float64]
) -> DriftTest:
    code, whole = f"ks-{what}", f"{title}, Kolmogorov-Smirnov"
    known, seen = _finite(reference), _finite(window)
    if min(len(known), len(seen)) < FEWEST:
        return _unjudged(code, whole, len(known), len(seen))
    statistic, p = two_sample(known, seen)
    return _test(
        code,
        whole,
        statistic,
        p,
        f"The shares below a value differ by up to {statistic:.2f}; the median is "
        f"{np.median(seen):.3g}, that of the reference {np.median(known):.3g}.",
    )


def _discrepancy(
    reference: NDArray[np.float32], window: NDArray[np.float32], seed: int
) -> DriftTest:
    code, title = "mmd", "Embeddings, maximum mean discrepancy"
    known, seen = (each[np.isfinite(each).all(axis=1)] for each in (reference, window))
    if min(len(known), len(seen)) < FEWEST:
        return _unjudged(code, title, len(known), len(seen))
    value, p = discrepancy_test(known, seen, seed=seed)
    return _test(
        code,
        title,
        value,
        p,
        f"The squared discrepancy is {value:.4f}; of unchanged windows it is 0 on average.",
    )


def _rate(
    code: str, title: str, reference: NDArray[np.bool_], window: NDArray[np.bool_]
) -> DriftTest:
    known, m, seen, n = int(reference.sum()), len(reference), int(window.sum()), len(window)
    return _test(
        code,
        title,
        seen / n,
        rate_test(known, m, seen, n),
        f"{seen} of {n} cases ({percent(seen / n)}); of the reference {known:,} of {m:,} "
        f"({percent(known / m)}).",
    )
