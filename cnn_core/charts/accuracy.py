"""The accuracy of a run by epoch, beside a published result."""

from dataclasses import dataclass

import pandas as pd

from cnn_core.charts import palette, wording
from cnn_core.charts.axes import thin_epochs
from cnn_core.charts.echarts import LINE_PX, TEXT_PX, Option, line, option, pointer, value_axis
from cnn_core.results.history import History

_CLOCK = 0.99
_MARKED_EPOCHS = 40


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A published result to be measured against: accuracy 0 to 1, and whose it is."""

    accuracy: float
    label: str


LENET_1998 = Reference(accuracy=0.9905, label="LeCun et al. 1998: 0.95 % test error")
"""LeNet-5 on MNIST: LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 86 (1998), fig. 9."""


def accuracy_floor(shares: list[float]) -> int:
    """Return where the accuracy axis starts, in percent: 95, 90, 80, 50 or 0.

    Every point is shown until one of them is high (95 %); then up to a third of the points, the
    lowest, may lie below the axis, or one bad first epoch would flatten all that follows.

    >>> accuracy_floor([]), accuracy_floor([0.62, 0.71]), accuracy_floor([0.62, 0.97, 0.98])
    (0, 50, 95)
    """
    kept = sorted(shares)
    if kept and kept[-1] >= 0.95:
        kept = kept[len(kept) // 3 :]
    return next((mark for mark in (95, 90, 80, 50) if kept and 100 * kept[0] >= mark), 0)


def accuracy_title(history: History) -> str:
    """Return the accuracy chart's title."""
    if not history.epochs:
        return "Validation accuracy appears after the first epoch"
    last, end = history.epochs[-1], history.finished
    if end is not None and end.test_accuracy is not None:
        return (
            f"{wording.percent(end.test_accuracy)} on the test set, "
            f"with the weights of epoch {end.best_epoch}"
        )
    title = f"{wording.percent(last.valid_accuracy)} on the validation set after epoch {last.epoch}"
    reached = history.seconds_to(_CLOCK)
    return f"{title}; 99 % after {wording.seconds(reached.train_seconds)}" if reached else title


def accuracy_chart(history: History, *, reference: Reference | None = LENET_1998) -> Option:
    """Draw validation accuracy by epoch, a published result dashed, at the end the test score.

    Args:
        history: the run.
        reference: the published result; None where the data set is another one. LeCun's is a test
            error, and its label says so: beside it stands the test score, with its 95 % interval,
            once it is known.
    """
    epochs = thin_epochs(history)
    floor = accuracy_floor(history.epoch_table()["valid_accuracy"].tolist())
    total = history.started.total_epochs if history.started else 10
    valid = pd.DataFrame({"epoch": epochs["epoch"], "validation": 100 * epochs["valid_accuracy"]})
    name = "accuracy (%)" if floor == 0 else f"accuracy (%), from {floor} %"
    validation = line(
        "validation",
        palette.VALIDATION,
        frame=0,
        x="epoch",
        y="validation",
        clip=True,
        showSymbol=len(valid) <= _MARKED_EPOCHS,
        symbol="circle",
        symbolSize=9,
        lineStyle={"width": 2 * LINE_PX, "color": palette.VALIDATION},
    )
    if reference is not None:
        validation["markLine"] = reference_line(reference, valid["validation"], floor)
    test = _test_series(history)
    return option(
        accuracy_title(history),
        x_axis=value_axis(
            "epoch",
            min=0,
            max=max(total, history.epoch, 1),
            minInterval=1,
            splitLine={"show": False},
            axisPointer=pointer("epoch"),
        ),
        y_axis=value_axis(name, gap=38, min=floor, max=100),
        series=[validation, *test],
        frames=[valid],
        legend=["validation", "test"] if test else ["validation"],
        unit_format="%.2f %%",
    )


def reference_line(reference: Reference, points: pd.Series, floor: int) -> Option:
    """Return the dashed line; its label stands on the side of it where fewer points are."""
    above = (points - 100 * reference.accuracy) / (100 - floor)
    crowded_above = above.between(0.02, 0.12).sum() > above.between(-0.12, -0.02).sum()
    return {
        "silent": True,
        "animation": False,
        "symbol": "none",
        "lineStyle": {"color": palette.REFERENCE, "width": LINE_PX, "type": "dashed"},
        "label": {
            "formatter": reference.label,
            "position": "insideEndBottom" if crowded_above else "insideStartTop",
            "fontSize": TEXT_PX,
            "color": palette.REFERENCE,
        },
        "data": [{"yAxis": round(100 * reference.accuracy, 4)}],
    }


def _test_series(history: History) -> list[Option]:
    end = history.finished
    if end is None or end.test_accuracy is None:
        return []
    interval = (end.test_interval[0], end.test_interval[1]) if end.test_interval else None
    return [test_score(end.best_epoch, end.test_accuracy, interval)]


def test_score(at: int, share: float, interval: tuple[float, float] | None) -> Option:
    """Return the series of a test score (0 to 1) at epoch `at`, with an interval around it."""
    dot: Option = {
        "type": "scatter",
        "name": "test",
        "color": palette.TEST,
        "symbol": "diamond",
        "symbolSize": 16,
        "data": [[at, round(100 * share, 4)]],
        "z": 5,
    }
    if interval is not None:
        low, high = (round(100 * bound, 4) for bound in interval)
        dot["markLine"] = {
            "silent": True,
            "animation": False,
            "symbol": ["rect", "rect"],
            "symbolSize": [14, 2],
            "lineStyle": {"color": palette.TEST, "width": 3, "type": "solid"},
            "label": {"show": False},
            "data": [[{"coord": [at, low]}, {"coord": [at, high]}]],
        }
    return dot


def accuracy_alt(history: History) -> str:
    """Say the accuracy chart in a sentence."""
    return f"Line chart of validation accuracy by epoch. {accuracy_title(history)}."
