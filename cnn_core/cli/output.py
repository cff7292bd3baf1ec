"""What commands write: JSON, tables and the progress line."""

import argparse
import json
import sys
import time

from cnn_core.results.events import EpochDone, Preparing, RunFinished, TrainEvent
from cnn_core.results.history import History

JSON_HELP = "print JSON on standard output and nothing else"
STOPPED = 130  # exit code of a command that Ctrl-C or another's request stopped
_BAR = 24
_REDRAW_SECONDS = 0.2


def add_json(parser: argparse.ArgumentParser) -> None:
    """Let a subcommand take `--json` too; where it does not, what stood before it holds."""
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=JSON_HELP)


def write_json(value: object) -> None:
    """Write one JSON value to standard output."""
    sys.stdout.write(json.dumps(value) + "\n")


def write_line(text: str = "") -> None:
    """Write a line to standard output."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(text + "\n")


def note_error(message: str, hint: str = "") -> None:
    """Say on standard error, in one line, what is wrong and what to do."""
    note(f"error: {message} {hint}".rstrip())


def write_table(header: list[str], rows: list[list[str]]) -> None:
    """Write columns, each as wide as its widest cell."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        write_line(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def seconds_text(seconds: float) -> str:
    """Return a duration as a person says it.

    >>> seconds_text(9.4), seconds_text(75), seconds_text(7320)
    ('9 s', '1 min 15 s', '2 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def percent(share: float | None) -> str:
    """Return a share as a percentage with two decimals, "-" for None.

    >>> percent(0.9909)
    '99.09 %'
    """
    return "-" if share is None else f"{100 * share:.2f} %"


def validation_text(epoch: EpochDone) -> str:
    """Return what validation said after an epoch: its AUROC too where the best epoch goes by it."""
    area = "" if epoch.valid_auroc is None else f", AUROC {epoch.valid_auroc:.3f}"
    return percent(epoch.valid_accuracy) + area


class ProgressLine:
    """A bar on standard error: one line redrawn on a terminal, one line an epoch elsewhere."""

    def __init__(self) -> None:
        self._history = History()
        self._terminal = sys.stderr.isatty()
        self._drawn = 0.0

    def __call__(self, event: TrainEvent) -> None:
        """Show where the run stands after `event`."""
        self._history.extend([event])
        if isinstance(event, Preparing):
            self._prepare(event)
            return
        closing = isinstance(event, EpochDone | RunFinished)
        if self._terminal and (closing or time.monotonic() - self._drawn > _REDRAW_SECONDS):
            self._drawn = time.monotonic()
            sys.stderr.write("\r" + self._text().ljust(100))
            if isinstance(event, RunFinished):
                sys.stderr.write("\n")
            sys.stderr.flush()
        elif not self._terminal and isinstance(event, EpochDone):
            note(self._text())

    def _prepare(self, event: Preparing) -> None:
        """Show work beside training: redrawn on a terminal, one line where it ends elsewhere."""
        whole = event.done >= event.total
        text = f"{event.what}: {event.done:,} of {event.total:,}"
        if event.cached:
            text += f", {event.cached:,} were there already"
        fresh = event.done - event.cached
        if whole:
            text += f", {seconds_text(event.seconds)}"
        elif fresh > 0:
            left = (event.total - event.done) * event.seconds / fresh
            text += f", {seconds_text(left)} left"
        if self._terminal:
            sys.stderr.write("\r" + text.ljust(100) + ("\n" if whole else ""))
            sys.stderr.flush()
        elif whole:
            note(text)

    def _text(self) -> str:
        history = self._history
        filled = round(_BAR * history.progress())
        parts = [f"[{'#' * filled}{'.' * (_BAR - filled)}] {100 * history.progress():3.0f} %"]
        if history.started is not None:
            parts.append(f"epoch {history.epoch}/{history.started.total_epochs}")
        if history.step:
            parts.append(f"loss {history.loss_points().smoothed[-1]:.3f}")
        if history.epochs:
            parts.append(f"validation {validation_text(history.epochs[-1])}")
        pace = history.images_per_second()
        if pace is not None:
            parts.append(f"{pace:,.0f} images/s")
        left = history.remaining_seconds()
        if left is not None and history.progress() < 1:
            parts.append(f"{seconds_text(left)} left")
        return "  ".join(parts)
