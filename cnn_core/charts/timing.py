"""Where the time of a run goes: phases of a step, images per second, training and evaluation."""

import numpy as np
import pandas as pd

from cnn_core.charts import palette, wording
from cnn_core.charts.axes import LIMIT, step_axis
from cnn_core.charts.echarts import LINE_PX, TEXT_PX, Option, line, option, pointer, value_axis
from cnn_core.results.history import History
from cnn_core.results.tables import PHASES

_BINS = 60


def _as_stairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Put each row at the first and at the last step of the stretch that its value holds for."""
    ends = frame.loc[frame.index.repeat(2)].reset_index(drop=True)
    ends["step"] = ends["step"].where(ends.index % 2 == 1, ends["start"] + 1)
    return ends.drop_duplicates("step")


def split_title(history: History) -> str:
    """Return the title of the chart of a step's phases."""
    table = history.split_table(_BINS)
    if not len(table):
        return "The time of a step appears once one was sampled"
    mean = {phase: float(np.average(table[phase], weights=table["samples"])) for phase in PHASES}
    total = sum(mean.values())
    longest = max(mean, key=lambda phase: mean[phase])
    share = f", {100 * mean[longest] / total:.0f} % of it {longest}" if total else ""
    return f"A step takes {wording.seconds(total / 1e3)}{share} (sampled)"


def split_chart(history: History) -> Option:
    """Draw the milliseconds of a sampled step, split into its phases, over the steps."""
    table = _as_stairs(history.split_table(_BINS))
    tops = {f"up to {phase}": top for phase, top in table[list(PHASES)].cumsum(axis=1).items()}
    # Each phase is painted from nought to its top, the last first: stacked areas leave slivers.
    series = [
        line(
            phase,
            palette.PHASES[phase],
            frame=0,
            x="step",
            y=f"up to {phase}",
            encode={"x": "step", "y": f"up to {phase}", "tooltip": [phase]},
            lineStyle={"width": 0},
            areaStyle={"opacity": 1, "color": palette.PHASES[phase]},
        )
        for phase in reversed(PHASES)
    ]
    drawn = option(
        split_title(history),
        x_axis=step_axis(history),
        y_axis=value_axis("sampled step (ms)", gap=38, min=0, **_until(table, 10)),
        series=series,
        frames=[table[["step", *PHASES]].assign(**tops)],
        legend=list(PHASES),
        unit_format="%.2f ms",
    )
    drawn["baseOption"]["legend"]["selectedMode"] = False
    return drawn


def _until(table: pd.DataFrame, high: float) -> dict[str, float]:
    """Return the fixed end that an axis without data has."""
    return {} if len(table) else {"max": high}


def split_alt(history: History) -> str:
    """Say the chart of a step's phases in a sentence."""
    return f"Stacked area chart of the sampled time of a training step. {split_title(history)}."


def throughput_title(history: History) -> str:
    """Return the title of the chart of the pace."""
    pace = history.images_per_second()
    if pace is None:
        return "The pace appears with the first steps"
    verb = "Trained" if history.finished else "Training"
    return f"{verb} at {wording.count(pace)} images a second"


def throughput_chart(history: History) -> Option:
    """Draw the images a second over the steps: training alone, evaluation left out."""
    table = _as_stairs(history.throughput_table(_BINS))
    frame = pd.DataFrame({"step": table["step"], "images/s": table["images_per_second"]})
    return option(
        throughput_title(history),
        x_axis=step_axis(history),
        y_axis=value_axis("images/s, training alone", gap=56, min=0, **_until(table, 10_000)),
        series=[
            line(
                "images/s",
                palette.TRAINING,
                frame=0,
                x="step",
                y="images/s",
                areaStyle={"opacity": 0.12, "color": palette.TRAINING},
            )
        ],
        frames=[frame],
        legend=[],
        unit_format="%,.0f images/s",
    )


def throughput_alt(history: History) -> str:
    """Say the chart of the pace in a sentence."""
    return f"Line chart of images per second by training step. {throughput_title(history)}."


def epoch_time_title(history: History) -> str:
    """Return the title of the chart of the epochs' durations."""
    table = history.epoch_table()
    if not len(table):
        return "Times appear after the first epoch"
    train = wording.seconds(float(table["training_seconds"].mean()))
    evaluation = wording.seconds(float(table["evaluation_seconds"].mean()))
    return f"An epoch takes {train} to train and {evaluation} to evaluate"


def epoch_time_chart(history: History) -> Option:
    """Draw the seconds of training and of evaluation of each epoch, the last 600 at most."""
    table = history.epoch_table().tail(LIMIT)
    first = int(table["epoch"].iloc[0]) if len(table) else 1
    total = history.started.total_epochs if history.started else 10
    epochs = range(first, max(first, history.epoch, min(total, first + LIMIT - 1)) + 1)
    frame = (
        pd.DataFrame(
            {
                "epoch": table["epoch"],
                "training": table["training_seconds"],
                "evaluation": table["evaluation_seconds"],
            }
        )
        .set_index("epoch")
        .reindex(epochs)
        .rename_axis("epoch")
        .reset_index()
    )
    frame["epoch"] = frame["epoch"].astype(str)
    bars = {"training": palette.TRAINING, "evaluation": palette.VALIDATION}
    return option(
        epoch_time_title(history),
        x_axis={
            "type": "category",
            "name": "epoch",
            "nameLocation": "middle",
            "nameGap": 30,
            "nameTextStyle": {"fontSize": TEXT_PX},
            "axisLabel": {"fontSize": TEXT_PX, "hideOverlap": True},
            "axisPointer": pointer("epoch"),
        },
        y_axis=value_axis("seconds", gap=38, min=0, **_until(table, 10)),
        series=[
            {
                "type": "bar",
                "name": name,
                "stack": "epoch",
                "encode": {"x": "epoch", "y": name, "tooltip": [name]},
                "color": color,
                "barMaxWidth": 48,
                "barMinWidth": LINE_PX,
            }
            for name, color in bars.items()
        ],
        frames=[frame],
        legend=list(bars),
        unit_format="%.2f s",
    )


def epoch_time_alt(history: History) -> str:
    """Say the chart of the epochs' durations in a sentence."""
    return f"Stacked bar chart of the seconds of each epoch. {epoch_time_title(history)}."
