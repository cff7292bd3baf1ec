"""What a run begins with: the data on the device, the network before its first step."""

from collections.abc import Callable
from pathlib import Path

import torch

from cnn_core.errors import DataError
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import Preparing
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime.begin_images import begin_images
from cnn_core.runtime.begin_pictures import BegunPictures, begin_pictures
from cnn_core.runtime.begun import Begun
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.image_runs import fine_tunes_images
from cnn_core.settings import Settings
from cnn_core.training.recipes import FILMS, OWN_PICTURES, find_recipe, network_of
from cnn_core.training.state import new_state
from cnn_core.training.tensors import split_examples

__all__ = ["Begun", "begin"]


def begin(
    recipe: str,
    config: TrainConfig,
    pictures: DatasetInfo,
    device_id: str,
    *,
    settings: Settings | None = None,
    report: Callable[[Preparing], None] = lambda _: None,
    asked_to_stop: Callable[[], bool] = lambda: False,
) -> Begun | BegunPictures | None:
    """Return what the run begins with; None if a stop was asked for meanwhile.

    Args:
        recipe: its id.
        config: what is trained.
        pictures: on what.
        device_id: "cpu", "cuda:0".
        settings: the homes of weights and features; the environment's unless given. They matter to
            fine-tuning alone, as what follows does.
        report: is told how far the work before the first step has come.
        asked_to_stop: looked at meanwhile.

    Raises:
        CnnLabError: the data cannot be read, or is not what `pictures` says.
    """
    device = torch.device(device_id)
    if pictures.source in (OWN_PICTURES, FILMS):
        return begin_pictures(
            recipe,
            config,
            pictures,
            device,
            settings=settings or Settings.from_environment(),
            report=report,
            asked_to_stop=asked_to_stop,
        )
    row = find_recipe(recipe)
    dataset = cached_dataset(pictures.source, Path(pictures.location or "."))
    if dataset.fingerprint != pictures.fingerprint:
        raise DataError(
            f"The pictures of {pictures.name} have changed since this run was made.",
            hint="Start a new run with the data as it is now.",
        )
    if fine_tunes_images(row):
        return begin_images(
            row,
            config,
            dataset,
            device,
            settings=settings or Settings.from_environment(),
            report=report,
            asked_to_stop=asked_to_stop,
        )
    network = network_of(row, config)
    splits = split_examples(
        dataset,
        model_row(network),
        share=config.validation_share,
        data_share=config.data_share,
        seed=config.seed,
        device=device,
    )
    state = new_state(network, config, num_classes=len(dataset.train.classes), device=device)
    return Begun(splits=splits, state=state)
