"""Which entry of the cache of features belongs to a run's frozen part. Without torch."""

from cnn_core.models.cuts import BLOCKS, SQUARE, cut_of
from cnn_core.models.registry import ModelRow
from cnn_core.results.config import TrainConfig
from cnn_core.runtime import weights
from cnn_core.runtime.features import FrontKey
from cnn_core.settings import Settings

LONGEST_SIDE = 1024
"""Pictures are decoded to at most so many pixels a side, as the inspector does."""

_DECODED = f"decode {LONGEST_SIDE}; short side {SQUARE}, bilinear; middle square"


def front_key(settings: Settings, row: ModelRow, config: TrainConfig, precision: str) -> FrontKey:
    """Return what decides the outputs of the part of `row`'s network that `config` leaves frozen.

    Where nothing is frozen that is the square pictures themselves, whatever the network.

    Raises:
        ConfigError: the network cannot be fine-tuned so.
        WeightsError: a file of weights may not be read.
    """
    cut = cut_of(row.id, config.mode, config.head)
    if not cut:
        return FrontKey(weights="", network="", cut=0, preprocessing=_DECODED, precision="uint8")
    return FrontKey(
        weights=weights.resolve(settings, row).state.sha256,
        network=row.id,
        cut=cut,
        preprocessing=f"{_DECODED}; views of {row.input_size}, first edition",
        precision=precision,
    )


def image_front_key(
    settings: Settings, row: ModelRow, config: TrainConfig, precision: str
) -> FrontKey:
    """Return the same for the small images of a data set, which become the input of `row`.

    Raises:
        ConfigError: the network cannot be fine-tuned so.
        WeightsError: a file of weights may not be read.
    """
    return FrontKey(
        weights=weights.resolve(settings, row).state.sha256,
        network=row.id,
        cut=cut_of(row.id, config.mode, config.head),
        preprocessing=f"to {row.input_size}, bilinear, after less {row.mean} by {row.std}; "
        "views of small images, first edition",
        precision=precision,
    )


def looks_at(row: ModelRow, cut: int) -> str:
    """Return what is being done while a frozen part runs, for a person.

    >>> from cnn_core.models.registry import model_row
    >>> looks_at(model_row("vgg16"), 5), looks_at(model_row("vgg16"), 0)
    ('VGG-16 looks at the pictures', 'The pictures are read')
    """
    return f"{row.title} looks at the pictures" if cut else "The pictures are read"


def entry_title(row: ModelRow, cut: int, pictures: str) -> str:
    """Return what an entry holds, for a person; `pictures` is the title of the snapshot."""
    if not cut:
        return f"Square pictures of {pictures}"
    blocks = BLOCKS[row.id]
    upto = f", to {blocks[cut - 1]}" if cut < len(blocks) else ""
    return f"{row.title}{upto} on {pictures}"
