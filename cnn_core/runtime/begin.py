"""What a run begins with: the data on the device, the network before its first step."""

from pathlib import Path

import torch

from cnn_core.errors import DataError
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.training.recipes import find_recipe, network_of
from cnn_core.training.state import TrainState, new_state
from cnn_core.training.tensors import Splits, split_examples


def begin(
    recipe: str, config: TrainConfig, pictures: DatasetInfo, device_id: str
) -> tuple[Splits, TrainState]:
    """Return the data on the device, and the state before the first step.

    Raises:
        CnnLabError: the data cannot be read, or is not what `pictures` says.
    """
    device, network = torch.device(device_id), network_of(find_recipe(recipe), config)
    dataset = cached_dataset(pictures.source, Path(pictures.location or "."))
    if dataset.fingerprint != pictures.fingerprint:
        raise DataError(
            f"The pictures of {pictures.name} have changed since this run was made.",
            hint="Start a new run with the data as it is now.",
        )
    splits = split_examples(
        dataset,
        model_row(network),
        share=config.validation_share,
        seed=config.seed,
        device=device,
    )
    state = new_state(network, config, num_classes=len(dataset.train.classes), device=device)
    return splits, state
