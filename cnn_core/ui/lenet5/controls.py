"""The settings. Every control is bound to the address bar, so a link restores them all."""

from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core.models.registry import model_row
from cnn_core.results.config import OPTIMIZERS, SCHEDULES, TrainConfig
from cnn_core.training.recipes import Recipe
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.training.presets import apply_preset

FIELDS = (
    "epochs",
    "batch_size",
    "learning_rate",
    "optimizer",
    "schedule",
    "weight_decay",
    "shift",
    "rotation",
    "scale",
    "shear",
    "averaging",
    "seed",
)
MOST_SEEDS = 10
_BIND: Any = "query-params"


def settings_form(recipe: Recipe, preset: str) -> tuple[TrainConfig, int]:
    """Draw the settings, at first the preset's; return what they make, and for how many seeds."""
    base = recipe.presets[preset].config
    linked_choice("optimizer", OPTIMIZERS, base.optimizer)
    st.button(
        "Reset to preset", on_click=apply_preset, args=(recipe, FIELDS), icon=":material/undo:"
    )
    left, right = st.columns(2)
    values: dict[str, Any] = {}
    with left:
        values["epochs"] = st.number_input(
            "Epochs", 1, 1_000, base.epochs, key="epochs", bind=_BIND,
            help="Passes over the training set.",
        )  # fmt: skip
        values["batch_size"] = st.number_input(
            "Batch size (images a step)", 1, 8_192, base.batch_size, key="batch_size", bind=_BIND,
            help="Larger batches use the processor better and take fewer steps an epoch.",
        )  # fmt: skip
        values["learning_rate"] = st.number_input(
            "Learning rate", 0.0, 1e12, base.learning_rate, step=0.001, format="%g",
            key="learning_rate", bind=_BIND,
            help="The size of a step; the peak where the schedule moves it. Too high, and the run "
            "diverges: try it.",
        )  # fmt: skip
        values["seed"] = st.number_input(
            "Seed", 0, 2**31 - 1, base.seed, key="seed", bind=_BIND,
            help="Decides the weights at the start, the split, the order and the distortions.",
        )  # fmt: skip
        seeds = st.number_input(
            "Seeds (how many runs)", 1, MOST_SEEDS, 1, key="seeds", bind=_BIND,
            help="Several runs that differ in their seed alone, from the one above on: the charts "
            "show their mean and how far they spread.",
        )  # fmt: skip
    with right:
        values["optimizer"] = st.selectbox(
            "Optimizer", list(OPTIMIZERS), key="optimizer", persist_state="session",
            format_func={"adam": "Adam", "adamw": "AdamW", "sgd": "SGD, momentum 0.9"}.__getitem__,
            help="How a gradient becomes a step.",
        )  # fmt: skip
        values["schedule"] = st.selectbox(
            "Schedule", list(SCHEDULES), SCHEDULES.index(base.schedule), key="schedule", bind=_BIND,
            help="one-cycle: the rate rises over 30 % of the steps, then falls to nought.",
        )  # fmt: skip
        values["shift"] = st.number_input(
            "Random shifts (pixels)", 0, 8, base.shift, key="shift", bind=_BIND,
            help="Each training image is moved by up to so many pixels, anew in every epoch.",
        )  # fmt: skip
        values["rotation"] = st.number_input(
            "Random rotations (degrees)", 0.0, 45.0, base.rotation, step=1.0, format="%g",
            key="rotation", bind=_BIND,
            help="Each training image is turned by up to so many degrees, anew in every epoch.",
        )  # fmt: skip
        values["scale"] = st.number_input(
            "Random stretches (share)", 0.0, 0.5, base.scale, step=0.05, format="%g",
            key="scale", bind=_BIND,
            help="Each training image is made wider or narrower, and taller or lower, by up to so "
            "large a share, anew in every epoch.",
        )  # fmt: skip
        values["shear"] = st.number_input(
            "Random slants (degrees)", 0.0, 45.0, base.shear, step=1.0, format="%g",
            key="shear", bind=_BIND,
            help="Each training image is slanted (sheared) by up to so many degrees, anew in every "
            "epoch.",
        )  # fmt: skip
    with left:
        values["weight_decay"] = st.number_input(
            "Weight decay", 0.0, 1.0, base.weight_decay, step=0.0001, format="%g",
            key="weight_decay", bind=_BIND, help="Pulls weights towards nought (L2 penalty).",
        )  # fmt: skip
    with right:
        values["averaging"] = st.number_input(
            "Averaging of weights", 0.0, 0.9999, base.averaging, step=0.001, format="%g",
            key="averaging", bind=_BIND,
            help="Weight of the past in a running average of the weights; the average is what is "
            "validated, tested and kept. 0: no average.",
        )  # fmt: skip
    return replace(base, **values), seeds


def describe(config: TrainConfig, seeds: int = 1) -> str:
    """Return the configuration, for so many seeds, in a line.

    >>> describe(TrainConfig(epochs=10, batch_size=64, learning_rate=1e-3), seeds=3)
    '10 epochs, batches of 64, Adam at 0.001, seeds 0 to 2'
    """
    optimizer = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}[config.optimizer]
    rate = f"{optimizer} at {config.learning_rate:g}"
    if config.schedule != "constant":
        rate += f" ({config.schedule})"
    epochs = f"{config.epochs} epoch{'s' if config.epochs > 1 else ''}"
    parts = [epochs, f"batches of {config.batch_size}", rate]
    if config.model:
        parts.insert(0, model_row(config.model).title)
    if config.shift:
        parts.append(f"shifts up to {config.shift} px")
    if config.rotation:
        parts.append(f"rotations up to {config.rotation:g}°")
    if config.scale:
        parts.append(f"stretches up to {100 * config.scale:g} %")
    if config.shear:
        parts.append(f"slants up to {config.shear:g}°")
    if config.averaging:
        parts.append("weights averaged")
    last = config.seed + seeds - 1
    which = f"seed {config.seed}" if seeds == 1 else f"seeds {config.seed} to {last}"
    return ", ".join([*parts, which])
