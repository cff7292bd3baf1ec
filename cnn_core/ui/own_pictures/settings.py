"""The settings of fine-tuning; every one is in the address bar, so that a link restores them."""

from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core.models.fine_tuning import BACKBONES, WITH_HIDDEN_LAYERS
from cnn_core.models.registry import model_row
from cnn_core.results.config import (
    CLASS_WEIGHTS,
    HEADS,
    MODES,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    TrainConfig,
)
from cnn_core.training.recipes import Recipe, network_of
from cnn_core.ui.linked import linked_choice
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
MODE_WORDS = {
    "frozen": "The head alone (frozen)",
    "last-block": "Head and last block",
    "all": "The whole network",
    "scratch": "All, from random weights",
}
HEAD_WORDS = {
    "light": "Light: one layer",
    "reference": "Reference: 4096-1024-classes",
    "original": "Original fc6 and fc7",
}
_BIND: Any = "query-params"


def _choice(
    field: str, label: str, options: tuple[str, ...], base: str, words: dict[str, str], tip: str
) -> str:
    key = PREFIX + field
    linked_choice(key, options, base if base in options else options[0])
    return str(
        st.selectbox(
            label,
            options,
            key=key,
            format_func=lambda option: words.get(option, option),
            persist_state="session",
            help=tip,
        )
    )


def _number(field: str, label: str, low: float, high: float, base: float, tip: str) -> Any:  # noqa: ANN401
    fraction = isinstance(low, float)
    shape: dict[str, Any] = {"step": low or 0.01, "format": "%g"} if fraction else {}
    return st.number_input(
        label, low, high, base, key=PREFIX + field, bind=_BIND, help=tip, **shape
    )


def _switch(field: str, label: str, base: str, tip: str) -> str:
    words = {"off": "Off", "on": "On"}
    return _choice(field, label, ("off", "on"), base, words, tip)


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
        values |= _steps(base)
    with pictures:
        values |= _pictures(base)
    with machine:
        values |= _machine(base)
    return replace(base, **values)


