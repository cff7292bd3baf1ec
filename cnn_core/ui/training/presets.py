"""The choice of a preset, which fills in the settings of a page that trains."""

import dataclasses
from collections.abc import Collection
from dataclasses import replace

import streamlit as st

from cnn_core.results.config import TrainConfig
from cnn_core.training.recipes import Recipe
from cnn_core.ui.boundary import guarded
from cnn_core.ui.linked import linked_choice


def choose_preset(
    recipe: Recipe,
    fields: Collection[str],
    *,
    key: str = "preset",
    prefix: str = "",
    network: str = "",
) -> str:
    """Draw the presets; choosing one sets all settings but the seed.

    Args:
        recipe: whose presets.
        fields: the settings that the page has a control for.
        key: of the widget, and in the address bar.
        prefix: a control's key is this and the name of its field.
        network: what a control "model" shows of a preset that names none.
    """
    linked_choice(key, recipe.presets, recipe.default)
    chosen = st.segmented_control(
        "Preset",
        list(recipe.presets),
        required=True,
        format_func=lambda name: recipe.presets[name].title,
        label_visibility="collapsed",
        key=key,
        on_change=apply_preset,
        args=(recipe, fields, key, prefix, network),
        persist_state="session",
        help="A preset fills in all settings.\n\n"
        + "\n\n".join(f"**{row.title}.** {row.description}" for row in recipe.presets.values()),
    )
    return chosen or recipe.default


@guarded
def apply_preset(
    recipe: Recipe,
    fields: Collection[str],
    key: str = "preset",
    prefix: str = "",
    network: str = "",
) -> None:
    """Set every control of `fields` but the seed's to what the chosen preset says; a callback."""
    name = st.session_state.get(key) or recipe.default
    config = recipe.presets[name].config
    values = {**dataclasses.asdict(config), "model": config.model or network}
    for field in fields:
        if field != "seed":
            st.session_state[prefix + field] = values[field]


def preset_name(recipe: Recipe, chosen: str, config: TrainConfig) -> str:
    """Return the preset's name if `config` is that preset with any seed, else "custom"."""
    same = replace(config, seed=0) == replace(recipe.presets[chosen].config, seed=0)
    return chosen if same else "custom"
