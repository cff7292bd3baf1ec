"""How far the pictures of an experiment have been read, and whether to go on. Without torch."""

import dataclasses
import time
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from cnn_core.concepts.experiment import StopAsked
from cnn_core.results.events import Preparing

_REPORT_SECONDS = 0.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Watch:
    """Who is told how far it is, and who says whether it is to go on."""

    report: Callable[[Preparing], None]
    asked_to_stop: Callable[[], bool]

    def stacked(
        self, what: str, total: int, made: Iterable[NDArray[np.uint8]]
    ) -> NDArray[np.uint8]:
        """Return the pictures of `made`, uint8 of one shape, stacked.

        Twice a second, and then at the end, it is told how many of `total` there are.

        Raises:
            StopAsked: a stop was asked for.
        """
        begun = told = time.monotonic()
        done: list[NDArray[np.uint8]] = []
        for each in made:
            done.append(each)
            if self.asked_to_stop():
                raise StopAsked
            now = time.monotonic()
            if now - told >= _REPORT_SECONDS or (told > begun and len(done) == total):
                told = now
                self.report(Preparing(what=what, done=len(done), total=total, seconds=now - begun))
        return np.stack(done)
