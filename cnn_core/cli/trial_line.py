"""How far an experiment has come, on standard error: one line redrawn, or now and then a line."""

import sys
import time
from collections.abc import Callable

from cnn_core.cli.output import note, percent, seconds_text
from cnn_core.concepts.experiment import Experiment, Planned
from cnn_core.results.events import Preparing, RunFinished, RunStarted, TrainEvent
from cnn_core.results.runs import RunRecord
from cnn_core.results.trial_events import TrialDone, TrialPoint
from cnn_core.runtime.experiments import chosen_of, weight_of

_BAR = 24
_REDRAW_SECONDS = 0.2
_LINE_SECONDS = 10.0


def trial_line(record: RunRecord) -> Callable[[TrainEvent], None]:
    """Return what shows where this experiment's run stands after an event.

    Raises:
        UnknownNameError, DataError: as `experiments.chosen_of`.
    """
    experiment, chosen = chosen_of(record)
    return TrialLine(experiment, experiment.plan(chosen))


class TrialLine:
    """A bar on standard error: redrawn on a terminal, a line every ten seconds elsewhere."""

    def __init__(self, experiment: Experiment, planned: tuple[Planned, ...]) -> None:
        self._names, self._planned = experiment.names, planned
        self._done = 0
        self._share = 0.0  # of the trial under way
        self._elapsed = 0.0
        self._terminal = sys.stderr.isatty()
        self._drawn = 0.0

    def __call__(self, event: TrainEvent) -> None:
        """Show where the experiment stands after `event`."""
        what = ""
        match event:
            case RunStarted():
                self._done = event.step
            case Preparing():
                what = f"{event.what}: {event.done:,} of {event.total:,}"
            case TrialPoint():
                self._share = event.at / event.of if event.of else 0.0
                what = self._describe(event)
            case TrialDone():
                self._done, self._share = event.step, 0.0
                self._elapsed = event.elapsed_seconds
                what = self._describe(event)
        closing = isinstance(event, RunFinished) or self._done == len(self._planned)
        pause = _REDRAW_SECONDS if self._terminal else _LINE_SECONDS
        if not closing and time.monotonic() - self._drawn < pause:
            return
        self._drawn = time.monotonic()
        if self._terminal:
            sys.stderr.write("\r" + self._text(what).ljust(100))
            sys.stderr.write("\n" if isinstance(event, RunFinished) else "")
            sys.stderr.flush()
        elif not isinstance(event, RunFinished | RunStarted):
            note(self._text(what))

    def _describe(self, event: TrialPoint | TrialDone) -> str:
        arm, condition = (self._names.get(name, name) for name in (event.arm, event.condition))
        where = f", {condition}" if condition else ""
        told = ""
        if isinstance(event, TrialPoint):
            right = "" if event.accuracy is None else f", {percent(event.accuracy)} right"
            told = f": loss {event.loss:.3f}{right}"
        return f"{arm}{where}, seed {event.seed}{told}"

    def _text(self, what: str) -> str:
        whole = weight_of(self._planned)
        done = weight_of(self._planned[: self._done])
        current = self._planned[self._done].weight if self._done < len(self._planned) else 0.0
        share = (done + self._share * current) / whole if whole else 1.0
        filled = round(_BAR * share)
        parts = [f"[{'#' * filled}{'.' * (_BAR - filled)}] {100 * share:3.0f} %"]
        parts.append(f"trial {min(self._done + 1, len(self._planned))}/{len(self._planned)}")
        if what:
            parts.append(what)
        if self._done and share < 1:
            parts.append(f"{seconds_text(self._elapsed / done * (whole - done))} left")
        return "  ".join(parts)
