"""What was found lately, so that drawing a page again computes nothing again.

Least recently used out by bytes. Arrays are shared by all who ask, so they are made read-only, and
copied where they are a view of something larger, so that nothing else is kept alive by them. Safe
to call from any number of threads.
"""

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, TypeVar

import numpy as np

Value = TypeVar("Value")

_OVERHEAD = 1024  # bytes an entry costs beside its arrays


class Recent:
    """Values by key, at most `budget_bytes` of them; None is no value.

    >>> recent = Recent(budget_bytes=10_000)
    >>> recent.keep("maps", np.zeros(500)) is recent.get("maps")
    True
    >>> recent.get("filters") is None
    True
    """

    def __init__(self, *, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._total = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:  # noqa: ANN401 - whatever was kept
        """Return what is kept under `key`, None if nothing is."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def keep(self, key: Hashable, value: Value) -> Value:
        """Return `value` with arrays of its own, read-only, and keep it unless it is too large."""
        value, size = owned(value)
        size += _OVERHEAD
        with self._lock:
            if size <= self._budget:
                self._total += size - self._values.pop(key, (None, 0))[1]
                self._values[key] = value, size
            while self._total > self._budget:
                self._total -= self._values.popitem(last=False)[1][1]
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._total = 0


def owned(value: Any) -> tuple[Any, int]:  # noqa: ANN401 - a dataclass, tuple or array
    """Return `value` with every array in it read-only and its own, and the arrays' bytes.

    >>> rows = np.zeros((4, 2), np.float32)
    >>> copy, size = owned((rows[:1], "name"))
    >>> copy[0].base is None, copy[0].flags.writeable, size
    (True, False, 8)
    """
    if isinstance(value, np.ndarray):
        array = value if value.base is None else value.copy()
        array.flags.writeable = False
        return array, array.nbytes
    if isinstance(value, list | tuple):
        parts = [owned(part) for part in value]
        return type(value)(part for part, _ in parts), sum(size for _, size in parts)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: owned(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
        changed = {name: part for name, (part, _) in fields.items()}
        return dataclasses.replace(value, **changed), sum(size for _, size in fields.values())
    return value, 0
