"""What fine-tuning on a labelled image set would cost here: time, memory, disk. Without torch.

Reckoned as for a person's own pictures (`runtime.folder_costs`): from earlier runs here, else from
counted work.
"""

from dataclasses import replace
from pathlib import Path

from cnn_core.data.images import Dataset
from cnn_core.data.parts import parts_of
from cnn_core.results.config import TrainConfig
from cnn_core.results.judgement import Estimate
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime import folder_costs
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.folder_work import FolderSizes
from cnn_core.runtime.image_runs import pixel_digests
from cnn_core.settings import Settings

_MEGAPIXELS = 0.001  # of a picture: nothing is decoded


def estimate(
    settings: Settings,
    pictures: DatasetInfo | FolderSizes,
    config: TrainConfig,
    *,
    recipe: str = "googlenet-cifar10",
    device: str = "auto",
) -> Estimate:
    """Return what the run would cost, in figures and in a sentence ("10 % of it: about ...").

    Args:
        settings: for the homes (earlier runs, the cache of features, which weights are at hand).
        pictures: what `submit.describe` says of data set and configuration, or `image_sizes`.
        config: what would be trained.
        recipe: its id.
        device: "auto", "cpu", "cuda", "cuda:1".

    Raises:
        ConfigError: the network cannot be trained so.
        CnnLabError: the data set of a `DatasetInfo` cannot be read.
    """
    sizes = pictures
    if isinstance(sizes, DatasetInfo):
        sizes = image_sizes(cached_dataset(sizes.source, Path(sizes.location or ".")), config)
    found = folder_costs.estimate(settings, sizes, config, recipe=recipe, device=device)
    share = "All of it" if config.data_share == 1 else f"{100 * config.data_share:g} % of it"
    return replace(found, sentence=found.sentence.replace("About", f"{share}: about", 1))


def image_sizes(dataset: Dataset, config: TrainConfig) -> FolderSizes:
    """Return how many pictures each part of a run has, and which they are.

    Raises:
        DataError: a share that leaves too few pictures.
    """
    parts = parts_of(
        dataset,
        data_share=config.data_share,
        validation_share=config.validation_share,
        seed=config.seed,
    )
    train_names, test_names = pixel_digests(dataset)
    names = [train_names[place] for part in (parts.train, parts.valid) for place in part]
    return FolderSizes(
        train=len(parts.train),
        valid=len(parts.valid),
        test=len(parts.test),
        classes=len(dataset.train.classes),
        pictures=(*names, *(test_names[place] for place in parts.test)),
        megapixels=_MEGAPIXELS,
    )


def require_image_room(
    settings: Settings, dataset: Dataset, config: TrainConfig, *, recipe: str, device: str
) -> None:
    """Refuse a run whose files the disks of runs and features cannot hold.

    Raises:
        StorageError: with the free and the needed megabytes.
    """
    sizes = image_sizes(dataset, config)
    folder_costs.require_folder_room(settings, sizes, config, recipe=recipe, device=device)
