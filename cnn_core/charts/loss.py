"""The loss of a run by training step."""

import pandas as pd

from cnn_core.charts import palette, wording
from cnn_core.charts.axes import LIMIT, epoch_axis, step_axis, thin_epochs
from cnn_core.charts.echarts import LINE_PX, Option, line, option, value_axis
from cnn_core.results.history import History


def loss_title(history: History) -> str:
    """Return the loss chart's title."""
    points = history.loss_points(LIMIT)
    if history.finished is not None and history.finished.status == "diverged":
        return f"The loss was no longer a number at step {wording.count(history.finished.step)}"
    if not len(points.steps):
        return "The loss appears with the first step"
    first, last = float(points.raw[0]), float(points.smoothed[-1])
    steps = wording.plural(history.step, "step")
    if abs(last - first) <= 0.02 * abs(first):
        return f"Training loss is at {wording.decimal(last)} after {steps}"
    verb = "fell" if last < first else "rose"
    return (
        f"Training loss {verb} from {wording.decimal(first)} to {wording.decimal(last)} in {steps}"
    )


def loss_chart(history: History, *, log: bool = False) -> Option:
    """Draw the loss by step: of each (thin), smoothed over about twenty (thick), and validation.

    The thinned steps are the lowest and the highest of each stretch, so a spike is never lost.

    Args:
        history: the run.
        log: a logarithmic loss axis; losses of nought are left out.
    """
    points = history.loss_points(LIMIT)
    epochs = thin_epochs(history)
    steps = pd.DataFrame({"step": points.steps, "loss": points.raw, "smoothed": points.smoothed})
    valid = pd.DataFrame({"step": epochs["step"], "validation": epochs["valid_loss"]})
    if log:
        steps, valid = (frame.where(frame > 0) for frame in (steps, valid))
    loss_axis = value_axis("loss (cross-entropy)", gap=38)
    if log:
        loss_axis |= {"type": "log"} | ({} if len(steps) else {"min": 0.01, "max": 10})
    elif not len(steps):
        loss_axis |= {"min": 0, "max": 2.5}
    else:
        loss_axis |= {"min": 0}
    thin = {"width": LINE_PX, "color": palette.TRAINING, "opacity": 0.42}
    thick = {"width": 2 * LINE_PX, "color": palette.TRAINING}
    return option(
        loss_title(history),
        x_axis=[step_axis(history), epoch_axis(history)],
        y_axis=loss_axis,
        series=[
            line(
                "each step", palette.with_alpha(palette.TRAINING, 0.42), frame=0, x="step", y="loss"
            )
            | {"lineStyle": thin},
            line("smoothed", palette.TRAINING, frame=0, x="step", y="smoothed", lineStyle=thick),
            line(
                "validation",
                palette.VALIDATION,
                frame=1,
                x="step",
                y="validation",
                showSymbol=len(valid) <= 40,
                symbol="circle",
                symbolSize=8,
            ),
        ],
        frames=[steps, valid],
        legend=["each step", "smoothed", "validation"],
        unit_format="%.4f",
    )


def loss_alt(history: History) -> str:
    """Say the loss chart in a sentence."""
    epochs = history.epochs
    valid = f"; validation loss is {wording.decimal(epochs[-1].valid_loss)}" if epochs else ""
    return f"Line chart of the loss by training step. {loss_title(history)}{valid}."
