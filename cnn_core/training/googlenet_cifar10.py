"""The recipe googlenet-cifar10: GoogLeNet on CIFAR-10. Free of torch."""

from dataclasses import replace
from types import MappingProxyType

from cnn_core.results.config import TrainConfig
from cnn_core.training.recipe import Preset, Recipe

_REFERENCE = TrainConfig(
    epochs=5,
    batch_size=128,
    learning_rate=1e-3,
    validation_share=0.1,
    mode="frozen",
    head="light",
    views=2,
    train_sample=2_000,
)

GOOGLENET_CIFAR10 = Recipe(
    id="googlenet-cifar10",
    title="GoogLeNet on CIFAR-10",
    model="googlenet",
    source="cifar10",
    default="tenth",
    input_size=96,
    presets=MappingProxyType(
        {
            "tenth": Preset(
                title="A tenth of it",
                description="The reference recipe on a tenth of the training pictures.",
                config=replace(_REFERENCE, data_share=0.1),
            ),
            "reference": Preset(
                title="Reference recipe",
                description="Pictures at 96x96, mirrored at random; trained on ImageNet, "
                "all frozen but the last layer. Adam at a constant 0.001, batches of 128, "
                "five epochs.",
                config=_REFERENCE,
            ),
            "last-block": Preset(
                title="Last inception blocks",
                description="The last two inception modules and the last layer learn; the "
                "rest stays as it was trained on ImageNet.",
                config=replace(_REFERENCE, mode="last-block", schedule="one-cycle"),
            ),
            "all": Preset(
                title="All of it",
                description="Every layer learns, the first ones most gently, beginning "
                "with what was trained on ImageNet.",
                config=replace(
                    _REFERENCE,
                    mode="all",
                    schedule="one-cycle",
                    batch_size=64,
                    shift=4,
                    backbone_rate=0.5,
                ),
            ),
            "scratch": Preset(
                title="From scratch",
                description="GoogLeNet with a stem for 32x32 and its auxiliary heads, from "
                "random weights: mirrored and shifted pictures with a square cut out, "
                "30 epochs.",
                config=TrainConfig(
                    epochs=30,
                    batch_size=128,
                    learning_rate=0.1,
                    optimizer="sgd",
                    schedule="one-cycle",
                    weight_decay=5e-4,
                    validation_share=0.1,
                    mode="scratch",
                    head="light",
                    model="googlenet-cifar",
                    views=2,
                    shift=4,
                    cutout=8,
                    label_smoothing=0.1,
                    auxiliary=0.3,
                    train_sample=2_000,
                ),
            ),
        }
    ),
    citation="Szegedy et al. (2015), Going deeper with convolutions, CVPR, "
    "arXiv:1409.4842; Krizhevsky (2009), Learning multiple layers of features from tiny "
    "images",
)
