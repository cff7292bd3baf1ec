"""The settings of fine-tuning; every one is in the address bar, so that a link restores them."""

from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core.models.fine_tuning import BACKBONES, WITH_HIDDEN_LAYERS
from cnn_core.models.registry import model_row
from cnn_core.results.config import CLASS_WEIGHTS, HEADS, MODES, TrainConfig
from cnn_core.training.recipes import Recipe, network_of
from cnn_core.ui.training.fields import (
    Fields,
    block_fields,
    machine_fields,
    mode_field,
    rate_words,
    step_fields,
)
from cnn_core.ui.training.presets import apply_preset

PREFIX = "ft-"
PRESET = f"{PREFIX}preset"
FIELDS = (
    *("model", "mode", "head", "backbone_rate", "unfreeze_epochs"),
    *("epochs", "batch_size", "learning_rate", "rate_finder", "optimizer", "schedule"),
    *("weight_decay", "label_smoothing", "patience", "averaging", "seed"),
    *("views", "class_weights", "validation_share", "test_share"),
    *("precision", "cache"),
)
HEAD_WORDS = {
    "light": "Light: one layer",
    "reference": "Reference: 4096-1024-classes",
    "original": "Original fc6 and fc7",
}
_OURS = Fields(PREFIX)


def settings_form(recipe: Recipe, preset: str, default_network: str) -> TrainConfig:
    """Draw the settings, at first the preset's; return what they make.

    Args:
        recipe: what is trained.
        preset: the chosen one.
        default_network: of the address bar without a network: the recipe's own, unless its weights
            are not on this machine.
    """
    base = recipe.presets[preset].config
    st.button(
        "Reset to preset",
        on_click=apply_preset,
        args=(recipe, FIELDS, PRESET, PREFIX, default_network),
        icon=":material/undo:",
    )
    network, steps, pictures, machine = st.tabs(["Network", "Steps", "Pictures", "Machine"])
    with network:
        values = _network(recipe, base, default_network)
    with steps:
        values |= step_fields(_OURS, base)
    with pictures:
        values |= _pictures(base)
    with machine:
        values |= machine_fields(_OURS, base)
    return replace(base, **values)


def _network(recipe: Recipe, base: TrainConfig, default_network: str) -> dict[str, Any]:
    model = _OURS.network(
        BACKBONES, base.model or default_network,
        "What looks at the pictures. VGG-16 is large and slow; EfficientNet-Lite0 is small, fast "
        "and comes with its weights.",
    )  # fmt: skip
    mode = mode_field(_OURS, base, MODES[1:])
    values = {"model": "" if model == recipe.model else model, "mode": mode}
    heads = HEADS[1:] if model in WITH_HIDDEN_LAYERS else HEADS[1:3]
    values["head"] = _OURS.choice(
        "head", "New last layers (head)", heads, base.head, HEAD_WORDS,
        "Light: the maps are averaged and one layer decides. Reference: two hidden layers with "
        "dropout. Original: VGG-16's and AlexNet's own two hidden layers, as trained.",
    )  # fmt: skip
    return values | block_fields(_OURS, base, mode)


def _pictures(base: TrainConfig) -> dict[str, Any]:
    values: dict[str, Any] = {}
    values["views"] = _OURS.number(
        "views", "Views of each picture", 1, 32, base.views,
        "One is drawn in each epoch. 1: the middle; 2: also its mirror image; more: random crops. "
        "Each view has to be looked at once by the frozen part.",
    )  # fmt: skip
    values["class_weights"] = _OURS.choice(
        "class_weights", "Class weights", CLASS_WEIGHTS, base.class_weights,
        {"none": "Each picture counts alike", "balanced": "Each class counts alike (balanced)"},
        "Balanced helps small classes where some have many more pictures than others.",
    )  # fmt: skip
    values["validation_share"] = _OURS.number(
        "validation_share", "Validation share", 0.01, 0.5, base.validation_share,
        "Part of the pictures that choose the best epoch. Not looked at where a folder val/ came.",
    )  # fmt: skip
    values["test_share"] = _OURS.number(
        "test_share", "Test share", 0.0, 0.5, base.test_share,
        "Part of the pictures that is looked at once, at the end. Not looked at where a folder "
        "test/ came.",
    )  # fmt: skip
    return values


def describe(recipe: Recipe, config: TrainConfig) -> str:
    """Return the configuration in a line.

    >>> from cnn_core.training.recipes import find_recipe
    >>> recipe = find_recipe("vgg16-folder")
    >>> describe(recipe, TrainConfig(epochs=5, batch_size=32, learning_rate=5e-4, mode="frozen",
    ...                              head="light", views=2))
    'VGG-16, frozen, light head, 5 epochs, batches of 32, Adam at 0.0005, 2 views, seed 0'
    """
    learns = {"frozen": "frozen", "last-block": "last block learns", "all": "all learns"}
    parts = [
        model_row(network_of(recipe, config)).title,
        learns.get(config.mode, "from scratch"),
        f"{config.head or 'light'} head",
        f"{config.epochs} epoch{'s' if config.epochs > 1 else ''}",
        f"batches of {config.batch_size}",
        rate_words(config),
    ]
    if config.views > 1:
        parts.append(f"{config.views} views")
    if config.class_weights == "balanced":
        parts.append("balanced classes")
    if config.label_smoothing:
        parts.append(f"labels smoothed by {config.label_smoothing:g}")
    if config.patience:
        parts.append(f"early stop after {config.patience}")
    return ", ".join([*parts, f"seed {config.seed}"])
