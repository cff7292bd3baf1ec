"""A chart is drawn once for all who look at it: fifteen viewers of a run cost what one does.

Equal versions of one history draw equal charts, so what was drawn last is kept beside the history
for as long as somebody holds that. Streamlit's sessions draw in threads of their own: whoever comes
first draws, the others wait for it.
"""

import threading
import weakref
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from cnn_core.results.history import History

T = TypeVar("T")

_KEPT = 64  # charts of one history, the newest: sliders have many places


class _Drawings:
    """What was drawn of one history: for each chart and its options the version and the result."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.kept: dict[Hashable, tuple[tuple[int, ...], Any]] = {}


_drawings: weakref.WeakKeyDictionary[History, _Drawings] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def drawn_once(
    draw: Callable[..., T], history: History | Sequence[History], **options: Hashable
) -> T:
    """Return `draw(history, **options)`, drawn anew only if a history has moved on.

    Args:
        draw: a function of `cnn_core.charts` that returns an ECharts option, or its sentence.
        history: what it draws: one, or those of a group's seeds, at least one.
        options: the function's other arguments.

    Returns:
        What `draw` returned, an option with its frames as Arrow tables, which Streamlit sends as
        they are. It is everybody's: not to be changed.
    """
    several = [history] if isinstance(history, History) else history
    with _lock:
        drawings = _drawings.setdefault(several[0], _Drawings())
    key = (draw, *map(id, several), *sorted(options.items()))
    with drawings.lock:
        # Before drawing: events that come meanwhile are drawn next time.
        versions = tuple(each.version for each in several)
        found = drawings.kept.get(key)
        if found is None or found[0] != versions:
            found = versions, _with_arrow(draw(history, **options))
            drawings.kept.pop(key, None)
            drawings.kept[key] = found
            while len(drawings.kept) > _KEPT:
                drawings.kept.pop(next(iter(drawings.kept)))
    drawn: T = found[1]
    return drawn


def _with_arrow(drawn: T) -> T:
    """Put Arrow tables into the place of an option's data frames."""
    if isinstance(drawn, dict):
        for dataset in drawn["baseOption"]["dataset"]:
            if isinstance(dataset["source"], pd.DataFrame):
                dataset["source"] = pa.Table.from_pandas(dataset["source"], preserve_index=False)
    return drawn
