"""Which entry of the cache of features belongs to a run's frozen part. Without torch."""

from cnn_core.models.cuts import BLOCKS, SQUARE, cut_of, front_shape
from cnn_core.models.registry import ModelRow
from cnn_core.results.config import TrainConfig
from cnn_core.results.films import SIDE
from cnn_core.runtime import weights
from cnn_core.runtime.features import FrontKey
from cnn_core.settings import Settings

LONGEST_SIDE = 1024
"""Pictures are decoded to at most so many pixels a side, as the inspector does."""

_FILM = f"films of {SIDE}"
_DECODED = f"decode {LONGEST_SIDE}; short side {SQUARE}, bilinear; middle square"


def front_key(
    settings: Settings,
    row: ModelRow,
    config: TrainConfig,
    precision: str,
    *,
    films: bool = False,
) -> FrontKey:
    """Return what decides the outputs of the part of `row`'s network that `config` leaves frozen.

    Where nothing is frozen that is the square pictures themselves, whatever the network.

    Args:
        settings: for the weights at hand.
        row: the network.
        config: says what is frozen.
        precision: what the frozen part computes in.
        films: whether the pictures are chest radiographs, whose views are others.

    Raises:
        ConfigError: the network cannot be fine-tuned so.
        WeightsError: a file of weights may not be read.
    """
    cut = cut_of(row.id, config.mode, config.head)
    decoded = _FILM if films else _DECODED
    if not cut:
        return FrontKey(weights="", network="", cut=0, preprocessing=decoded, precision="uint8")
    views = f"views of {row.input_size}"
    if films:
        views = f"film {views}{', mirrored at random' if config.mirror == 'on' else ''}"
    return FrontKey(
        weights=weights.resolve(settings, row).state.sha256,
        network=row.id,
        cut=cut,
        preprocessing=f"{decoded}; {views}, first edition",
        precision=precision,
    )


def kept_shape(row: ModelRow, config: TrainConfig, *, films: bool = False) -> tuple[int, ...]:
    """Return the shape of what the cache keeps of one picture: of the front's output, or its bytes.

    Raises:
        ConfigError: the network cannot be fine-tuned so.
    """
    if films and not cut_of(row.id, config.mode, config.head):
        return (SIDE, SIDE)
    return front_shape(row.id, config.mode, config.head, row.input_size)


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


def looks_at(row: ModelRow, cut: int, *, films: bool = False) -> str:
    """Return what is being done while a frozen part runs, for a person.

    >>> from cnn_core.models.registry import model_row
    >>> looks_at(model_row("vgg16"), 5), looks_at(model_row("vgg16"), 0)
    ('VGG-16 looks at the pictures', 'The pictures are read')
    >>> looks_at(model_row("resnet18"), 6, films=True)
    'ResNet-18 looks at the films'
    """
    pictures = "films" if films else "pictures"
    return f"{row.title} looks at the {pictures}" if cut else f"The {pictures} are read"


def entry_title(row: ModelRow, cut: int, pictures: str) -> str:
    """Return what an entry holds, for a person; `pictures` is the title of the snapshot."""
    if not cut:
        return f"Square pictures of {pictures}"
    blocks = BLOCKS[row.id]
    upto = f", to {blocks[cut - 1]}" if cut < len(blocks) else ""
    return f"{row.title}{upto} on {pictures}"
