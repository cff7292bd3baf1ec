"""The settings that fine-tuning pages share, each bound to the address bar.

A control's key is the page's prefix and the name of its field in `TrainConfig`; a link restores
them all, and `ui.training.presets` fills them in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cnn_core.models.registry import model_row
from cnn_core.results.config import OPTIMIZERS, PRECISIONS, SCHEDULES, TrainConfig
from cnn_core.ui.linked import linked_choice

MODE_WORDS = {
    "frozen": "The head alone (frozen)",
    "last-block": "Head and last block",
    "all": "The whole network",
    "scratch": "All, from random weights",
}
_BIND: Any = "query-params"


@dataclass(frozen=True)
class Fields:
    """The controls of one page.

    Attributes:
        prefix: how their keys begin.
    """

    prefix: str

    def choice(
        self,
        field: str,
        label: str,
        options: Sequence[str],
        base: str,
        words: Mapping[str, str],
        tip: str,
    ) -> str:
        """Draw a choice of one of `options`, shown as `words` say; return what is chosen."""
        key = self.prefix + field
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

    def network(self, options: Sequence[str], base: str, tip: str) -> str:
        """Draw the choice of the network; return its id."""
        words = {name: model_row(name).title for name in options}
        return self.choice("model", "Network (backbone)", options, base, words, tip)

    def number(
        self,
        field: str,
        label: str,
        low: float,
        high: float,
        base: float,
        tip: str,
        *,
        step: float | None = None,
    ) -> Any:  # noqa: ANN401
        """Draw a number, whole or not as `low` is; return it."""
        shape: dict[str, Any] = {}
        if isinstance(low, float):
            shape = {"step": step or low or 0.01, "format": "%g"}
        return st.number_input(
            label, low, high, base, key=self.prefix + field, bind=_BIND, help=tip, **shape
        )

    def switch(self, field: str, label: str, base: str, tip: str) -> str:
        """Draw a choice between "on" and "off"."""
        return self.choice(field, label, ("off", "on"), base, {"off": "Off", "on": "On"}, tip)


def mode_field(fields: Fields, base: TrainConfig, modes: Sequence[str]) -> str:
    """Draw what of the network learns; return the mode."""
    return fields.choice(
        "mode", "What learns", modes, base.mode, MODE_WORDS,
        "The head alone: the rest stays as it was trained on ImageNet and runs once a picture, "
        "which takes minutes off. More needs more pictures and more time.",
    )  # fmt: skip


def block_fields(fields: Fields, base: TrainConfig, mode: str) -> dict[str, Any]:
    """Draw how gently earlier blocks learn and when they begin, where `mode` has them learn."""
    values: dict[str, Any] = {}
    if mode in ("last-block", "all"):
        values["backbone_rate"] = fields.number(
            "backbone_rate", "Rate of earlier blocks (factor a block)", 0.001, 1.0,
            base.backbone_rate,
            "Each block learns at so large a share of the rate of the one after it "
            "(discriminative rates).",
        )  # fmt: skip
    if mode == "all":
        values["unfreeze_epochs"] = fields.number(
            "unfreeze_epochs", "Unfreeze a block every ... epochs", 0, 1_000, base.unfreeze_epochs,
            "The head learns alone at first, then one block more every so many epochs (gradual "
            "unfreezing). 0: all from the start.",
        )  # fmt: skip
    return values


def step_fields(fields: Fields, base: TrainConfig) -> dict[str, Any]:
    """Draw what decides the steps, in two columns."""
    values: dict[str, Any] = {}
    left, right = st.columns(2)
    with left:
        values["epochs"] = fields.number(
            "epochs", "Epochs", 1, 1_000, base.epochs, "Passes over the training pictures."
        )
        values["learning_rate"] = fields.number(
            "learning_rate", "Learning rate", 0.0, 1e12, base.learning_rate,
            "The size of a step; the peak where the schedule moves it.", step=0.0001,
        )  # fmt: skip
        values["optimizer"] = fields.choice(
            "optimizer", "Optimizer", OPTIMIZERS, base.optimizer,
            {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD, momentum 0.9"},
            "How a gradient becomes a step.",
        )  # fmt: skip
        values["weight_decay"] = fields.number(
            "weight_decay", "Weight decay", 0.0, 1.0, base.weight_decay,
            "Pulls weights towards nought (L2 penalty).", step=0.0001,
        )  # fmt: skip
        values["patience"] = fields.number(
            "patience", "Stop early after ... epochs", 0, 1_000, base.patience,
            "Ends training after so many epochs without a better validation. 0: never.",
        )  # fmt: skip
    with right:
        values["batch_size"] = fields.number(
            "batch_size", "Batch size (pictures a step)", 1, 8_192, base.batch_size,
            "Larger batches use the processor better and take fewer steps an epoch.",
        )  # fmt: skip
        values["rate_finder"] = fields.switch(
            "rate_finder", "Find the learning rate", base.rate_finder,
            "Before the first step the loss is measured at rising rates, and a good one is taken "
            "in the place of the one on the left (Smith 2017).",
        )  # fmt: skip
        values["schedule"] = fields.choice(
            "schedule", "Schedule", SCHEDULES, base.schedule,
            {"constant": "Constant", "one-cycle": "One cycle", "cosine": "Cosine"},
            "One cycle: the rate rises over 30 % of the steps, then falls to nought.",
        )  # fmt: skip
        values["label_smoothing"] = fields.number(
            "label_smoothing", "Label smoothing", 0.0, 0.5, base.label_smoothing,
            "So large a share of each label is spread over all classes: predictions get less sure.",
        )  # fmt: skip
        values["seed"] = fields.number(
            "seed", "Seed", 0, 2**31 - 1, base.seed,
            "Decides the split, the new weights, the order and the views.",
        )  # fmt: skip
    return values


def machine_fields(fields: Fields, base: TrainConfig) -> dict[str, Any]:
    """Draw how the machine is used."""
    values: dict[str, Any] = {}
    values["precision"] = fields.choice(
        "precision", "Precision", PRECISIONS, base.precision,
        {"auto": "Auto", "float32": "32 bits", "bfloat16": "16 bits (bfloat16)"},
        "Auto: bfloat16 where this machine computes in it, which is up to twice as fast.",
    )  # fmt: skip
    values["cache"] = fields.switch(
        "cache", "Keep the frozen part's outputs", base.cache,
        "On: they are computed once and kept on disk; the next run on the same pictures starts at "
        "once. Off: computed at every step, with the same result.",
    )  # fmt: skip
    return values


def rate_words(config: TrainConfig) -> str:
    """Return optimizer, rate and schedule in words.

    >>> rate_words(TrainConfig(epochs=1, batch_size=1, learning_rate=0.1, optimizer="sgd"))
    'SGD at 0.1'
    """
    optimizer = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}[config.optimizer]
    rate = (
        "a rate that is looked for" if config.rate_finder == "on" else f"{config.learning_rate:g}"
    )
    words = f"{optimizer} at {rate}"
    return words if config.schedule == "constant" else f"{words} ({config.schedule})"
