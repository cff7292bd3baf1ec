"""What can be chosen: see `concepts.settings`."""

from dataclasses import dataclass

from cnn_core.concepts.settings import ExperimentSettings, setting
from cnn_core.concepts.stacked_kernels.shapes import FIELDS


@dataclass(frozen=True, kw_only=True)
class StackedKernelSettings(ExperimentSettings):
    """Settings of "two 3x3 against one 5x5"."""

    data: str = setting(
        "cifar10", "Data", "The pictures that are learned from.",
        choices=("cifar10", "mnist", "digits"),
    )  # fmt: skip
    fields: tuple[str, ...] = setting(
        ("5x5",), "Receptive field",
        "5x5: one 5x5 against two 3x3. 7x7: one 7x7 against three 3x3.", choices=tuple(FIELDS),
    )  # fmt: skip
    images: int = setting(
        2_000, "Training pictures", "Drawn anew for each seed, as many of each class; all there "
        "are, where there are fewer.", low=50, high=20_000,
    )  # fmt: skip
    epochs: int = setting(
        8, "Epochs", "Passes over the training pictures.", low=1, high=60,
    )  # fmt: skip
    channels: int = setting(
        16, "Channels", "Maps before and behind each block; the wider stack has more inside.",
        low=4, high=64,
    )  # fmt: skip
    batch_norm: str = setting(
        "on", "BatchNorm", "Batch normalisation after each convolution; VGG of 2014 had "
        "none. Learning rates without it are not tuned.",
        choices=("on", "off"),
    )  # fmt: skip
    rate: float = setting(
        1.0, "Learning rate, factor", "On the rate that was found for each network by itself.",
        low=0.05, high=20.0,
    )  # fmt: skip
