"""The recipe lenet5-mnist: LeNet-5 on MNIST. Free of torch."""

from types import MappingProxyType

from cnn_core.results.config import TrainConfig
from cnn_core.training.recipe import Preset, Recipe

LENET5_MNIST = Recipe(
    id="lenet5-mnist",
    title="LeNet-5 on MNIST",
    model="lenet5",
    source="mnist",
    default="fast",
    presets=MappingProxyType(
        {
            "fast": Preset(
                title="Fast",
                description="Large batches under a one-cycle schedule.",
                config=TrainConfig(
                    epochs=5,
                    batch_size=256,
                    learning_rate=0.006,
                    schedule="one-cycle",
                    train_sample=2_000,
                ),
                measured_seconds=15.0,
            ),
            "reference": Preset(
                title="Reference recipe",
                description="Adam at a constant 0.001, batches of 64, ten epochs; "
                "a running average of the weights is kept.",
                config=TrainConfig(
                    epochs=10,
                    batch_size=64,
                    learning_rate=1e-3,
                    averaging=0.998,
                    train_sample=2_000,
                ),
                measured_seconds=92.0,
            ),
            "best": Preset(
                title="Most accurate",
                description="Training images are shifted, turned, stretched and slanted a "
                "little, anew in each of ten epochs under a one-cycle schedule.",
                config=TrainConfig(
                    epochs=10,
                    batch_size=64,
                    learning_rate=0.004,
                    schedule="one-cycle",
                    shift=1,
                    rotation=10.0,
                    scale=0.1,
                    shear=5.0,
                    train_sample=2_000,
                ),
                measured_seconds=102.0,
            ),
            "1998": Preset(
                title="1998",
                description="The network, output codes and loss of the 1998 paper; its "
                "optimizer (stochastic diagonal Levenberg-Marquardt, one image a step, 20 "
                "epochs) is replaced by Adam under a one-cycle schedule.",
                config=TrainConfig(
                    epochs=10,
                    batch_size=64,
                    learning_rate=0.004,
                    schedule="one-cycle",
                    model="lenet5-1998",
                    train_sample=2_000,
                ),
                measured_seconds=151.0,
            ),
        }
    ),
    citation="LeCun, Bottou, Bengio, Haffner (1998), Proc. IEEE 86(11), 2278-2324",
)
