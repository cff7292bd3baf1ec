"""Residual connections: whether the gradient arrives, and whether a deeper network fits worse."""

import streamlit as st

from cnn_core.charts import palette
from cnn_core.concepts.residual.arms import ARMS, BARE, FITTED, Arm, condition
from cnn_core.concepts.residual.settings import ResidualSettings
from cnn_core.results.trials import Place, Trials
from cnn_core.ui.experiments.parts import ExperimentPage
from cnn_core.ui.experiments.residual_facts import facts

_PLAIN = {"displayModeBar": False}
_FIT, _GRADIENT, _WAY, _BARE = (
    "Does it fit?",
    "Does the gradient arrive?",
    "The gradient's way",
    "Without BatchNorm",
)
_KINDS = (("none", "default"), ("none", "he"), ("bn", "default"), ("bn", "he"))
_KIND_WORDS = {
    ("none", "default"): "PyTorch's weights",
    ("none", "he"): "He's weights",
    ("bn", "default"): "PyTorch's + BatchNorm",
    ("bn", "he"): "He's + BatchNorm",
}
_KIND_LEGEND = {
    ("none", "default"): "PyTorch's",
    ("none", "he"): "He's",
    ("bn", "default"): "PyTorch's + BN",
    ("bn", "he"): "He's + BN",
}
_COLORS = {"plain": palette.VALIDATION, "residual": palette.TRAINING, "zero": palette.TEST}
_KIND_COLORS = palette.SERIES[2:]  # blue and orange stand for residual and plain
_DASHES = ("solid", "dash", "dot")


def _result(settings: ResidualSettings, trials: Trials, key: str) -> None:
    """Draw one of the views: fit, gradients, their way, networks without BatchNorm."""
    views = [_FIT, _GRADIENT, _WAY, *([_BARE] if settings.bare_depth else [])]
    trained = any(place.condition.startswith("fit") for place in trials.places)
    view = st.segmented_control(
        "What is shown",
        views,
        default=_FIT if trained else _GRADIENT,
        required=True,
        key=f"{key}-residual-view",
        label_visibility="collapsed",
    )
    if view == _FIT:
        _fit(settings, trials, key)
    elif view == _BARE:
        _bare(settings, trials, key)
    else:
        _gradients(settings, trials, key, way=view == _WAY)


def _fit(settings: ResidualSettings, trials: Trials, key: str) -> None:
    from cnn_core.charts.experiments_residual import Drawn, fit_alt, fit_figure
    from cnn_core.charts.experiments_residual_pairs import pairs_alt, pairs_figure

    depths = sorted(settings.fit_depths, reverse=True)
    lines = {
        (arm, depth): Drawn(
            place=Place(arm=arm.id, condition=condition("fit", depth)),
            name=f"{arm.shortcut}, {depth} layers",
            color=_COLORS[arm.shortcut],
            dash=_DASHES[min(place, 2)],
        )
        for place, depth in enumerate(depths)
        for arm in FITTED
    }
    pairs = [
        (f"{depth} layers", lines[FITTED[0], depth], lines[FITTED[1], depth]) for depth in depths
    ]
    left, right = st.columns([3, 2])
    every = list(lines.values())
    left.plotly_chart(
        fit_figure(trials, every), key=f"{key}-fit", alt=fit_alt(trials, every), config=_PLAIN
    )
    right.plotly_chart(
        pairs_figure(trials, pairs),
        key=f"{key}-pairs",
        alt=pairs_alt(trials, pairs),
        config=_PLAIN,
    )
    st.caption(
        "All with BatchNorm and He's weights. The networks of a pair have the same parameters, "
        "starting weights, pictures and order."
    )


def _gradients(settings: ResidualSettings, trials: Trials, key: str, *, way: bool) -> None:
    depths = sorted(settings.depths)
    preferred = 20 if 20 in depths else depths[-1]
    left, right = st.columns(2)
    depth = left.segmented_control(
        "Layers", depths, default=preferred, required=True, key=f"{key}-residual-depth"
    )
    place = condition("gradient", depth or preferred)
    if not way:
        _by_block(trials, place, key)
        return
    kind = right.selectbox(
        "Starting weights",
        _KINDS,
        format_func=_KIND_WORDS.__getitem__,
        key=f"{key}-residual-kind",
    )
    _way(trials, place, kind or _KINDS[0], key)


def _by_block(trials: Trials, place: str, key: str) -> None:
    from cnn_core.charts.experiments_residual import Drawn
    from cnn_core.charts.experiments_residual_gradients import gradient_alt, gradient_figure

    lines = [
        Drawn(
            place=Place(arm=arm.id, condition=place),
            name=f"{arm.shortcut}, {_KIND_WORDS[arm.norm, arm.init]}",
            color=_KIND_COLORS[_KINDS.index((arm.norm, arm.init))],
            dash="dash" if arm.shortcut == "residual" else "solid",
            legend=(_KIND_LEGEND[arm.norm, arm.init], arm.shortcut),
        )
        for arm in ARMS
        if arm.shortcut != "zero"
    ]
    st.plotly_chart(
        gradient_figure(trials, lines),
        key=f"{key}-gradient",
        alt=gradient_alt(trials, lines),
        config=_PLAIN,
    )
    st.caption(
        "Norm of the gradient with respect to the weights of a block's two convolutions, before "
        "the first step; geometric mean over seeds. Colours: whose starting weights, with "
        "BatchNorm (BN) or without."
    )


def _way(trials: Trials, place: str, kind: tuple[str, str], key: str) -> None:
    from cnn_core.charts.experiments_residual import Drawn
    from cnn_core.charts.experiments_residual_flow import flow_alt, flow_figure, flow_words

    lanes = [
        Drawn(
            place=Place(arm=Arm(shortcut, *kind).id, condition=place),
            name=shortcut,
            color=_COLORS[shortcut],
        )
        for shortcut in ("residual", "plain")
    ]
    st.plotly_chart(
        flow_figure(trials, lanes), key=f"{key}-way", alt=flow_alt(trials, lanes), config=_PLAIN
    )
    st.caption(
        f"{flow_words(trials, lanes[0])} Blue: by the identity. Orange: through a branch's two "
        "convolutions. The width goes with the logarithm of the gradient's norm, down to "
        "1/100,000 of the largest; what is less is dotted. Numbers: norm of the gradient that "
        "arrives at a block's input."
    )


def _bare(settings: ResidualSettings, trials: Trials, key: str) -> None:
    from cnn_core.charts.experiments_residual import Drawn, fit_alt, fit_figure

    names = {"plain": "plain", "residual": "residual", "zero": "residual, started at zero"}
    lines = [
        Drawn(
            place=Place(arm=arm.id, condition=condition("fit", settings.bare_depth)),
            name=names[arm.shortcut],
            color=_COLORS[arm.shortcut],
        )
        for arm in reversed(BARE)
    ]
    st.plotly_chart(
        fit_figure(trials, lines), key=f"{key}-bare", alt=fit_alt(trials, lines), config=_PLAIN
    )
    st.caption(
        f"{settings.bare_depth} layers, He's weights, no BatchNorm, each at its own learning rate. "
        '"Started at zero": the last layer of each branch is 0 at first.'
    )


PAGE = ExperimentPage(
    experiment="residual", result=_result, facts=facts, deciding=("even-", "fit-")
)
