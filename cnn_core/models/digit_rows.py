"""The registry's rows of networks that read digits."""

from cnn_core.models.lenet1998_constants import BACKGROUND, FOREGROUND
from cnn_core.models.model_row import ModelRow, WeightsSource

_LECUN_1998 = (
    "LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document "
    "recognition, Proc. IEEE 86(11), 2278-2324"
)

DIGIT_ROWS = (
    ModelRow(
        id="lenet5",
        title="LeNet-5",
        builder="cnn_core.models.lenet:LeNet5",
        input_size=28,
        resize=28,
        channels=1,
        mean=(0.1307,),
        std=(0.3081,),
        classes="digits",
        parameters=44_426,
        layers=("conv1", "conv2"),
        head="fc",
        licence="Apache-2.0",
        citation=_LECUN_1998,
        weights=(
            WeightsSource(
                id="mnist",
                filename="lenet5-mnist.safetensors",
                kind="trained",
                sha256="09a61587371724261158491f0431be5e81c066e2629da2c79439a10e4e20219a",
                licence="CC-BY-4.0",
                sentence="Trained by this project on MNIST; they come with it.",
            ),
        ),
    ),
    ModelRow(
        id="lenet5-1998",
        title="LeNet-5 of 1998",
        builder="cnn_core.models.lenet1998:LeNet51998",
        input_size=28,
        resize=28,
        channels=1,
        mean=(BACKGROUND / (BACKGROUND - FOREGROUND),),
        std=(1 / (FOREGROUND - BACKGROUND),),
        classes="digits",
        parameters=60_000,
        layers=("c1", "s2", "c3", "s4", "c5"),
        head="output",
        licence="Apache-2.0",
        citation=_LECUN_1998,
    ),
)
