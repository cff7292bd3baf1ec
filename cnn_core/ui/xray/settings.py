"""The settings of a study; every one is in the address bar, so that a link restores them."""

from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core.charts.wording import plural
from cnn_core.models.registry import model_row
from cnn_core.results.config import CLASS_WEIGHTS, TrainConfig
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

PREFIX = "xr-"
PRESET = f"{PREFIX}preset"
FIELDS = (
    *("model", "mode", "last_block_rate", "backbone_rate", "unfreeze_epochs"),
    *("epochs", "batch_size", "learning_rate", "rate_finder", "optimizer", "schedule"),
    *("weight_decay", "label_smoothing", "patience", "seed"),
    *("views", "mirror", "class_weights", "validation_share"),
    *("precision", "cache"),
)
NETWORKS = ("resnet18", "resnet34", "resnet50", "googlenet", "efficientnet-lite0")
MODES = ("frozen", "last-block", "all")
FOLDS = 5
_WEIGHTS = {"none": "None: probabilities at these films' shares", "balanced": "Balanced, corrected"}
_OURS = Fields(PREFIX)


def settings_form(recipe: Recipe, preset: str, default_network: str) -> tuple[TrainConfig, int]:
    """Draw the settings, at first the preset's; return what they make, and how many folds.

    Args:
        recipe: what is trained.
        preset: the chosen one.
        default_network: of a preset that names none: the recipe's own, unless its weights are not
            on this machine.
    """
    base = recipe.presets[preset].config
    st.button(
        "Reset to preset",
        on_click=apply_preset,
        args=(recipe, FIELDS, PRESET, PREFIX, default_network),
        icon=":material/undo:",
    )
    tabs = st.tabs(["Network", "Steps", "Films", "Machine"])
    with tabs[0]:
        values = _network(recipe, base, default_network)
    with tabs[1]:
        values |= step_fields(_OURS, base)
    with tabs[2]:
        folds, films = _films(base)
        values |= films
    with tabs[3]:
        values |= machine_fields(_OURS, base)
    return replace(base, **values), folds


def _network(recipe: Recipe, base: TrainConfig, default_network: str) -> dict[str, Any]:
    model = _OURS.network(
        NETWORKS, base.model or default_network,
        "Each sees whole films at 224 x 224, grey in all three channels. EfficientNet-Lite0 is "
        "small and fast, and its weights come along.",
    )  # fmt: skip
    mode = mode_field(_OURS, base, MODES)
    values: dict[str, Any] = {"model": "" if model == recipe.model else model, "mode": mode}
    if mode != "frozen":
        values["last_block_rate"] = _OURS.number(
            "last_block_rate", "Rate of the last block (factor)", 0.0, 1.0, base.last_block_rate,
            "The last block learns at so large a share of the new layer's rate. 0: as large as the "
            "factor below says.", step=0.05,
        )  # fmt: skip
    return values | block_fields(_OURS, base, mode)


def _films(base: TrainConfig) -> tuple[int, dict[str, Any]]:
    folds = _OURS.number(
        "folds", "Folds", 0, 10, FOLDS,
        "So many models are trained, each tested on patients that it never saw; then the served "
        "model. 0: the served model alone. 1 is no cross-validation.",
    )  # fmt: skip
    values: dict[str, Any] = {}
    values["views"] = _OURS.number(
        "views", "Views of each film", 1, 32, base.views,
        "One is drawn in each epoch. The first is the whole film as it is; the others are altered "
        "a little. Where the whole network learns, films are altered anew at every step.",
    )  # fmt: skip
    values["mirror"] = _OURS.switch(
        "mirror", "Mirror films left to right", base.mirror,
        "A mirrored chest has its heart on the right, which is rare: off by default.",
    )  # fmt: skip
    values["class_weights"] = _OURS.choice(
        "class_weights", "Class weights", CLASS_WEIGHTS, base.class_weights, _WEIGHTS,
        "Balanced: rare classes count as much as frequent ones while it learns; afterwards the "
        "probabilities are corrected to the shares of the training films.",
    )  # fmt: skip
    values["validation_share"] = _OURS.number(
        "validation_share", "Validation share", 0.01, 0.5, base.validation_share,
        "Part of the training patients, kept out to choose the best epoch by macro AUROC.",
    )  # fmt: skip
    return folds, values


def describe(recipe: Recipe, config: TrainConfig, folds: int) -> str:
    """Return the configuration in a line.

    >>> from cnn_core.training.recipes import find_recipe
    >>> recipe = find_recipe("xray-triage")
    >>> words = describe(recipe, recipe.presets["staged"].config, 5)
    >>> words.startswith("ResNet-18, staged unfreezing, 5 folds and the served model, 15 epochs")
    True
    """
    learns = {"frozen": "frozen", "last-block": "last block learns", "all": "all learns"}
    what = learns[config.mode]
    if config.mode == "all" and config.unfreeze_epochs:
        what = "staged unfreezing"
    parts = [
        model_row(network_of(recipe, config)).title,
        what,
        f"{folds} folds and the served model" if folds else "the served model alone",
        plural(config.epochs, "epoch"),
        f"batches of {config.batch_size}",
        rate_words(config),
    ]
    if config.class_weights == "balanced":
        parts.append("balanced classes")
    if config.mirror == "on":
        parts.append("mirrored")
    if config.patience:
        parts.append(f"early stop after {config.patience}")
    return ", ".join([*parts, f"seed {config.seed}"])
