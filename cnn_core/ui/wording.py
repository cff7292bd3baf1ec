"""How numbers are said to a person: durations, shares, counts, times of day."""

import time

from cnn_core.results.runs import RunRecord

STATUS_WORDS = {
    "queued": "waiting",
    "running": "training",
    "finished": "finished",
    "stopped": "stopped",
    "interrupted": "interrupted",
    "failed": "failed",
    "diverged": "diverged",
}
STATUS_COLORS = {
    "queued": "gray",
    "running": "blue",
    "finished": "green",
    "stopped": "gray",
    "interrupted": "orange",
    "failed": "red",
    "diverged": "red",
}


def duration(seconds: float) -> str:
    """Return a duration as a person says it.

    >>> duration(0.84), duration(9.44), duration(75), duration(7300)
    ('0.8 s', '9.4 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about(seconds: float) -> str:
    """Return an estimate, rounded as estimates should be.

    >>> about(13.2), about(47), about(190)
    ('about 15 s', 'about 45 s', 'about 3 min')
    """
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5)} s"
    return f"about {round(seconds / 60)} min"


def percent(share: float | None, digits: int = 2) -> str:
    """Return a share as a percentage.

    >>> percent(0.9909), percent(None)
    ('99.09 %', 'not yet')
    """
    return "not yet" if share is None else f"{100 * share:.{digits}f} %"


def badge(record: RunRecord) -> str:
    """Return the run's status as a coloured badge in Streamlit's Markdown."""
    return f":{STATUS_COLORS[record.status]}-badge[{STATUS_WORDS[record.status]}]"


def when(moment: float) -> str:
    """Return a time of day, with its date, in the server's time zone."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
