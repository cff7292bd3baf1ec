"""Which pictures are trained on, validated with and kept for the test, as the next run would see.

The shares and the seed are the next run's settings: the same controls as in the tab "Training".
"""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from cnn_core.errors import CnnLabError
from cnn_core.results.config import TrainConfig
from cnn_core.results.pictures import PARTS, Plan
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.own_pictures.estimate import parts_text, plan_for
from cnn_core.ui.own_pictures.settings import PREFIX
from cnn_core.ui.own_pictures.state import Chosen, set_grouped

_BIND: Any = "query-params"
_WORDS = {"train": "Training", "valid": "Validation", "test": "Test"}
_MOST_NOTES = 8


def render_split(chosen: Chosen) -> None:
    """Draw the split that the settings make, class by class."""
    left, right = st.columns([1, 1.8], gap="large")
    with left:
        config = _settings(chosen)
        _grouping(chosen)
    with right:
        try:
            with st.spinner("Splitting the pictures", show_time=True):
                plan = plan_for(chosen, config)
        except CnnLabError as error:
            show_error(error)
            return
        st.markdown(f"**{parts_text(plan)}.**")
        _table(plan)
        for note in plan.notes[:_MOST_NOTES]:
            st.caption(plain_markdown(note))


def _settings(chosen: Chosen) -> TrainConfig:
    recipe = find_recipe("vgg16-folder")
    base = recipe.presets[recipe.default].config
    came = {picture.part for picture in chosen.snapshot.pictures}
    valid = st.number_input(
        "Validation share", 0.01, 0.5, base.validation_share, step=0.01, format="%g",
        key=f"{PREFIX}validation_share", bind=_BIND, disabled="valid" in came,
        help="Held out to compare epochs and settings. Not asked where the folder has its own.",
    )  # fmt: skip
    test = st.number_input(
        "Test share", 0.0, 0.5, base.test_share, step=0.01, format="%g",
        key=f"{PREFIX}test_share", bind=_BIND, disabled="test" in came,
        help="Looked at once, at the end. Not asked where the folder has its own.",
    )  # fmt: skip
    seed = st.number_input(
        "Seed", 0, 2**31 - 1, base.seed, key=f"{PREFIX}seed", bind=_BIND,
        help="Another seed draws another split of the same sizes.",
    )  # fmt: skip
    return replace(base, validation_share=valid, test_share=test, seed=seed)


def _grouping(chosen: Chosen) -> None:
    key = f"grouped-{chosen.snapshot.id}"
    st.session_state[key] = chosen.grouped

    @guarded
    def changed() -> None:
        set_grouped(chosen.snapshot.id, bool(st.session_state[key]))

    st.toggle(
        "Keep near-duplicates on one side",
        key=key,
        on_change=changed,
        help="Pictures that look alike (bursts, copies, crops) go into the same part.",
    )
    if not chosen.grouped:
        st.caption(
            ":material/warning: Validation and test may hold pictures that were all but trained "
            "on: their scores can come out too high."
        )


def _table(plan: Plan) -> None:
    parts, labels = np.array(plan.parts), np.array(plan.labels)
    table: dict[str, Any] = {"Class": list(plan.classes)}
    for part in PARTS:
        counts = np.bincount(labels[parts == part], minlength=len(plan.classes))
        table[_WORDS[part]] = counts.tolist()
    table["All"] = np.bincount(labels, minlength=len(plan.classes)).tolist()
    st.dataframe(
        table,
        hide_index=True,
        height="content" if len(plan.classes) <= 10 else 420,
        key="split",
    )
