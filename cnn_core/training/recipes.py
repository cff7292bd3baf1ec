"""Recipes: data set, network, presets and citation in one row; imported without torch.

A preset is a `TrainConfig`; "reference" is the recipe as the field knows it (docs/results.md gives
the scores), "fast" is what shows a trained network soonest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnn_core.errors import UnknownNameError
from cnn_core.results.config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One configuration of a recipe, with what it costs.

    Attributes:
        measured_seconds: training time with evaluation, measured as docs/results.md says; shown as
            such until a run here gives a better figure.
    """

    title: str
    description: str
    config: TrainConfig
    measured_seconds: float


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a run trains on what; `default` names the preset that a page opens with.

    Attributes:
        input_size: side in pixels to which the data set's images are enlarged for networks that
            take larger ones; 0: they are not. Networks made for such small images take them as
            they are.
    """

    id: str
    title: str
    model: str
    source: str
    presets: Mapping[str, Preset]
    default: str
    citation: str
    input_size: int = 0


OWN_PICTURES = "pictures"
"""The `source` of recipes that train on a snapshot of a person's own pictures."""

MEASURED_ON = "two cores of a cloud machine"

RECIPES: dict[str, Recipe] = {
    recipe.id: recipe
    for recipe in (
        Recipe(
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
                            epochs=5, batch_size=256, learning_rate=0.006, schedule="one-cycle"
                        ),
                        measured_seconds=15.0,
                    ),
                    "reference": Preset(
                        title="Reference recipe",
                        description="Adam at a constant 0.001, batches of 64, ten epochs; "
                        "a running average of the weights is kept.",
                        config=TrainConfig(
                            epochs=10, batch_size=64, learning_rate=1e-3, averaging=0.998
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
                        ),
                        measured_seconds=151.0,
                    ),
                }
            ),
            citation="LeCun, Bottou, Bengio, Haffner (1998), Proc. IEEE 86(11), 2278-2324",
        ),
        Recipe(
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
                        ),
                        measured_seconds=120.0,
                    ),
                    "reference": Preset(
                        title="Reference recipe",
                        description="The convolutions as they are; new layers 25088-4096-1024-"
                        "classes with dropout. Flipped pictures, Adam at a constant 0.0005, "
                        "batches of 32, five epochs.",
                        config=TrainConfig(
                            epochs=5,
                            batch_size=32,
                            learning_rate=5e-4,
                            validation_share=0.15,
                            mode="frozen",
                            head="reference",
                            views=2,
                        ),
                        measured_seconds=142.0,
                    ),
                    "gentle": Preset(
                        title="Reference head, gentler",
                        description="The reference recipe at up to 0.0001 under a one-cycle "
                        "schedule: its first steps do not go astray.",
                        config=TrainConfig(
                            epochs=5,
                            batch_size=32,
                            learning_rate=1e-4,
                            schedule="one-cycle",
                            validation_share=0.15,
                            mode="frozen",
                            head="reference",
                            views=2,
                        ),
                        measured_seconds=142.0,
                    ),
                }
            ),
            citation="Simonyan, Zisserman (2015), Very deep convolutional networks for large-scale "
            "image recognition, ICLR, arXiv:1409.1556",
        ),
        Recipe(
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
                        config=TrainConfig(
                            epochs=5,
                            batch_size=128,
                            learning_rate=1e-3,
                            validation_share=0.1,
                            mode="frozen",
                            head="light",
                            views=2,
                            data_share=0.1,
                            train_sample=2_000,
                        ),
                        measured_seconds=60.0,
                    ),
                    "reference": Preset(
                        title="Reference recipe",
                        description="Pictures at 96x96, mirrored at random; trained on ImageNet, "
                        "all frozen but the last layer. Adam at a constant 0.001, batches of 128, "
                        "five epochs.",
                        config=TrainConfig(
                            epochs=5,
                            batch_size=128,
                            learning_rate=1e-3,
                            validation_share=0.1,
                            mode="frozen",
                            head="light",
                            views=2,
                            train_sample=2_000,
                        ),
                        measured_seconds=300.0,
                    ),
                    "last-block": Preset(
                        title="Last inception blocks",
                        description="The last two inception modules and the last layer learn; the "
                        "rest stays as it was trained on ImageNet.",
                        config=TrainConfig(
                            epochs=5,
                            batch_size=128,
                            learning_rate=1e-3,
                            schedule="one-cycle",
                            validation_share=0.1,
                            mode="last-block",
                            head="light",
                            views=2,
                            train_sample=2_000,
                        ),
                        measured_seconds=600.0,
                    ),
                    "all": Preset(
                        title="All of it",
                        description="Every layer learns, the first ones most gently, beginning "
                        "with what was trained on ImageNet.",
                        config=TrainConfig(
                            epochs=5,
                            batch_size=64,
                            learning_rate=1e-3,
                            schedule="one-cycle",
                            validation_share=0.1,
                            mode="all",
                            head="light",
                            views=2,
                            shift=4,
                            backbone_rate=0.5,
                            train_sample=2_000,
                        ),
                        measured_seconds=1_800.0,
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
                        measured_seconds=1_500.0,
                    ),
                }
            ),
            citation="Szegedy et al. (2015), Going deeper with convolutions, CVPR, "
            "arXiv:1409.4842; Krizhevsky (2009), Learning multiple layers of features from tiny "
            "images",
        ),
    )
}


def network_of(recipe: Recipe, config: TrainConfig) -> str:
    """Return the id of the network that `config` trains: its own choice, else the recipe's.

    >>> recipe = find_recipe("lenet5-mnist")
    >>> [network_of(recipe, recipe.presets[name].config) for name in ("fast", "1998")]
    ['lenet5', 'lenet5-1998']
    """
    return config.model or recipe.model


def find_recipe(name: str) -> Recipe:
    """Return the recipe called `name`.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in RECIPES:
        raise UnknownNameError(
            f"There is no recipe named {name!r}.", hint=f"The recipes are {', '.join(RECIPES)}."
        )
    return RECIPES[name]


def find_preset(recipe: Recipe, name: str) -> Preset:
    """Return `recipe`'s preset called `name`.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in recipe.presets:
        raise UnknownNameError(
            f"{recipe.title} has no preset named {name!r}.",
            hint=f"Its presets are {', '.join(recipe.presets)}.",
        )
    return recipe.presets[name]
