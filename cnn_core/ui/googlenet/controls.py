"""The settings. Every control is bound to the address bar, so a link restores them all."""

import math
from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core.charts.wording import plural
from cnn_core.models.fine_tuning import BACKBONES, MADE_FOR_32
from cnn_core.models.registry import model_row
from cnn_core.results.config import MODES, TrainConfig
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

PREFIX = "gn-"
PRESET = f"{PREFIX}preset"
FIELDS = (
    *("model", "mode", "backbone_rate", "unfreeze_epochs", "auxiliary", "dropout"),
    *("epochs", "batch_size", "learning_rate", "rate_finder", "optimizer", "schedule"),
    *("weight_decay", "label_smoothing", "patience", "seed"),
    *("views", "shift", "cutout", "validation_share", "data_share"),
    *("train_sample", "watch", "precision", "cache"),
)
NETWORKS = ("googlenet", *MADE_FOR_32, *(name for name in BACKBONES if name != "googlenet"))
MOST_SEEDS = 10
_LEARNS_WHOLE = ("all", "scratch")
_OURS = Fields(PREFIX)


def settings_form(recipe: Recipe, preset: str, default_network: str) -> tuple[TrainConfig, int]:
    """Draw the settings, at first the preset's; return what they make, and for how many seeds.

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
    tabs = st.tabs(["Network", "Steps", "Pictures", "Measured", "Machine"])
    with tabs[0]:
        values = _network(recipe, base, default_network)
    with tabs[1]:
        values |= step_fields(_OURS, base)
        seeds = _OURS.number(
            "seeds", "Seeds (how many runs)", 1, MOST_SEEDS, 1,
            "Several runs that differ in their seed alone, from the one above on: the curves show "
            "their mean and how far they spread, and a verdict rests on all of them.",
        )  # fmt: skip
    with tabs[2]:
        values |= _pictures(base, whole=values["mode"] in _LEARNS_WHOLE)
    with tabs[3]:
        values |= _measured(base)
    with tabs[4]:
        values |= machine_fields(_OURS, base)
    return replace(base, **values), seeds


def _network(recipe: Recipe, base: TrainConfig, default_network: str) -> dict[str, Any]:
    model = _OURS.network(
        NETWORKS, base.model or default_network,
        "GoogLeNet and the pretrained ones below see each picture enlarged to "
        f"{recipe.input_size}x{recipe.input_size}; those for 32x32 see it as it is, and learn "
        "from random weights.",
    )  # fmt: skip
    modes = ("scratch",) if model in MADE_FOR_32 else MODES[1:]
    mode = mode_field(_OURS, base, modes)
    values: dict[str, Any] = {"model": "" if model == recipe.model else model, "mode": mode}
    values |= block_fields(_OURS, base, mode)
    values["auxiliary"] = 0.0
    if mode in _LEARNS_WHOLE and model_row(model).auxiliary:
        values["auxiliary"] = _OURS.number(
            "auxiliary", "Auxiliary heads (weight of their loss)", 0.0, 1.0, base.auxiliary,
            "Two small classifiers on inner maps send gradients into the early layers. Used in "
            "training alone, dropped in evaluation; the paper's weight is 0.3. 0: without them.",
            step=0.1,
        )  # fmt: skip
    values["dropout"] = _OURS.number(
        "dropout", "Dropout before the last layer", 0.0, 0.9, base.dropout,
        "So large a share of the averaged maps is dropped at random in training.", step=0.1,
    )  # fmt: skip
    return values


def _pictures(base: TrainConfig, *, whole: bool) -> dict[str, Any]:
    """Draw how pictures are distorted; what a frozen part cannot keep is offered to none of it."""
    values: dict[str, Any] = {"shift": 0, "cutout": 0}
    values["views"] = _OURS.number(
        "views", "Views of each picture", 1, 32, base.views,
        "2 or more: pictures are mirrored at random."
        if whole
        else "One is drawn in each epoch. 1: as it is; 2: also its mirror image; more: shifted "
        "ones, every other one mirrored. The frozen part looks at each view once.",
    )  # fmt: skip
    if whole:
        values["shift"] = _OURS.number(
            "shift", "Random shifts (pixels)", 0, 8, base.shift,
            "Each training picture is moved by up to so many of its 32 pixels, anew at every step.",
        )  # fmt: skip
        values["cutout"] = _OURS.number(
            "cutout", "Cutout (pixels a side)", 0, 32, base.cutout,
            "A square of so many of its 32 pixels a side is blanked in each training picture, at a "
            "place drawn anew at every step (DeVries & Taylor 2017). 0: none.",
        )  # fmt: skip
    values["validation_share"] = _OURS.number(
        "validation_share", "Validation share", 0.01, 0.5, base.validation_share,
        "Part of the training pictures that is held out to choose the best epoch.",
    )  # fmt: skip
    return values


def _measured(base: TrainConfig) -> dict[str, Any]:
    """Draw what is measured while it trains, with what that costs."""
    values: dict[str, Any] = {}
    values["train_sample"] = _OURS.number(
        "train_sample", "Training pictures scored after each epoch", 0, 1_000_000,
        base.train_sample,
        "Always the same ones, scored as validation is (evaluation mode, no augmentation): only "
        "then can training and validation accuracy be compared. 0: none.",
    )  # fmt: skip
    if values["train_sample"]:
        st.caption(
            f"Costs as long as validating on {plural(values['train_sample'], 'more picture')} does."
        )
    values["watch"] = _OURS.number(
        "watch", "Look at the layers at every ... step", 0, 1_000_000, base.watch,
        "Share of dead units, gradient norms and update ratios of every layer. 0: never.",
    )  # fmt: skip
    if values["watch"]:
        st.caption(
            f"One step in {values['watch']:,} costs a run forward more and a copy of all weights, "
            "less time than another step. What the looks took stands beside their curves."
        )
    return values


def describe(recipe: Recipe, config: TrainConfig, seeds: int = 1) -> str:
    """Return the configuration, for so many seeds, in a line.

    >>> from cnn_core.training.recipes import find_recipe
    >>> recipe = find_recipe("googlenet-cifar10")
    >>> describe(recipe, recipe.presets["tenth"].config, seeds=3)
    'GoogLeNet, frozen, 10 % of the pictures, 5 epochs, batches of 128, Adam at 0.001, mirrored, \
seeds 0 to 2'
    """
    learns = {"frozen": "frozen", "last-block": "last block learns", "all": "all learns"}
    parts = [
        model_row(network_of(recipe, config)).title,
        learns.get(config.mode, "from scratch"),
        *([f"{percent_of(config.data_share)} of the pictures"] if config.data_share < 1 else []),
        plural(config.epochs, "epoch"),
        f"batches of {config.batch_size}",
        rate_words(config),
    ]
    if config.views > 1:
        parts.append("mirrored")
    if config.shift:
        parts.append(f"shifted by up to {config.shift} px")
    if config.cutout:
        parts.append(f"cutout {config.cutout} px")
    if config.weight_decay:
        parts.append(f"weight decay {config.weight_decay:g}")
    if config.label_smoothing:
        parts.append(f"labels smoothed by {config.label_smoothing:g}")
    if config.auxiliary:
        parts.append(f"auxiliary heads at {config.auxiliary:g}")
    if config.patience:
        parts.append(f"early stop after {config.patience}")
    last = config.seed + seeds - 1
    which = f"seed {config.seed}" if seeds == 1 else f"seeds {config.seed} to {last}"
    return ", ".join([*parts, which])


def percent_of(share: float) -> str:
    """Return a share of the data in percent, as short as it can be said.

    >>> percent_of(0.1), percent_of(1.0), percent_of(0.005)
    ('10 %', '100 %', '0.5 %')
    """
    percent = 100 * share
    return f"{math.floor(percent + 0.5)} %" if percent >= 1 else f"{percent:g} %"
