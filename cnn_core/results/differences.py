"""What a change did: each figure after minus before, paired by seed, with its interval.

Of two seeds or more the interval is Student's over the differences seed by seed. Of one seed the
test accuracy alone has one: of the pictures that just one of the two networks gets right. It says
nothing of what another seed would give, and the sentence says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.chance import paired_interval, percent, points
from cnn_core.results.history import History
from cnn_core.results.metrics import mean_interval
from cnn_core.results.runs import RunRecord, RunStatus
from cnn_core.results.studied import Studied
from cnn_core.results.verdict import Difference
from cnn_core.results.verdict_figures import run_share

Right = NDArray[np.bool_]
_ENDINGS: dict[RunStatus, str] = {
    "queued": "wait",
    "running": "still train",
    "finished": "finished",
    "stopped": "were stopped",
    "interrupted": "were interrupted",
    "failed": "failed",
    "diverged": "diverged",
}
_Of = Callable[[RunRecord, History], float | None]
_Pair = tuple[tuple[RunRecord, History], tuple[RunRecord, History]]


def _gap(record: RunRecord, history: History) -> float | None:
    train, valid = run_share(history, "train_accuracy"), run_share(history, "valid_accuracy")
    return None if train is None or valid is None else train - valid


@dataclass(frozen=True, kw_only=True)
class _Figure:
    id: str
    what: str
    of: _Of
    seconds: bool = False


_FIGURES = (
    _Figure(id="test-accuracy", what="test accuracy", of=lambda run, _: run.test_accuracy),
    _Figure(
        id="valid-accuracy",
        what="validation accuracy of the last epochs",  # the best of more epochs is better by luck
        of=lambda _, history: run_share(history, "valid_accuracy"),
    ),
    _Figure(id="gap", what="generalisation gap (training less validation accuracy)", of=_gap),
    _Figure(
        id="train-accuracy",
        what="training accuracy, scored as validation is",
        of=lambda _, history: run_share(history, "train_accuracy"),
    ),
    _Figure(
        id="seconds",
        what="seconds of the whole run, with the frozen part's pass (shorter where it was cached)",
        of=lambda run, history: run.total_seconds + history.prepared_seconds,
        seconds=True,
    ),
)


def differences(
    before: Studied, after: Studied, *, right: Mapping[int, tuple[Right, Right]] | None = None
) -> tuple[Difference, ...]:
    """Return what a change did, figure by figure; () before a seed has finished on both sides.

    Args:
        before: the runs without the change.
        after: those with it.
        right: by seed, which of the test pictures that both networks looked at each got right,
            bool `(N,)` each; a pair's test accuracies are then those of these pictures.
    """
    pairs = _pairs(before, after)
    known_right = right or {}
    found = []
    for figure in _FIGURES if pairs else ():
        tested = figure.id == "test-accuracy"
        if tested and not known_right and _tested_on_other_pictures(pairs):
            continue
        values: list[tuple[float | None, float | None]] = []
        for one, other in pairs:
            same = known_right.get(one[0].config.seed) if tested else None
            if same is not None:
                values.append((float(same[0].mean()), float(same[1].mean())))
            elif not (tested and known_right):
                values.append((figure.of(*one), figure.of(*other)))
        known = [(one, other) for one, other in values if one is not None and other is not None]
        if known:
            alone = len(known) == 1 and tested
            given = next(iter(known_right.values()), None) if alone else None
            found.append(_difference(figure, known, given))
    return tuple(found)


def _tested_on_other_pictures(pairs: Sequence[_Pair]) -> bool:
    """Whether one side of a pair was tested on more pictures than the other."""
    return any(
        one.finished is not None
        and other.finished is not None
        and one.finished.test_size != other.finished.test_size
        for (_, one), (_, other) in pairs
    )


def endings_sentence(before: Studied, after: Studied) -> str:
    """Return how the runs ended where not all of them have finished; "" where all have."""
    sides = []
    for words, studied in (("without the change", before), ("with it", after)):
        statuses = [run.status for run in studied.records]
        ended = [
            f"{statuses.count(status)} {_ENDINGS[status]}" for status in dict.fromkeys(statuses)
        ]
        sides.append(f"{words} {' and '.join(ended)}")
    finished = all(run.status == "finished" for run in (*before.records, *after.records))
    return "" if finished else f"Of the runs {sides[0]}, {sides[1]}."


def _pairs(before: Studied, after: Studied) -> list[_Pair]:
    """Return the finished runs of equal seeds; of a seed that ran twice, the one that came last."""

    def by_seed(studied: Studied) -> dict[int, tuple[RunRecord, History]]:
        both = zip(studied.records, studied.histories, strict=True)
        return {
            run.config.seed: (run, history) for run, history in both if run.status == "finished"
        }

    first, second = by_seed(before), by_seed(after)
    return [(first[seed], second[seed]) for seed in sorted(first.keys() & second.keys())]


def _difference(
    figure: _Figure, values: Sequence[tuple[float, float]], right: tuple[Right, Right] | None
) -> Difference:
    changes = [after - before for before, after in values]
    mean, interval = mean_interval(changes)
    if len(set(changes)) == 1:  # no spread was seen, which is not to say that there is none
        interval = None
    if right is not None:
        interval = paired_interval(*_counts(right))
    told_apart = interval is not None and not interval[0] <= 0 <= interval[1]
    before, after = (float(np.mean([pair[side] for pair in values])) for side in (0, 1))
    return Difference(
        id=figure.id,
        what=figure.what,
        before=before,
        after=after,
        mean=mean,
        low=None if interval is None else interval[0],
        high=None if interval is None else interval[1],
        seeds=len(values),
        told_apart=told_apart,
        sentence=_sentence(
            figure, before, after, mean, interval, len(values), of_pictures=right is not None
        ),
    )


def _counts(right: tuple[Right, Right]) -> tuple[int, int, int, int]:
    """Return how many pictures both get right, only the second, only the first, and neither."""
    first, second = right
    return (
        int((first & second).sum()),
        int((second & ~first).sum()),
        int((first & ~second).sum()),
        int((~first & ~second).sum()),
    )


def _sentence(
    figure: _Figure,
    before: float,
    after: float,
    mean: float,
    interval: tuple[float, float] | None,
    seeds: int,
    *,
    of_pictures: bool,
) -> str:
    moved = _moved(figure, before, after, mean)
    if interval is None:
        why = "one seed has no spread" if seeds == 1 else "all seeds changed by the same amount"
        return f"{moved} at n = {seeds}: whether that is more than chance is not known ({why})."
    said = points(interval) if not figure.seconds else f"{interval[0]:+.1f} to {interval[1]:+.1f} s"
    over = "over the test pictures, not over seeds" if of_pictures else f"over {seeds} seeds"
    text = f"{moved} (95 % interval of the difference {said}, {over})"
    if interval[0] <= 0 <= interval[1]:
        return f"{text}: cannot be told apart at n = {seeds}."
    return f"{text}: more than chance at n = {seeds}."


def _moved(figure: _Figure, before: float, after: float, mean: float) -> str:
    name = figure.what[0].upper() + figure.what[1:]
    if figure.seconds:
        return f"{name}: {before:.1f} before, {after:.1f} after"
    way = "rose" if mean > 0 else "fell" if mean < 0 else "stayed"
    if figure.id == "gap":
        way = {"rose": "widened", "fell": "narrowed"}.get(way, way)
        return f"{name} {way} from {100 * before:.1f} to {100 * after:.1f} points"
    if not mean:
        return f"{name} stayed at {percent(before)}"
    return (
        f"{name} {way} by {abs(100 * mean):.1f} points, from {100 * before:.1f} to "
        f"{100 * after:.1f} %"
    )
