"""The prediction log as tables to take away: sums by window and by day, never a case.

Digests and a case's own figures are not in them: whoever has a film and the model could find its
row by its figures (docs/decisions/0016).
"""

import datetime
from collections.abc import Sequence

from cnn_core.results.monitoring import DriftReport, LoggedCase, Volume
from cnn_core.results.spreadsheet import csv_text
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.monitoring import volume
from cnn_core.runtime.watched_windows import NumberedWindow

FEWEST_TOGETHER = 10
"""Cases of a day below which a table gives their number alone: no figure of a single case."""

_VOLUME = (
    *("cases", "referred_or_refused", "referred_or_refused_low", "referred_or_refused_high"),
    *("refused", "refused_low", "refused_high", "seconds_p50", "seconds_p95", "seconds_p99"),
)


def windows_csv(windows: Sequence[NumberedWindow], report: DriftReport | None) -> str:
    """Return a row a window: rates and latency, and p of each test where it was compared.

    Args:
        windows: of `windows_of`.
        report: of the watch over drift; None: there was nothing to compare with.
    """
    judged = {each.number: each for each in report.windows} if report else {}
    codes = [test.code for test in report.windows[0].tests] if report and report.windows else []
    header = (
        *("window", "first_case", "last_case", "began_utc", "ended_utc", *_VOLUME),
        *(f"p_{code}".replace("-", "_") for code in codes),
        *("changed", "alarm", "compared_with", "statement"),
    )

    def row(place: int, window: NumberedWindow) -> tuple[object, ...]:
        found = judged.get(window.number)
        return (
            *(window.number, window.cases[0].number, window.cases[-1].number),
            *(
                _utc(case).strftime("%Y-%m-%d %H:%M")
                for case in (window.cases[0], window.cases[-1])
            ),
            *_figures(volume(window.cases)),
            *([f"{test.adjusted:.3g}" for test in found.tests] if found else [None] * len(codes)),
            *((int(found.changed), int(found.alarm)) if found else (None, None)),
            report.reference if report and found else None,
            None if place else STATEMENT,
        )

    return csv_text(header, (row(place, window) for place, window in enumerate(windows)))


def days_csv(cases: Sequence[LoggedCase]) -> str:
    """Return a row a day (UTC): how many cases, and of days with some, rates and latency.

    Args:
        cases: of one model.
    """
    days: dict[str, list[LoggedCase]] = {}
    for case in cases:
        days.setdefault(_utc(case).strftime("%Y-%m-%d"), []).append(case)
    empty = (None,) * (len(_VOLUME) - 1)
    return csv_text(
        ("day_utc", *_VOLUME, "statement"),
        (
            (
                day,
                *(
                    _figures(volume(days[day]))
                    if len(days[day]) >= FEWEST_TOGETHER
                    else (len(days[day]), *empty)
                ),
                None if place else STATEMENT,
            )
            for place, day in enumerate(sorted(days))
        ),
    )


def _figures(found: Volume) -> tuple[object, ...]:
    """Return a volume with cases under `_VOLUME`."""
    numbers: list[float] = []
    for rate in (found.referred, found.refused):
        numbers += (rate[0], *rate[1]) if rate else ()
    numbers += found.seconds or ()
    return (found.cases, *(round(number, 4) for number in numbers))


def _utc(case: LoggedCase) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(case.at, tz=datetime.UTC)
