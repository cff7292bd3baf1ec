"""Words that pages share: a run's status, estimates, times of day (numbers: `charts.wording`)."""

import time

from cnn_core.charts.wording import percent
from cnn_core.data.datasets import SOURCES
from cnn_core.results.runs import RunRecord, RunStatus
from cnn_core.training.recipes import FILMS

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


def about(seconds: float) -> str:
    """Return an estimate, rounded as estimates should be.

    >>> about(13.2), about(47), about(190)
    ('about 15 s', 'about 45 s', 'about 3 min')
    """
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5)} s"
    return f"about {round(seconds / 60)} min"


def badge(record: RunRecord) -> str:
    """Return the run's status as a coloured badge in Streamlit's Markdown."""
    if record.experiment and record.status == "running":
        return f":{STATUS_COLORS[record.status]}-badge[running]"
    return status_badge(record.status)


def status_badge(status: RunStatus) -> str:
    """Return a status as a coloured badge in Streamlit's Markdown."""
    return f":{STATUS_COLORS[status]}-badge[{STATUS_WORDS[status]}]"


def unofficial(record: RunRecord) -> str:
    """Return a badge that says so where a run's data set is not as published, else "".

    Pictures that nobody has published as a data set of this name (drawn ones, a person's own, films
    of a study) are no copy of anything.
    """
    if record.dataset.official or record.dataset.source not in SOURCES:
        return ""
    return " :gray-badge[unofficial copy]"


def score_in_words(record: RunRecord) -> str:
    """Return a run's score in words; "" where there is none, or where one alone would mislead.

    A run of chest X-ray films is part of a study: its scores are with the study's results.
    """
    if not record.test_accuracy or record.dataset.source == FILMS:
        return ""
    return f"{percent(record.test_accuracy)} of the test set"


def when(moment: float) -> str:
    """Return a time of day, with its date, in the server's time zone."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
