"""A labelled image set in CIFAR-10's form, small, and two ways to train on it."""

import dataclasses

from cnn_core.settings import Settings
from cnn_core.training.recipes import find_recipe
from tests.data.cifar_files import write_cifar

RECIPE = find_recipe("googlenet-cifar10")
FROZEN = dataclasses.replace(
    RECIPE.presets["tenth"].config,
    model="efficientnet-lite0",
    epochs=2,
    batch_size=8,
    views=2,
    data_share=0.5,
    validation_share=0.2,
    train_sample=0,
    precision="float32",
)
SCRATCH = dataclasses.replace(
    RECIPE.presets["scratch"].config,
    model="googlenet-cifar-tiny",
    epochs=2,
    batch_size=16,
    data_share=0.5,
    validation_share=0.2,
    train_sample=0,
    precision="float32",
)


def image_homes(folder):
    """Return homes with 100 training and 20 test pictures."""
    return Settings(
        data=write_cifar(folder / "data"),
        weights=folder / "weights",
        runs=folder / "runs",
        pictures=folder / "pictures",
        features=folder / "features",
    )
