"""A bounded number of places for films: who comes when all are taken is sent away at once.

A place is held from before a film is read from the network until nothing works on it any more,
also where its caller has long been told that it took too long: so memory and work stay bounded.
Safe for many threads.
"""

import math
import threading


class Places:
    """So many places, and how long a film has lately held one.

    Args:
        total: how many.
        workers: how many of them are worked on at the same time.
    """

    def __init__(self, total: int, workers: int) -> None:
        self.total = total
        self._workers = workers
        self._taken = 0
        self._seconds = 0.5
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """How many are taken."""
        with self._lock:
            return self._taken

    def take(self) -> bool:
        """Take a place; whether there was one."""
        with self._lock:
            if self._taken >= self.total:
                return False
            self._taken += 1
            return True

    def give_back(self) -> None:
        """Give a place back that was taken."""
        with self._lock:
            self._taken -= 1

    def worked(self, seconds: float) -> None:
        """Note how long a film was worked on."""
        with self._lock:
            self._seconds += 0.2 * (seconds - self._seconds)

    def retry_after(self) -> int:
        """Return in how many whole seconds a place should be free again, at least 1.

        >>> Places(4, 2).retry_after()
        1
        """
        with self._lock:
            return max(1, math.ceil(self._seconds * self._taken / self._workers))
