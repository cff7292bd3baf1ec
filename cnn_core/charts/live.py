"""The charts of a run that is under way, for `st.echarts_chart(option, key=...)`.

Each chart has a function that draws it and one that says it in a sentence (`alt=`). All read a
`History`, or (`seeds_...`) one a seed, and leave it as it was; an empty one gives the same axes
with a title that says what is being waited for. An accuracy axis may start above nought (it says
so), every other at nought.
"""

from cnn_core.charts.accuracy import LENET_1998, Reference, accuracy_alt, accuracy_chart
from cnn_core.charts.loss import loss_alt, loss_chart
from cnn_core.charts.seeds import (
    seeds_accuracy_alt,
    seeds_accuracy_chart,
    seeds_loss_alt,
    seeds_loss_chart,
)
from cnn_core.charts.timing import (
    epoch_time_alt,
    epoch_time_chart,
    split_alt,
    split_chart,
    throughput_alt,
    throughput_chart,
)

CHART_HEIGHT = 320
"""Pixels; the room for title, legend and axes was measured for it."""

__all__ = [
    "CHART_HEIGHT",
    "LENET_1998",
    "Reference",
    "accuracy_alt",
    "accuracy_chart",
    "epoch_time_alt",
    "epoch_time_chart",
    "loss_alt",
    "loss_chart",
    "seeds_accuracy_alt",
    "seeds_accuracy_chart",
    "seeds_loss_alt",
    "seeds_loss_chart",
    "split_alt",
    "split_chart",
    "throughput_alt",
    "throughput_chart",
]
