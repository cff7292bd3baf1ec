"""Retention of the prediction log where nobody logs or looks: a thread that wakes by the hour.

It is started with the app and with the service, one a process and log; without a number of days
(`CNN_LAB_LOG_DAYS`) there is none.
"""

import threading
import time
from collections.abc import Callable
from functools import lru_cache

from cnn_core.runtime.prediction_log import PredictionLog, open_log
from cnn_core.settings import Settings

WAKE_SECONDS = 3_600.0
"""Between two looks whether a day has passed: a machine may sleep."""


def keep_retention(settings: Settings) -> threading.Thread | None:
    """Have the log of this machine forget what is too old from now on; None: it keeps all."""
    return _thread(open_log(settings)) if settings.log_days else None


def retain_daily(log: PredictionLog, wait: Callable[[float], object] = time.sleep) -> None:
    """Let a log forget what is too old: now, and whenever a day has passed. Does not return.

    Args:
        log: with a number of days.
        wait: is told how many seconds there are until the next look.
    """
    while True:
        if log.stamp():
            log.retain()
        wait(WAKE_SECONDS)


@lru_cache(maxsize=8)
def _thread(log: PredictionLog) -> threading.Thread:
    made = threading.Thread(target=retain_daily, args=(log,), name="log-retention", daemon=True)
    made.start()
    return made
