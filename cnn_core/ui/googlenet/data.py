"""Which pictures: CIFAR-10 or a folder with its batches, and which share of them."""

from typing import Any

import streamlit as st

from cnn_core.errors import DataError
from cnn_core.results.config import TrainConfig
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.submit import describe
from cnn_core.settings import Settings
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.googlenet.controls import PREFIX
from cnn_core.ui.training.data_choice import (
    DataChoice,
    DataOffer,
    current_choice,
    data_form,
    offer_published,
)

DATA = DataOffer(
    source="cifar10",
    folder_title="CIFAR-10 in a folder",
    folder_label="Folder on the server with the batches",
    folder_help="The folder cifar-10-batches-py itself, or the one above it. Files that are not "
    "the published ones are read without running anything in them, and are called unofficial.",
    download_size="170 MB",
    key=f"{PREFIX}data",
    folder_key=f"{PREFIX}folder",
)
LEAST_SHARE = 0.01
_BIND: Any = "query-params"


def choose_data(settings: Settings, base: TrainConfig) -> float:
    """Draw the choice of pictures and of the share of them; return the share, 0.01 to 1."""
    share = st.slider(
        "Share of the training pictures",
        LEAST_SHARE,
        1.0,
        base.data_share,
        0.01,
        format="percent",
        key=f"{PREFIX}data_share",
        bind=_BIND,
        help="Stratified: each class keeps its share. A larger share adds pictures to those of a "
        "smaller one; test pictures are the same for every seed.",
    )
    data_form(settings, DATA)
    choice = current_choice(settings, DATA)
    if choice.state.ready and choice.folder == settings.data and not _is_published(choice):
        offer_published(settings, DATA)
    return float(share)


def _is_published(choice: DataChoice) -> bool:
    try:
        return cached_dataset(choice.source, choice.folder).official
    except DataError:
        return False  # what is wrong is said beside the button


def sizes_of(choice: DataChoice, config: TrainConfig) -> DatasetInfo:
    """Return what a run with `config` would see of the chosen pictures.

    Raises:
        DataError: they cannot be read, or the share leaves too few.
    """
    return describe(cached_dataset(choice.source, choice.folder), config)


def sizes_text(sizes: DatasetInfo) -> str:
    """Return of how many pictures each part is made, and that they are not the published ones."""
    counts = (
        f"{sizes.train_size:,} pictures to train on, {sizes.valid_size:,} to validate, "
        f"{sizes.test_size:,} to test."
    )
    return counts if sizes.official else f"{counts} **{plain_markdown(sizes.name)}.**"