def _network(recipe: Recipe, base: TrainConfig, default_network: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    model = _choice(
        "model", "Network (backbone)", BACKBONES, base.model or default_network,
        {name: model_row(name).title for name in BACKBONES},
        "What looks at the pictures. VGG-16 is large and slow; EfficientNet-Lite0 is small, fast "
        "and comes with its weights.",
    )  # fmt: skip
    values["model"] = "" if model == recipe.model else model
    values["mode"] = _choice(
        "mode", "What learns", MODES[1:], base.mode, MODE_WORDS,
        "The head alone: the rest stays as it was trained on ImageNet and runs once a picture, "
        "which takes minutes off. More needs more pictures and more time.",
    )  # fmt: skip
    heads = HEADS[1:] if model in WITH_HIDDEN_LAYERS else HEADS[1:3]
    values["head"] = _choice(
        "head", "New last layers (head)", heads, base.head, HEAD_WORDS,
        "Light: the maps are averaged and one layer decides. Reference: two hidden layers with "
        "dropout. Original: VGG-16's and AlexNet's own two hidden layers, as trained.",
    )  # fmt: skip
    if values["mode"] in ("last-block", "all"):
        values["backbone_rate"] = _number(
            "backbone_rate", "Rate of earlier blocks (factor a block)", 0.001, 1.0,
            base.backbone_rate,
            "Each block learns at so large a share of the rate of the one after it "
            "(discriminative rates).",
        )  # fmt: skip
    if values["mode"] == "all":
        values["unfreeze_epochs"] = _number(
            "unfreeze_epochs", "Unfreeze a block every ... epochs", 0, 1_000, base.unfreeze_epochs,
            "The head learns alone at first, then one block more every so many epochs (gradual "
            "unfreezing). 0: all from the start.",
        )  # fmt: skip
    return values


def _steps(base: TrainConfig) -> dict[str, Any]:
    values: dict[str, Any] = {}
    left, right = st.columns(2)
    with left:
        values["epochs"] = _number(
            "epochs", "Epochs", 1, 1_000, base.epochs, "Passes over the training pictures."
        )
        values["learning_rate"] = st.number_input(
            "Learning rate", 0.0, 1e12, base.learning_rate, step=0.0001, format="%g",
            key=f"{PREFIX}learning_rate", bind=_BIND,
            help="The size of a step; the peak where the schedule moves it.",
        )  # fmt: skip
        values["optimizer"] = _choice(
            "optimizer", "Optimizer", OPTIMIZERS, base.optimizer,
            {"adam": "Adam", "sgd": "SGD, momentum 0.9"}, "How a gradient becomes a step.",
        )  # fmt: skip
        values["weight_decay"] = st.number_input(
            "Weight decay", 0.0, 1.0, base.weight_decay, step=0.0001, format="%g",
            key=f"{PREFIX}weight_decay", bind=_BIND,
            help="Pulls weights towards nought (L2 penalty).",
        )  # fmt: skip
        values["patience"] = _number(
            "patience", "Stop early after ... epochs", 0, 1_000, base.patience,
            "Ends training after so many epochs without a better validation. 0: never.",
        )  # fmt: skip
    with right:
        values["batch_size"] = _number(
            "batch_size", "Batch size (pictures a step)", 1, 8_192, base.batch_size,
            "Larger batches use the processor better and take fewer steps an epoch.",
        )  # fmt: skip
        values["rate_finder"] = _switch(
            "rate_finder", "Find the learning rate", base.rate_finder,
            "Before the first step the loss is measured at rising rates, and a good one is taken "
            "in the place of the one on the left (Smith 2017).",
        )  # fmt: skip
        values["schedule"] = _choice(
            "schedule", "Schedule", SCHEDULES, base.schedule,
            {"constant": "Constant", "one-cycle": "One cycle"},
            "One cycle: the rate rises over 30 % of the steps, then falls to nought.",
        )  # fmt: skip
        values["label_smoothing"] = _number(
            "label_smoothing", "Label smoothing", 0.0, 0.5, base.label_smoothing,
            "So large a share of each label is spread over all classes: predictions get less sure.",
        )  # fmt: skip
        values["seed"] = _number(
            "seed", "Seed", 0, 2**31 - 1, base.seed,
            "Decides the split, the new weights, the order and the views.",
        )  # fmt: skip
    return values


def _pictures(base: TrainConfig) -> dict[str, Any]:
    values: dict[str, Any] = {}
    values["views"] = _number(
        "views", "Views of each picture", 1, 32, base.views,
        "One is drawn in each epoch. 1: the middle; 2: also its mirror image; more: random crops. "
        "Each view has to be looked at once by the frozen part.",
    )  # fmt: skip
    values["class_weights"] = _choice(
        "class_weights", "Class weights", CLASS_WEIGHTS, base.class_weights,
        {"none": "Each picture counts alike", "balanced": "Each class counts alike (balanced)"},
        "Balanced helps small classes where some have many more pictures than others.",
    )  # fmt: skip
    values["validation_share"] = _number(
        "validation_share", "Validation share", 0.01, 0.5, base.validation_share,
        "Part of the pictures that choose the best epoch. Not looked at where a folder val/ came.",
    )  # fmt: skip
    values["test_share"] = _number(
        "test_share", "Test share", 0.0, 0.5, base.test_share,
        "Part of the pictures that is looked at once, at the end. Not looked at where a folder "
        "test/ came.",
    )  # fmt: skip
    return values


def _machine(base: TrainConfig) -> dict[str, Any]:
    values: dict[str, Any] = {}
    values["precision"] = _choice(
        "precision", "Precision", PRECISIONS, base.precision,
        {"auto": "Auto", "float32": "32 bits", "bfloat16": "16 bits (bfloat16)"},
        "Auto: bfloat16 where this machine computes in it, which is up to twice as fast.",
    )  # fmt: skip
    values["cache"] = _switch(
        "cache", "Keep the frozen part's outputs", base.cache,
        "On: they are computed once and kept on disk; the next run on the same pictures starts at "
        "once. Off: computed at every step, with the same result.",
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
    optimizer = {"adam": "Adam", "sgd": "SGD"}[config.optimizer]
    rate = f"{optimizer} at {config.learning_rate:g}"
    if config.rate_finder == "on":
        rate = f"{optimizer} at a rate that is looked for"
    if config.schedule != "constant":
        rate += f" ({config.schedule})"
    learns = {"frozen": "frozen", "last-block": "last block learns", "all": "all learns"}
    parts = [
        model_row(network_of(recipe, config)).title,
        learns.get(config.mode, "from scratch"),
        f"{config.head or 'light'} head",
        f"{config.epochs} epoch{'s' if config.epochs > 1 else ''}",
        f"batches of {config.batch_size}",
        rate,
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
