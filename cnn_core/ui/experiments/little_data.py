"""Little data: accuracy and seconds by training pictures a class, for all that can learn."""

import streamlit as st

from cnn_core.concepts.little_data.found import Found
from cnn_core.concepts.little_data.names import NAMES
from cnn_core.concepts.little_data.settings import ARMS, LittleDataSettings
from cnn_core.results.trials import Trials
from cnn_core.ui.experiments.little_data_facts import facts
from cnn_core.ui.experiments.parts import ExperimentPage

_PLAIN = {"displayModeBar": False}


def _result(settings: LittleDataSettings, trials: Trials, key: str) -> None:
    """Draw accuracy and, beside it, seconds."""
    from cnn_core.charts.experiments_little_data import (
        Learner,
        accuracy_alt,
        accuracy_figure,
        seconds_alt,
        seconds_figure,
    )

    found = Found(settings, trials)
    rows = [Learner(arm=arm, name=NAMES[arm]) for arm in ARMS if arm in settings.arms]
    pictures = {size: found.each(size) for size in found.sizes}
    left, right = st.columns(2)
    left.plotly_chart(
        accuracy_figure(rows, trials, pictures, chance=1 / found.classes if found.classes else 0.0),
        key=f"{key}-accuracy",
        alt=accuracy_alt(rows, trials, pictures),
        config=_PLAIN,
    )
    right.plotly_chart(
        seconds_figure(rows, trials, pictures),
        key=f"{key}-seconds",
        alt=seconds_alt(rows, trials, pictures),
        config=_PLAIN,
    )
    right.caption(_read_so(settings, found, recorded=key.startswith("recorded-")))


def _read_so(settings: LittleDataSettings, found: Found, *, recorded: bool) -> str:
    """Return what the bands are, which arms have fewer seeds, and what the pictures are worth."""
    said = (
        "One legend for both charts. Bands: 95 % interval of the mean from three seeds on, of two "
        "the lower to the higher. "
        f"What learns from pixels was tried in {min(settings.slow_seeds, settings.seeds)} of "
        f"{settings.seeds} seeds, and so were random weights and the last block with more than the "
        f"fewest pictures. Pictures are {settings.side} pixels a side. Seconds are those "
        "of the machine that ran it: one look at each training picture, and learning."
    )
    if recorded:
        said += (
            " The machine of this recorded run was busy with other work meanwhile: its seconds are "
            "longer than need be, and their order may be chance."
        )
    if found.synthetic:
        said += " Drawn flowers show the mechanics, not transfer."
    return said


PAGE = ExperimentPage(experiment="little-data", result=_result, facts=facts)
