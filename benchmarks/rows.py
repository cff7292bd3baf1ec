"""A measured figure beside its baseline: medians, quartiles, ratio, and whether it meets its bar.

There is no way to make a row without a baseline.
"""

import dataclasses
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What a row has to reach: its `value` or its `ratio`, at most or at least `limit`."""

    of: Literal["value", "ratio"]
    at_most: float | None = None
    at_least: float | None = None

    def holds(self, row: "Row") -> bool:
        """Whether `row` reaches it."""
        figure = row.value if self.of == "value" else row.ratio
        return (self.at_most is None or figure <= self.at_most) and (
            self.at_least is None or figure >= self.at_least
        )

    def __str__(self) -> str:
        low = "" if self.at_least is None else f" >= {self.at_least:g}"
        high = "" if self.at_most is None else f" <= {self.at_most:g}"
        return f"{self.of}{low}{high}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a report; made by `compare`.

    Attributes:
        value: median of the samples (or the percentile that `name` says), in `unit`.
        baseline: the same of the baseline's samples.
        ratio: value / baseline.
        spread: first and third quartile of the samples of each side.
        samples: all of them, in the order in which they were taken.
    """

    name: str
    unit: str
    value: float
    baseline: float
    ratio: float
    spread: dict[str, tuple[float, float]]
    samples: dict[str, list[float]]
    bar: Bar | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object; `bar` is text, `holds` null where there is none."""
        body = {key: _rounded(value) for key, value in dataclasses.asdict(self).items()}
        body["bar"] = None if self.bar is None else str(self.bar)
        body["holds"] = None if self.bar is None else self.bar.holds(self)
        return body


def compare(
    name: str,
    *,
    unit: str,
    samples: Sequence[float],
    baseline: Sequence[float],
    percentile: int = 50,
    bar: Bar | None = None,
) -> Row:
    """Return the row of `samples` against `baseline`, both taken in this run, alternating.

    Raises:
        ValueError: a side is empty, or the baseline's figure is nought.

    >>> row = compare("images", unit="images/s", samples=[30, 31, 35], baseline=[10, 9, 11])
    >>> row.value, row.baseline, row.ratio
    (31, 10, 3.1)
    """
    if not samples or not baseline:
        missing = "no baseline" if samples else "no sample"
        raise ValueError(f"expected samples of both sides of {name!r}, got {missing}")
    value, base = percentile_of(samples, percentile), percentile_of(baseline, percentile)
    if not base > 0:
        raise ValueError(f"expected a baseline above nought for {name!r}, got {base:g}")
    return Row(
        name=name,
        unit=unit,
        value=value,
        baseline=base,
        ratio=value / base,
        spread={"value": _quartiles(samples), "baseline": _quartiles(baseline)},
        samples={"value": list(samples), "baseline": list(baseline)},
        bar=bar,
    )


def percentile_of(samples: Sequence[float], percentile: int) -> float:
    """Return the percentile (1 to 99) by linear interpolation; 50 is the median.

    >>> percentile_of([1.0, 2.0, 3.0], 50), percentile_of([4.0], 95)
    (2.0, 4.0)
    """
    if percentile == 50:
        return statistics.median(samples)
    return _cuts(samples, 100)[percentile - 1]


def _quartiles(samples: Sequence[float]) -> tuple[float, float]:
    low, _, high = _cuts(samples, 4)
    return low, high


def _cuts(samples: Sequence[float], parts: int) -> list[float]:
    twice = [*samples, *samples] if len(samples) == 1 else samples
    return statistics.quantiles(twice, n=parts, method="inclusive")


def _rounded(value: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Return `value` with its numbers at five significant digits."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
