"""What a training run is asked to do: one frozen, keyword-only dataclass with plain values.

Validation stands apart (`validate_config`); everything below it assumes a valid configuration. The
fields are what `--set key=value`, the page's controls and the link in the address bar name.
"""

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import Any

from cnn_core.errors import ConfigError

OPTIMIZERS = ("adam", "sgd", "adamw")
SCHEDULES = ("constant", "one-cycle", "cosine")
MODES = ("", "frozen", "last-block", "all", "scratch")
HEADS = ("", "light", "reference", "original")
CLASS_WEIGHTS = ("none", "balanced")
PRECISIONS = ("auto", "float32", "bfloat16")
SELECTIONS = ("accuracy", "auroc")
_SWITCH = ("off", "on")
_MODEL_ID = re.compile(r"[a-z0-9-]{0,40}")
_LONGEST_EXPERIMENT = 2_000
_LONGEST = 40  # characters of a value in a message
_KINDS = {int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Hyperparameters of one run.

    Attributes:
        epochs: passes over the training set, 1 to 1,000.
        batch_size: images a step, 1 to 8,192.
        learning_rate: the optimizer's (the peak, where the schedule moves it), above 0 and at most
            1e12: one that is too high is allowed, and the run ends as "diverged".
        optimizer: one of `OPTIMIZERS` ("sgd" is with Nesterov momentum 0.9; "adamw" decays weights
            apart from the gradient, Loshchilov & Hutter 2019, algorithm 2).
        schedule: one of `SCHEDULES`; "one-cycle" rises linearly and falls to nought (Smith & Topin
            2018); "cosine" falls from the first step to nought (Loshchilov & Hutter 2017, eq. 5).
        weight_decay: L2 penalty ("adamw": share of the rate by which weights shrink), 0 to 1.
        shift: random shifts of training images, up to so many pixels, 0 to 8.
        rotation: random rotations of training images, up to so many degrees, 0 to 45.
        scale: random stretches of training images, each axis of its own, by up to so large a share,
            0 to 0.5.
        shear: random slants of training images, up to so many degrees, 0 to 45.
        averaging: weight of the past, a step, in a running average of the weights, 0 to 0.9999; the
            average is what is validated, tested and kept (Polyak & Juditsky 1992). 0: no average.
        validation_share: part of the training set held out for validation, 0.01 to 0.5.
        seed: seeds the split, the weights, the order and the augmentation, 0 to 2**31 - 1.
        model: id of the network in `models.registry`; "" is the recipe's own.
        mode: fine-tuning alone, one of `MODES`: which part of the network learns; "" trains all of
            a network from random weights.
        head: fine-tuning alone, one of `HEADS`: "light" (averaged maps, one linear layer),
            "reference" (d-4096-1024-classes, ReLU, dropout 0.5), "original" (fc6 and fc7 of VGG-16
            and AlexNet, and a new last layer).
        views: fine-tuning alone: of so many views of a training picture one is drawn in each epoch,
            1 to 32. The first is the middle, the second its mirror image, the rest are random
            crops, every other one mirrored.
        test_share: fine-tuning alone: part of the pictures kept for one look at the end, 0 to 0.5.
        class_weights: one of `CLASS_WEIGHTS`; "balanced" weighs classes by the inverse of their
            size.
        label_smoothing: share of a label that is spread over all classes, 0 to 0.5 (Szegedy et al.
            2016, section 7); training alone, reported losses are without.
        patience: stop after so many epochs without a better validation, 0 (never) to 1,000.
        backbone_rate: factor on the learning rate from one block to the one before it, 0.001 to 1
            (discriminative rates, Howard & Ruder 2018, section 3.2); the head has the full rate, in
            mode "scratch" every block.
        unfreeze_epochs: mode "all": the head learns alone for so many epochs, then one block more
            every so many (gradual unfreezing, ibid. section 3.3); 0: all from the start.
        rate_finder: "on" looks for the learning rate before the first step (Smith 2017).
        precision: one of `PRECISIONS`; "auto" takes bfloat16 where the processor computes in it.
        cache: "on" keeps the outputs of the frozen part on disk; "off" computes them at every step.
        data_share: stratified share of a data set's training pictures that is used, 0.001 to 1;
            validation is split off that share.
        cutout: side in pixels of a square that is blanked in each training image, at a place drawn
            anew at every step (DeVries & Taylor 2017), 0 to 64.
        dropout: googlenet-cifar10 alone: share of the averaged maps that is dropped in training
            before the last layer, 0 to 0.9.
        auxiliary: GoogLeNet that learns as a whole alone: weight of the loss of each auxiliary head
            (Szegedy et al. 2015, section 5: 0.3), 0 to 1; 0: without those heads.
        train_sample: so many training pictures are scored after each epoch as validation is
            (evaluation mode, no augmentation), always the same ones, stratified; and right answers
            are counted while it trains. 0 to 1,000,000; 0: neither.
        watch: at every so manyth step, but at most 2,000 times, the layers are looked at (dead
            units, gradients, updates), 0 (never) to 1,000,000.
        fold: xray-triage alone: which fold is left out and scored, 1 to 10; 0: the served model.
        folds: xray-triage alone: how many folds the study has, 0 or 2 to 10.
        select: what the best epoch (and early stopping) goes by, one of `SELECTIONS`: validation
            accuracy, or macro-averaged AUROC, each class against the rest.
        last_block_rate: fine-tuning alone: factor on the learning rate of the last block of the
            backbone, from which on `backbone_rate` applies; 0: `backbone_rate` itself. Where it is
            set, unfreezing goes in four stages: head, last block, the one before it, all.
        mirror: xray-triage alone: "on" mirrors every other altered film left to right.
        experiment: of an experiment its own settings, as `concepts.settings.to_text` writes them;
            "" for a training. The other fields are then not looked at.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    optimizer: str = "adam"
    schedule: str = "constant"
    weight_decay: float = 0.0
    shift: int = 0
    rotation: float = 0.0
    averaging: float = 0.0
    validation_share: float = 1 / 12
    seed: int = 0
    model: str = ""
    scale: float = 0.0
    shear: float = 0.0
    mode: str = ""
    head: str = ""
    views: int = 1
    test_share: float = 0.15
    class_weights: str = "none"
    label_smoothing: float = 0.0
    patience: int = 0
    backbone_rate: float = 0.1
    unfreeze_epochs: int = 0
    rate_finder: str = "off"
    precision: str = "auto"
    cache: str = "on"
    data_share: float = 1.0
    cutout: int = 0
    dropout: float = 0.2
    auxiliary: float = 0.0
    train_sample: int = 0
    watch: int = 0
    fold: int = 0
    folds: int = 0
    select: str = "accuracy"
    last_block_rate: float = 0.0
    mirror: str = "off"
    experiment: str = ""

    @property
    def resamples(self) -> bool:
        """Whether training images are interpolated anew at every step, which takes its time."""
        return bool(self.rotation or self.scale or self.shear)


# Fields that came after the first runs were stored: at their default they are no part of what makes
# two runs equal, so that runs from before are still recognised.
_ADDED_LATER = (
    *("model", "scale", "shear", "mode", "head", "views", "test_share", "class_weights"),
    *("label_smoothing", "patience", "backbone_rate", "unfreeze_epochs", "rate_finder"),
    *("precision", "cache", "data_share", "cutout", "dropout", "auxiliary", "train_sample"),
    *("watch", "fold", "folds", "select", "last_block_rate", "mirror", "experiment"),
)


def _text(value: float | str) -> str:
    """Return a value as a message shows it: short, however long it came."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _validate_range(name: str, value: float, low: float, high: float) -> None:
    if isinstance(low, int) and not isinstance(value, int):
        raise ConfigError(f"{name} must be a whole number, but it is {_text(value)}.")
    if not low <= value <= high:  # NaN fails both
        kind = "between" if isinstance(value, int) or math.isfinite(value) else "a number between"
        span = f"{_text(low)} and {_text(high)}"
        raise ConfigError(
            f"{name} must be {kind} {span}, but it is {_text(value)}.",
            hint=f"Choose a value from {_text(low)} to {_text(high)}, or reset to the preset.",
        )


def _validate_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        given = _text(repr(value))
        raise ConfigError(f"{name} must be one of {', '.join(choices)}, but it is {given}.")


def validate_config(config: TrainConfig) -> TrainConfig:
    """Return `config` if every field is in its range.

    Raises:
        ConfigError: naming the field, the range and the value that came.

    >>> validate_config(TrainConfig(epochs=1, batch_size=0, learning_rate=1e-3))
    Traceback (most recent call last):
    cnn_core.errors.ConfigError: batch_size must be between 1 and 8192, but it is 0.
    """
    _validate_range("epochs", config.epochs, 1, 1_000)
    _validate_range("batch_size", config.batch_size, 1, 8_192)
    _validate_range("learning_rate", config.learning_rate, 1e-12, 1e12)
    _validate_range("weight_decay", config.weight_decay, 0.0, 1.0)
    _validate_range("shift", config.shift, 0, 8)
    _validate_range("rotation", config.rotation, 0.0, 45.0)
    _validate_range("scale", config.scale, 0.0, 0.5)
    _validate_range("shear", config.shear, 0.0, 45.0)
    _validate_range("averaging", config.averaging, 0.0, 0.9999)
    _validate_range("validation_share", config.validation_share, 0.01, 0.5)
    _validate_range("seed", config.seed, 0, 2**31 - 1)
    _validate_range("views", config.views, 1, 32)
    _validate_range("test_share", config.test_share, 0.0, 0.5)
    _validate_range("label_smoothing", config.label_smoothing, 0.0, 0.5)
    _validate_range("patience", config.patience, 0, 1_000)
    _validate_range("backbone_rate", config.backbone_rate, 0.001, 1.0)
    _validate_range("unfreeze_epochs", config.unfreeze_epochs, 0, 1_000)
    _validate_range("data_share", config.data_share, 0.001, 1.0)
    _validate_range("cutout", config.cutout, 0, 64)
    _validate_range("dropout", config.dropout, 0.0, 0.9)
    _validate_range("auxiliary", config.auxiliary, 0.0, 1.0)
    _validate_range("train_sample", config.train_sample, 0, 1_000_000)
    _validate_range("watch", config.watch, 0, 1_000_000)
    _validate_range("fold", config.fold, 0, 10)
    _validate_range("folds", config.folds, 0, 10)
    _validate_range("last_block_rate", config.last_block_rate, 0.0, 1.0)
    _validate_choice("mode", config.mode, MODES)
    _validate_choice("head", config.head, HEADS)
    _validate_choice("class_weights", config.class_weights, CLASS_WEIGHTS)
    _validate_choice("rate_finder", config.rate_finder, _SWITCH)
    _validate_choice("precision", config.precision, PRECISIONS)
    _validate_choice("cache", config.cache, _SWITCH)
    _validate_choice("mirror", config.mirror, _SWITCH)
    _validate_choice("optimizer", config.optimizer, OPTIMIZERS)
    _validate_choice("schedule", config.schedule, SCHEDULES)
    _validate_choice("select", config.select, SELECTIONS)
    if len(config.experiment) > _LONGEST_EXPERIMENT:
        raise ConfigError(
            f"experiment must have at most {_LONGEST_EXPERIMENT:,} characters, but it has "
            f"{len(config.experiment):,}."
        )
    if not _MODEL_ID.fullmatch(config.model):
        raise ConfigError(
            f"model must be the id of a network, but it is {_text(repr(config.model))}.",
            hint="For example lenet5 or lenet5-1998; without it, the recipe's own is trained.",
        )
    return config


def with_settings(config: TrainConfig, settings: dict[str, str]) -> TrainConfig:
    """Return `config` with the named fields replaced, from text as a person types it.

    >>> base = TrainConfig(epochs=1, batch_size=64, learning_rate=1e-3)
    >>> with_settings(base, {"batch_size": "128", "shift": "2"}).batch_size
    128

    Raises:
        ConfigError: unknown field, text that is not of the field's type, value out of range.
    """
    types: dict[str, Any] = {field.name: field.type for field in dataclasses.fields(config)}
    parsed: dict[str, Any] = {}
    for name, text in settings.items():
        if name not in types:
            raise ConfigError(
                f"There is no setting named {_text(repr(name))}.",
                hint=f"The settings are {', '.join(types)}.",
            )
        try:
            parsed[name] = types[name](text)
        except ValueError as exc:
            raise ConfigError(
                f"{name} must be {_KINDS[types[name]]}, but it is {_text(repr(text))}."
            ) from exc
    return validate_config(dataclasses.replace(config, **parsed))


def plain_values(config: TrainConfig) -> dict[str, int | float | str]:
    """Return the fields by name, each of its declared type: equal configurations look equal.

    Fields that were added later are left out while they are at their default.

    >>> plain_values(TrainConfig(epochs=1, batch_size=64, learning_rate=1))["learning_rate"]
    1.0
    """
    values = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if field.name not in _ADDED_LATER or value != field.default:
            kind: Any = field.type
            values[field.name] = kind(value)
    return values
