"""The recipe vgg16-folder: VGG-16 on a person's own pictures. Free of torch."""

from dataclasses import replace
from types import MappingProxyType

from cnn_core.results.config import TrainConfig
from cnn_core.training.recipe import OWN_PICTURES, Preset, Recipe

_REFERENCE = TrainConfig(
    epochs=5,
    batch_size=32,
    learning_rate=5e-4,
    validation_share=0.15,
    mode="frozen",
    head="reference",
    views=2,
    train_sample=300,
)

VGG16_FOLDER = Recipe(
    id="vgg16-folder",
    title="VGG-16 on your pictures",
    model="vgg16",
    source=OWN_PICTURES,
    default="light",
    presets=MappingProxyType(
        {
            "light": Preset(
                title="Light head",
                description="The convolutions as they are; their maps, averaged, go into "
                "one new layer. Flipped pictures, 30 epochs under a one-cycle schedule.",
                config=TrainConfig(
                    epochs=30,
                    batch_size=32,
                    learning_rate=5e-3,
                    schedule="one-cycle",
                    validation_share=0.15,
                    mode="frozen",
                    head="light",
                    views=2,
                    train_sample=300,
                ),
                measured_seconds=120.0,
            ),
            "reference": Preset(
                title="Reference recipe",
                description="The convolutions as they are; new layers 25088-4096-1024-"
                "classes with dropout. Flipped pictures, Adam at a constant 0.0005, "
                "batches of 32, five epochs.",
                config=_REFERENCE,
                measured_seconds=142.0,
            ),
            "gentle": Preset(
                title="Reference head, gentler",
                description="The reference recipe at up to 0.0001 under a one-cycle "
                "schedule: its first steps do not go astray.",
                config=replace(_REFERENCE, learning_rate=1e-4, schedule="one-cycle"),
                measured_seconds=142.0,
            ),
        }
    ),
    citation="Simonyan, Zisserman (2015), Very deep convolutional networks for large-scale "
    "image recognition, ICLR, arXiv:1409.1556",
)
