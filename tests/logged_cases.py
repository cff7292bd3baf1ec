"""Cases as the prediction log keeps them, for tests: plain ones, and a log that holds some."""

import dataclasses

import numpy as np

from cnn_core.results.monitoring import LoggedCase
from cnn_core.runtime.log_database import writing
from cnn_core.runtime.log_rows import insert
from cnn_core.runtime.prediction_log import PredictionLog

MODEL = "a" * 64


def logged_case(number=0, **given):
    """Return a case; whatever is given is otherwise."""
    routine = {
        "id": f"{number:032x}",
        "at": 1_700_000_000.0 + 60 * number,
        "channel": "page",
        "model": MODEL,
        "image": f"{number:032x}",
        "patient": f"{number:032x}",
        "decision": "routine",
        "reason": "routine",
        "score": 0.125,
        "probabilities": (0.875, 0.0625, 0.0625),
        "gate_distance": 0.25,
        "brightness": 0.5,
        "contrast": 0.25,
        "projection": tuple(range(16)),
        "seconds": 0.5,
    }
    return LoggedCase(**{**routine, **given})


def traffic(count, *, seed=0, bright=0.5):
    """Return cases of which a third is referred and one in twenty refused."""
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        drawn = rng.random()
        decision = "refused" if drawn < 0.05 else "refer" if drawn < 0.4 else "routine"
        known = decision != "refused"
        cases.append(
            logged_case(
                number,
                decision=decision,
                reason={"refused": "known", "refer": "score"}.get(decision, "routine"),
                score=float(rng.beta(2, 5)) if known else None,
                probabilities=(0.5, 0.25, 0.25) if known else (),
                gate_distance=float(rng.normal(0.3, 0.05)),
                brightness=float(rng.normal(bright, 0.05)),
                contrast=float(rng.normal(0.25, 0.03)),
                projection=tuple(rng.normal(size=16).tolist()),
                seconds=float(rng.gamma(4, 0.1)),
            )
        )
    return cases


def filled_log(home, cases):
    """Return a log with these cases, which are written at once: one by one takes 7 ms each."""
    log = PredictionLog(home)
    log._prepare()
    with writing(log._path) as connection:
        for case in cases:
            insert(connection, case, sampled=case.sampled)
    return log


def numbered(cases, first=1):
    """Return cases under the numbers that a log would give them."""
    return [dataclasses.replace(case, number=n) for n, case in enumerate(cases, start=first)]
