"""Why convolutions?: shuffled pixels, fewer pictures, altered pictures, and what is taken away."""

import streamlit as st

from cnn_core.concepts.convolutions.plan import (
    CNN,
    MLPS,
    NAMES,
    NOISES,
    ROTATIONS,
    SHIFTS,
    condition,
)
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.results.trials import Trials
from cnn_core.ui.experiments.convolutions_facts import facts, sizes_table
from cnn_core.ui.experiments.parts import ExperimentPage

_PLAIN = {"displayModeBar": False}
_FEWER, _SHIFTED, _TURNED, _NOISY, _SIZES = "Fewer images", "Shift", "Rotation", "Noise", "Sizes"


def _result(settings: ConvolutionSettings, trials: Trials, key: str) -> None:
    """Draw what shuffling does, and beside it one of the other questions."""
    from cnn_core.charts.experiments_convolutions import Row, order_alt, order_figure

    rows = [Row(arm=arm, name=name) for arm, name in NAMES.items()]
    plain, permuted = condition(settings.most), condition(settings.most, permuted=True)
    left, right = st.columns(2)
    left.plotly_chart(
        order_figure(rows, trials, plain, permuted),
        key=f"{key}-order",
        alt=order_alt(rows, trials, plain, permuted),
        config=_PLAIN,
    )
    with right:
        views = [*([_FEWER] if len(settings.images) > 1 else []), _SHIFTED, _TURNED, _NOISY, _SIZES]
        view = st.segmented_control(
            "Beside it",
            views,
            default=views[0],
            required=True,
            key=f"{key}-beside",
            label_visibility="collapsed",
        )
        if view == _SIZES:
            sizes_table(settings)
        elif view == _FEWER:
            _fewer(settings, trials, key)
        else:
            _altered(view, settings, trials, key)


def _fewer(settings: ConvolutionSettings, trials: Trials, key: str) -> None:
    from cnn_core.charts.experiments_convolutions import Row
    from cnn_core.charts.experiments_convolutions_lines import images_alt, images_figure

    rows = [Row(arm=arm, name=NAMES[arm]) for arm in (CNN, *MLPS)]
    conditions = {images: condition(images) for images in settings.images}
    st.plotly_chart(
        images_figure(rows, trials, conditions),
        key=f"{key}-images",
        alt=images_alt(rows, trials, conditions),
        config=_PLAIN,
    )


def _altered(view: str, settings: ConvolutionSettings, trials: Trials, key: str) -> None:
    from cnn_core.charts.experiments_convolutions import Row
    from cnn_core.charts.experiments_convolutions_lines import (
        Altered,
        altered_alt,
        altered_figure,
    )

    ways = {
        _SHIFTED: Altered(
            figure="shift", amounts=SHIFTS, axis="shift (pixels)", told="3 pixels", asked=3
        ),
        _TURNED: Altered(
            figure="rotation",
            amounts=ROTATIONS,
            axis="rotation (degrees)",
            told="30 degrees",
            asked=30,
        ),
        _NOISY: Altered(
            figure="noise",
            amounts=NOISES,
            axis="standard deviation of the noise (% of white)",
            told="40 % noise",
            asked=40,
        ),
    }
    rows = [Row(arm=arm, name=name) for arm, name in NAMES.items()]
    plain, way = condition(settings.most), ways[view]
    st.plotly_chart(
        altered_figure(rows, trials, plain, way),
        key=f"{key}-{way.figure}",
        alt=altered_alt(rows, trials, plain, way),
        config=_PLAIN,
    )
    if view == _SHIFTED:
        shares = [
            value
            for trial in trials.done
            for name, value in zip(trial.names, trial.figures, strict=True)
            if name == "shift pairs"
        ]
        if shares:
            st.caption(
                "Mean over up, down, left and right, but a digit is moved only where none of its "
                f"ink leaves the picture at 4 pixels: {100 * sum(shares) / len(shares):.0f} % of "
                "the moves, the same ones at every distance."
            )


def _what_they_see() -> None:
    from cnn_core.ui.experiments.convolutions_pictures import pictures

    pictures()


PAGE = ExperimentPage(
    experiment="convolutions",
    result=_result,
    facts=facts,
    more=(("What the networks see", _what_they_see),),
    deciding=("permuted-below", "unmoved"),
)
