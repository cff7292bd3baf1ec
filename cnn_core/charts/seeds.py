"""Several seeds on one moving chart: their mean as a line, its band, each seed thin behind.

The functions take the seeds' histories, at least one, in the order of the seeds. What the band is
stands in the legend and in the alternative text (`results.groups`: Student's 95 % interval of the
mean from three seeds on, of two from the lower to the higher one).
"""

from collections.abc import Sequence

import numpy as np

from cnn_core.charts import palette, wording
from cnn_core.charts.accuracy import (
    LENET_1998,
    Reference,
    accuracy_floor,
    reference_line,
    test_score,
)
from cnn_core.charts.axes import epoch_axis, furthest, step_axis
from cnn_core.charts.bands import EACH, band_and_mean, band_frame, seed_lines, thinned
from cnn_core.charts.echarts import Option, option, pointer, value_axis
from cnn_core.results.groups import (
    FEWEST_FOR_INTERVAL,
    Band,
    band_name,
    epoch_band,
    group_score,
    loss_band,
)
from cnn_core.results.history import History


def seeds_loss_title(seeds: Sequence[History]) -> str:
    """Return the loss chart's title."""
    return _loss_title(loss_band(seeds))


def _loss_title(found: Band) -> str:
    if not found.seeds:
        return "The loss appears with the first step"
    first, last = float(found.mean[0]), float(found.mean[-1])
    whose = wording.plural(found.seeds, "seed")
    if abs(last - first) <= 0.02 * abs(first):
        return f"Training loss of {whose} is at {wording.decimal(last)}"
    verb = "fell" if last < first else "rose"
    return (
        f"Training loss of {whose} {verb} from {wording.decimal(first)} to {wording.decimal(last)}"
    )


def seeds_loss_chart(seeds: Sequence[History]) -> Option:
    """Draw the smoothed training loss by step and the validation loss, each as mean and band."""
    training, valid = loss_band(seeds), thinned(epoch_band(seeds, "valid_loss"))
    lead = furthest(seeds)
    per_epoch = lead.started.steps_per_epoch if lead.started else 1
    frames = [
        band_frame(training, "step", training.x, lowest=0.0),
        band_frame(valid, "step", valid.x * per_epoch, lowest=0.0),
    ]
    names = (_mean_name("training", training.seeds), "validation")
    series = [
        *seed_lines(training, palette.TRAINING, frame=0, x="step"),
        *band_and_mean(training, names[0], palette.TRAINING, frame=0, x="step"),
        *band_and_mean(valid, names[1], palette.VALIDATION, frame=1, x="step", symbols=True),
    ]
    return option(
        _loss_title(training),
        x_axis=[step_axis(lead), epoch_axis(lead)],
        y_axis=value_axis("loss (cross-entropy)", gap=38, min=0)
        | ({} if training.seeds else {"max": 2.5}),
        series=series,
        frames=frames,
        legend=_legend(*names, seeds=training.seeds),
        unit_format="%.4f",
        narrow_legend_rows=2,
    )


def seeds_loss_alt(seeds: Sequence[History]) -> str:
    """Say the loss chart in a sentence."""
    found = loss_band(seeds)
    return (
        f"Line chart of the mean loss by training step. {_loss_title(found)}. {_band_words(found)}"
    )


def seeds_accuracy_title(seeds: Sequence[History]) -> str:
    """Return the accuracy chart's title."""
    score = group_score(_test_shares(seeds))
    if score is not None and score.n > 1:
        return f"{wording.percent(score.mean)} on the test set, mean of {score.n} seeds"
    found = epoch_band(seeds, "valid_accuracy")
    if not found.seeds:
        return "Validation accuracy appears after the first epoch"
    share, epoch = wording.percent(float(found.mean[-1])), round(float(found.x[-1]))
    title = f"{share} on the validation set after epoch {epoch}"
    return title if found.seeds == 1 else f"{title}, mean of {found.seeds} seeds"


def seeds_accuracy_chart(
    seeds: Sequence[History], *, reference: Reference | None = LENET_1998
) -> Option:
    """Draw validation accuracy by epoch as mean and band, and at the end the mean test score.

    Args:
        seeds: the histories.
        reference: the published result; None where the data set is another one.
    """
    valid = epoch_band(seeds, "valid_accuracy")
    shown = thinned(valid)
    floor = accuracy_floor(valid.mean[np.isfinite(valid.mean)].tolist())
    started = furthest(seeds).started
    total = max([started.total_epochs if started else 10, *valid.x.astype(int).tolist()])
    percents = Band(
        x=shown.x,
        values=100 * shown.values,
        mean=100 * shown.mean,
        low=100 * shown.low,
        high=100 * shown.high,
        seeds=shown.seeds,
    )
    frame = band_frame(percents, "epoch", shown.x, lowest=float(floor), highest=100.0)
    name = _mean_name("validation", valid.seeds)
    lines = [
        *seed_lines(percents, palette.VALIDATION, frame=0, x="epoch"),
        *band_and_mean(percents, name, palette.VALIDATION, frame=0, x="epoch", symbols=True),
    ]
    if reference is not None:
        lines[-1]["markLine"] = reference_line(reference, frame["mean"], floor)
    shares = _test_shares(seeds)
    score = group_score(shares)
    test = [] if score is None else [test_score(total, score.mean, _span(shares, floor))]
    return option(
        seeds_accuracy_title(seeds),
        x_axis=value_axis(
            "epoch",
            min=0,
            max=total,
            minInterval=1,
            splitLine={"show": False},
            axisPointer=pointer("epoch"),
        ),
        y_axis=value_axis(
            "accuracy (%)" if floor == 0 else f"accuracy (%), from {floor} %",
            gap=38,
            min=floor,
            max=100,
        ),
        series=[*lines, *test],
        frames=[frame],
        legend=_legend(name, *(["test"] if test else []), seeds=valid.seeds),
        unit_format="%.2f %%",
        narrow_legend_rows=2,
    )


def seeds_accuracy_alt(seeds: Sequence[History]) -> str:
    """Say the accuracy chart in a sentence."""
    found = epoch_band(seeds, "valid_accuracy")
    title = seeds_accuracy_title(seeds)
    return f"Line chart of mean validation accuracy by epoch. {title}. {_band_words(found)}"


def _test_shares(seeds: Sequence[History]) -> list[float]:
    ends = [each.finished for each in seeds]
    return [end.test_accuracy for end in ends if end and end.test_accuracy is not None]


def _span(shares: Sequence[float], floor: int) -> tuple[float, float] | None:
    """Return the bar around the mean test score, as the band is defined; within the axis."""
    score = group_score(shares)
    if score is None or score.interval is None:
        return None
    low, high = score.interval if score.n >= FEWEST_FOR_INTERVAL else (min(shares), max(shares))
    return max(low, floor / 100), high


def _mean_name(what: str, seeds: int) -> str:
    return f"{what}, mean of {seeds}" if seeds > 1 else what


def _legend(*names: str, seeds: int) -> list[str]:
    several = [band_name(seeds), EACH] if seeds > 1 else []
    return [*names, *several]


def _band_words(found: Band) -> str:
    if found.seeds < 2:
        return "One seed so far: no band."
    if found.seeds < FEWEST_FOR_INTERVAL:
        return "The band reaches from the lowest to the highest of 2 seeds."
    return f"The band is Student's 95 % interval of the mean of {found.seeds} seeds."
