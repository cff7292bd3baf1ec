"""What fine-tuning on a labelled image set is made of before a run is queued. Without torch.

Such a recipe says to which size the images are enlarged (`Recipe.input_size`); everything else it
shares with fine-tuning on a person's own pictures: modes, cuts, heads, the cache of features.
"""

import functools
import hashlib

from cnn_core.data.images import Dataset, ImageSet
from cnn_core.errors import ConfigError
from cnn_core.models.cifar_rows import seeing_cifar
from cnn_core.models.cuts import cut_of
from cnn_core.models.fine_tuning import validate_auxiliary, validate_fine_tuning
from cnn_core.models.model_row import ModelRow
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.runtime.picture_runs import base_weights
from cnn_core.settings import Settings
from cnn_core.training.recipes import Recipe, network_of


def fine_tunes_images(recipe: Recipe) -> bool:
    """Whether the recipe fine-tunes networks on a labelled image set."""
    return recipe.input_size > 0


def seen_row(recipe: Recipe, config: TrainConfig) -> ModelRow:
    """Return the row of the network that `config` trains, with the input that it gets here.

    >>> from cnn_core.training.recipes import find_recipe
    >>> recipe = find_recipe("googlenet-cifar10")
    >>> [seen_row(recipe, recipe.presets[name].config).input_size for name in ("all", "scratch")]
    [96, 32]
    """
    row = model_row(network_of(recipe, config))
    return seeing_cifar(row, recipe.input_size) if fine_tunes_images(recipe) else row


def require_learning(settings: Settings, recipe: Recipe, config: TrainConfig) -> None:
    """Look that the recipe's network can learn so, and has the weights that it begins with here.

    Raises:
        ConfigError: it cannot.
        WeightsError: no weights to begin with.
    """
    row = model_row(network_of(recipe, config))
    validate_auxiliary(row, config.mode, config.auxiliary)
    if fine_tunes_images(recipe):
        validate_fine_tuning(row, config.mode, config.head)
        _refuse_unseen(config, frozen=cut_of(row.id, config.mode, config.head) > 0)
        base_weights(settings, row, config)


def _refuse_unseen(config: TrainConfig, *, frozen: bool) -> None:
    """Refuse what a frozen part, which sees each picture in its kept views, would not look at."""
    for name in ("shift", "cutout", "rotation", "scale", "shear") if frozen else ():
        value = getattr(config, name)
        if value:
            raise ConfigError(
                f"In mode {config.mode} a picture is seen in views that are kept: expected "
                f"{name}=0, but got {name}={value:g}.",
                hint=f"Leave {name} out, take more views, or let all layers learn (mode=all).",
            )


@functools.lru_cache(maxsize=2)
def pixel_digests(dataset: Dataset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the SHA-256 of each training picture's pixels, and of each test picture's."""

    def digests(images: ImageSet) -> tuple[str, ...]:
        return tuple(hashlib.sha256(image.tobytes()).hexdigest() for image in images.images)

    return digests(dataset.train), digests(dataset.test)
