"""AlexNet or VGG?: the experiment behind the design, the layers of both, and what they cost."""

import streamlit as st

from cnn_core.concepts.stacked_kernels.settings import StackedKernelSettings
from cnn_core.concepts.stacked_kernels.shapes import (
    ARMS,
    FIELDS,
    LINEAR,
    ONE,
    STACK,
    WIDE,
    block_of,
    block_weights,
)
from cnn_core.concepts.stacked_kernels.words import large_name, stack_name
from cnn_core.results.trials import Place, Trials
from cnn_core.ui.boundary import guarded
from cnn_core.ui.experiments.alexnet_vgg_facts import facts
from cnn_core.ui.experiments.parts import ExperimentPage

_PLAIN = {"displayModeBar": False}


def _result(settings: StackedKernelSettings, trials: Trials, key: str) -> None:
    """Draw accuracies beside paired differences, a receptive field a row."""
    from cnn_core.charts.experiments_stacked_kernels import (
        ComparisonRow,
        NetworkRow,
        accuracy_alt,
        accuracy_figure,
        difference_alt,
        difference_figure,
    )

    for field in settings.fields:
        names = _names(field)
        rows = [
            NetworkRow(
                place=Place(arm=arm, condition=field),
                name=names[arm],
                below=f"{_weights(arm, field, settings):,} weights a block",
                color=color,
            )
            for color, arm in enumerate(ARMS)
        ]
        compared = [
            ComparisonRow(
                first=Place(arm=first, condition=field),
                second=Place(arm=second, condition=field),
                name=name,
                below=below,
            )
            for first, second, name, below in (
                (STACK, ONE, "Equal channels", f"{stack_name(field)} less {large_name(field)}"),
                (WIDE, ONE, "Equal weights", f"{stack_name(field)} less {large_name(field)}"),
                (STACK, LINEAR, "The ReLU inside", "stack with it less without"),
                (
                    LINEAR,
                    ONE,
                    "Depth without ReLU",
                    f"{stack_name(field)} less {large_name(field)}",
                ),
            )
        ]
        left, right = st.columns(2)
        left.plotly_chart(
            accuracy_figure(rows, trials),
            key=f"{key}-accuracy-{field}",
            alt=accuracy_alt(rows, trials),
            config=_PLAIN,
        )
        right.plotly_chart(
            difference_figure(compared, trials),
            key=f"{key}-difference-{field}",
            alt=difference_alt(compared, trials),
            config=_PLAIN,
        )


def _names(field: str) -> dict[str, str]:
    """Return what the networks are called beside the charts."""
    large, stack = large_name(field).capitalize(), stack_name(field).capitalize()
    return {
        ONE: large,
        STACK: stack,
        WIDE: f"{stack}, wider inside",
        LINEAR: f"{stack}, no ReLU inside",
    }


def _weights(arm: str, field: str, settings: StackedKernelSettings) -> int:
    return block_weights(block_of(arm, FIELDS[field], settings.channels))


@guarded
def _layers() -> None:
    from cnn_core.ui.experiments.layers_tab import layers_tab

    layers_tab()


@guarded
def _costs() -> None:
    from cnn_core.ui.experiments.costs_tab import costs_tab

    costs_tab()


_COSTS = "Costs"

PAGE = ExperimentPage(
    experiment="stacked-kernels",
    result=_result,
    facts=facts,
    more=(("Layer by layer", _layers), (_COSTS, _costs)),
    inside=(("network-costs", _COSTS),),
)
