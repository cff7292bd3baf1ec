"""What the experiment on residual connections lets choose."""

from dataclasses import dataclass

from cnn_core.concepts.settings import ExperimentSettings, setting
from cnn_core.errors import ConfigError

DEEPEST = 56
BATCH = 64


@dataclass(frozen=True, kw_only=True)
class ResidualSettings(ExperimentSettings):
    """Depths, size and length of the trainings.

    Attributes:
        depths: layers of the networks whose gradients are measured, each 6n + 2.
        fit_depths: layers of the networks that are trained, likewise.
        bare_depth: layers of those trained without BatchNorm; 0 for none.
        width: channels of the first stage.
        images: training pictures.
        steps: optimizer steps of each training.
    """

    data: str = setting(
        "cifar10", "Data", "Real pictures, made half as large to save time.",
        choices=("cifar10", "mnist", "digits"),
    )  # fmt: skip
    depths: tuple[int, ...] = setting(
        (8, 20, 32), "Gradient: layers",
        "Depths at which the gradient is measured before the first step: 8, 14, 20, 26, 32, ...",
        low=8, high=DEEPEST, most=5,
    )  # fmt: skip
    fit_depths: tuple[int, ...] = setting(
        (20, 32), "Fit: layers", "Depths of the networks that are trained: 8, 14, 20, 26, 32, ...",
        low=8, high=DEEPEST, most=4,
    )  # fmt: skip
    bare_depth: int = setting(
        20, "Trained without BatchNorm: layers",
        "Three more networks of this depth are trained without BatchNorm; 0 leaves them out.",
        low=0, high=DEEPEST,
    )  # fmt: skip
    width: int = setting(
        8, "Channels", "Of the first stage; the second has twice, the third four times as many.",
        low=2, high=64,
    )  # fmt: skip
    images: int = setting(
        640, "Training images", "How many pictures each network learns from.", low=64, high=50_000
    )
    steps: int = setting(
        80, "Steps", "Steps of each training, of 64 pictures each.", low=1, high=20_000
    )


def validate_depths(settings: ResidualSettings) -> None:
    """Raise a ConfigError unless every depth is 6n + 2 (He et al. 2016, section 4.2)."""
    bare = (settings.bare_depth,) if settings.bare_depth else ()
    for depth in (*settings.depths, *settings.fit_depths, *bare):
        if (depth - 2) % 6 or depth < 8:
            near = max(8, 6 * round((depth - 2) / 6) + 2)
            raise ConfigError(
                f"A network of this family has 6n + 2 layers (8, 14, 20, ...), not {depth}.",
                hint=f"Choose {near}.",
            )
