"""All recipes by name; imported without torch.

A preset is a `TrainConfig`; "reference" is the recipe as the field knows it (docs/results.md gives
the scores), "fast" is what shows a trained network soonest.
"""

from cnn_core.errors import UnknownNameError
from cnn_core.results.config import TrainConfig
from cnn_core.training.googlenet_cifar10 import GOOGLENET_CIFAR10
from cnn_core.training.lenet5_mnist import LENET5_MNIST
from cnn_core.training.recipe import FILMS, OWN_PICTURES, Preset, Recipe
from cnn_core.training.vgg16_folder import VGG16_FOLDER
from cnn_core.training.xray_triage import XRAY_TRIAGE

__all__ = [
    "FILMS",
    "MEASURED_ON",
    "OWN_PICTURES",
    "RECIPES",
    "Preset",
    "Recipe",
    "find_preset",
    "find_recipe",
    "network_of",
]

MEASURED_ON = "two cores of a cloud machine"

RECIPES: dict[str, Recipe] = {
    recipe.id: recipe for recipe in (LENET5_MNIST, VGG16_FOLDER, GOOGLENET_CIFAR10, XRAY_TRIAGE)
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
