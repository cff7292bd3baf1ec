"""Conduct an experiment: its trials one after the other, each an event of the run.

Called by `runtime.execute` in place of a training, with the device's lock held. A trial that is
done is never run again: a run that was stopped or killed goes on after the last `TrialDone`, and
what stood of the trial under way is dropped. A trial is a function of its settings and its seed, so
that the figures are those of a run that was never interrupted.
"""

import importlib
import itertools
import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from cnn_core.concepts.experiment import Experiment, Planned, Seen, StopAsked
from cnn_core.concepts.settings import ExperimentSettings
from cnn_core.errors import DataError
from cnn_core.results.events import Preparing, RunFinished, RunStarted, TrainEvent
from cnn_core.results.runs import RunRecord
from cnn_core.results.trial_events import TrialDone, TrialPoint
from cnn_core.runtime import queue
from cnn_core.runtime.devices import choose_device, detect_devices
from cnn_core.runtime.experiment_data import describe_data, open_data
from cnn_core.runtime.experiments import THREADS, chosen_of, standing_of, to_come
from cnn_core.runtime.kept import note_other_machine
from cnn_core.runtime.memory import note_kills
from cnn_core.runtime.stopping import StopFlag
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings

POINT_SECONDS = 0.1
MOST_POINTS = 60
"""Of a trial's curve, as it is kept."""

Report = Callable[[TrainEvent], None]


def conduct(store: RunStore, record: RunRecord, stop: StopFlag, report: Report) -> None:
    """Run the experiment's trials that are not done yet, and write how it ended.

    Args:
        store: where the run is.
        record: an experiment's, adopted by this process.
        stop: looked at between trials and whenever a trial yields.
        report: called with each event after it was written.

    Raises:
        CnnLabError: a trial, or opening the data, failed; trials that are done stay done.
    """
    experiment, chosen = chosen_of(record)
    planned = experiment.plan(chosen)
    note_kills(store.run_folder(record.id))
    last = _drop_points(store, record.id, 0)
    stood = standing_of(store, record.id)
    left = to_come(planned, stood.trials)
    done = len(planned) - len(left)
    settings = replace(Settings.from_environment(), runs=store.folder)
    device = torch.device(choose_device(record.device, detect_devices()))
    clock = _Clock(before=stood.elapsed_seconds)

    def emit(event: TrainEvent) -> None:
        store.append(record.id, event)
        report(event)

    def finish(status: str) -> None:
        elapsed = clock.elapsed()
        emit(
            RunFinished(
                step=done,
                epoch=0,
                status=status,
                train_seconds=elapsed,
                elapsed_seconds=elapsed,
                images_per_second=0.0,
                best_epoch=0,
            )
        )
        queue.end(store, record.id, status)

    with _few_threads():
        emit(_started(record, done=done, total=len(planned), device=str(device)))
        if done:
            note_other_machine(store, record, done)
        if left and not stop.asked:
            trials = importlib.import_module(experiment.trials)
            data = _data(settings, experiment, chosen, record, emit, stop)
            with suppress(StopAsked):  # the loop ends at once
                prepared = trials.prepare(chosen, data, device)
        for each in left:
            if stop.asked:
                break
            torch.manual_seed(each.seed)  # a trial draws from its own; this is against slips
            run = trials.run_trial(each, chosen, prepared)
            ended = _follow(run, each, done, emit, stop, clock)
            if ended is None:
                break
            emit(ended)
            done = ended.step
            last = _drop_points(store, record.id, last)
    _drop_points(store, record.id, last)
    finish("finished" if done == len(planned) else "stopped")


@dataclass(kw_only=True)
class _Clock:
    """Seconds over all legs."""

    before: float
    begun: float = 0.0

    def __post_init__(self) -> None:
        self.begun = time.perf_counter()

    def elapsed(self) -> float:
        return self.before + time.perf_counter() - self.begun


