"""What can be chosen for the experiment of convolutions."""

from dataclasses import dataclass

from cnn_core.concepts.settings import ExperimentSettings, setting

DATA = ("mnist", "digits")


@dataclass(frozen=True, kw_only=True)
class ConvolutionSettings(ExperimentSettings):
    """Settings; see the fields' own help.

    The largest number of `images` is the one at which pixels are permuted, pictures are shifted,
    turned and made noisy, and at which the networks are compared.
    """

    data: str = setting(
        "mnist", "Data", "The handwritten digits that are learned and judged.", choices=DATA
    )
    images: tuple[int, ...] = setting(
        (100, 300, 1_000),
        "Training images",
        "Each network learns from so many digits; all tests are made at the largest number.",
        low=20,
        high=5_000,
        most=4,
    )
    steps: int = setting(
        400, "Steps", "Optimizer steps of each training, 32 digits a step.", low=20, high=5_000
    )
    judged: int = setting(
        1_000,
        "Test images",
        "So many digits that no network has learned from are judged; fewer where there are fewer.",
        low=100,
        high=10_000,
    )
    kernel: int = setting(
        11,
        "Large kernel (pixels)",
        "Side of the kernels of the network with less locality; an odd number, rounded up.",
        low=7,
        high=23,
    )
    hidden: int = setting(
        1,
        "Hidden layers of the MLPs",
        "All are of one width, which follows from the budget of parameters or of work.",
        low=1,
        high=4,
    )

    @property
    def most(self) -> int:
        """The largest number of training images."""
        return max(self.images)

    @property
    def side(self) -> int:
        """Side of the large kernels, odd, so that they can be padded alike on both sides."""
        return self.kernel + 1 - self.kernel % 2