def _follow(
    run: Generator[Seen, None, dict[str, float]],
    planned: Planned,
    done: int,
    emit: Report,
    stop: StopFlag,
    clock: _Clock,
) -> TrialDone | None:
    """Run a trial to its end, telling how far it has come; None if a stop was asked for."""
    begun = time.perf_counter()
    told = begun - POINT_SECONDS
    seen: list[Seen] = []
    while True:
        try:
            now = next(run)
        except StopIteration as ended:
            figures: dict[str, float] = ended.value
            break
        if stop.asked:
            run.close()
            return None
        if not math.isfinite(now.loss):
            continue
        seen.append(now)
        if time.perf_counter() - told >= POINT_SECONDS:
            told = time.perf_counter()
            emit(
                TrialPoint(
                    step=done,
                    arm=planned.arm,
                    condition=planned.condition,
                    seed=planned.seed,
                    at=now.at,
                    of=now.of,
                    loss=now.loss,
                    accuracy=now.accuracy,
                )
            )
    measured = {name: float(value) for name, value in figures.items() if math.isfinite(value)}
    curve = curve_of(seen)
    return TrialDone(
        step=done + 1,
        arm=planned.arm,
        condition=planned.condition,
        seed=planned.seed,
        names=list(measured),
        figures=list(measured.values()),
        at=[point.at for point in curve],
        losses=[point.loss for point in curve],
        accuracies=[point.accuracy for point in curve if point.accuracy is not None],
        seconds=time.perf_counter() - begun,
        elapsed_seconds=clock.elapsed(),
    )


def curve_of(seen: Sequence[Seen], most: int = MOST_POINTS) -> list[Seen]:
    """Return at most `most` points of a trial's curve, the last among them.

    Where an accuracy was measured, the points are those that have one. Each point's loss is the
    mean over the steps since the point before it.

    >>> parts = [Seen(at=10, of=30, loss=3.0), Seen(at=30, of=30, loss=1.5, accuracy=0.5)]
    >>> curve_of(parts)
    [Seen(at=30, of=30, loss=2.0, accuracy=0.5)]
    """
    measured = [place for place, each in enumerate(seen) if each.accuracy is not None]
    places = measured or list(range(len(seen)))
    if len(places) > most:
        places = [places[-1 - round(k * (len(places) - 1) / (most - 1))] for k in range(most)][::-1]
    curve: list[Seen] = []
    first, since = 0, 0
    for place in places:
        total, before = 0.0, since
        for each in seen[first : place + 1]:
            total += each.loss * (each.at - before)
            before = each.at
        last = seen[place]
        steps = last.at - since
        curve.append(replace(last, loss=total / steps if steps else last.loss))
        first, since = place + 1, last.at
    return curve


def _started(record: RunRecord, *, done: int, total: int, device: str) -> RunStarted:
    return RunStarted(
        step=done,
        epoch=0,
        total_steps=total,
        total_epochs=1,
        steps_per_epoch=total,
        train_size=record.dataset.train_size,
        valid_size=record.dataset.valid_size,
        device=device,
        threads=THREADS,
        parameters=0,
    )


def _drop_points(store: RunStore, run_id: str, after: int) -> int:
    """Forget the points of trials after event `after`, and what was told before the first one.

    Done trials keep their curve.

    Returns:
        The last event's sequence number.
    """
    events = store.events(run_id, after=after)
    passing = TrialPoint | Preparing
    for pointed, group in itertools.groupby(events, lambda each: isinstance(each[1], passing)):
        if pointed:  # what stands between the points of two trials or legs is kept
            points = [seq for seq, _ in group]
            store.drop_events_after(run_id, points[0] - 1, until=points[-1])
    return events[-1][0] if events else after


def _data(
    settings: Settings,
    experiment: Experiment,
    chosen: ExperimentSettings,
    record: RunRecord,
    emit: Report,
    stop: StopFlag,
) -> Any:  # noqa: ANN401 - what the experiment's `prepare` takes
    """Return the data of the run, if it is still what it was.

    Raises:
        DataError: it cannot be read, or has changed.
    """
    location = record.dataset.location
    folder = Path(location) if location else None
    data = open_data(
        settings, experiment, chosen, folder, report=emit, asked_to_stop=lambda: stop.asked
    )
    if describe_data(data).fingerprint != record.dataset.fingerprint:
        raise DataError(
            f"The pictures of {record.dataset.name} have changed since this run was made.",
            hint="Start a new run with the data as it is now.",
        )
    return data


@contextmanager
def _few_threads() -> Iterator[None]:
    """Let torch and the libraries beside it compute in `THREADS` threads, and as before after."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        with threadpool_limits(THREADS):
            yield
    finally:
        torch.set_num_threads(before)
