"""What fine-tuning has to do: outputs, parameters, bytes. Without torch.

On a person's own pictures, and on a labelled image set (`runtime.image_costs`). Counted from the
network's layers and the sizes of the parts; nothing is measured here.
"""

import math
from dataclasses import dataclass

from cnn_core.models.cuts import (
    backbone_macs,
    backbone_shape,
    cut_of,
    front_macs,
)
from cnn_core.models.fine_tuning import BOTTLENECK, HIDDEN, WITH_HIDDEN_LAYERS
from cnn_core.models.registry import ModelRow, model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.pictures import PARTS, Plan
from cnn_core.runtime.features import FeatureCache
from cnn_core.runtime.front_keys import front_key, image_front_key, kept_shape
from cnn_core.runtime.image_runs import fine_tunes_images, seen_row
from cnn_core.settings import Settings
from cnn_core.training.processor import precision_of
from cnn_core.training.recipes import FILMS, find_recipe

_MAPS = {  # floats that the layers of a network make of one picture: all, and the largest step's;
    # at an input of its own size
    "vgg16": (28_676_072, 6_422_528),
    "alexnet": (1_098_216, 387_200),
    "googlenet": (11_099_000, 1_605_632),
    "resnet18": (7_477_736, 1_605_632),
    "resnet34": (11_240_936, 1_605_632),
    "resnet50": (32_040_424, 1_605_632),
    "efficientnet-lite0": (25_039_816, 2_408_448),
    "googlenet-cifar": (907_850, 131_072),
    "googlenet-cifar-16": (2_396_426, 131_072),
    "googlenet-cifar-small": (453_930, 65_536),
    "googlenet-cifar-tiny": (113_490, 16_384),
}
_LAST_BLOCK_SHARE = 0.15  # of them, at most
_FRONT_BATCH = 32
_BACKWARD_TOO, _IN_AND_OUT = 1.5, 2  # measured: 67 MB a picture of EfficientNet-Lite0 in bfloat16
_PROCESS_BYTES = 950_000_000  # Python, torch, its threads; the judgement's scikit-learn
_FLOAT = 4
_EMBEDDING = 2_048  # floats of a picture, at most
_EVENT_BYTES = 450
_STORE_BYTES = 2**23


@dataclass(frozen=True, kw_only=True)
class FolderSizes:
    """How many pictures each part has, in how many classes; which they are, where that is known.

    Attributes:
        pictures: SHA-256 of each, those of "train" first; () if nothing is known of them.
        megapixels: of a picture, on average.
    """

    train: int
    valid: int
    test: int
    classes: int
    pictures: tuple[str, ...] = ()
    megapixels: float = 0.5

    @property
    def total(self) -> int:
        """All pictures."""
        return self.train + self.valid + self.test


def sizes_of(plan: Plan) -> FolderSizes:
    """Return the sizes of a plan."""
    order = sorted(range(len(plan.parts)), key=lambda place: PARTS.index(plan.parts[place]))
    return FolderSizes(
        train=plan.count("train"),
        valid=plan.count("valid"),
        test=plan.count("test"),
        classes=len(plan.classes),
        pictures=tuple(plan.sha256[place] for place in order),
    )


@dataclass(frozen=True, kw_only=True)
class FolderWork:
    """What a run has to do.

    Attributes:
        row: the network, with the size of the input that it gets.
        config: what is trained.
        sizes: of the parts.
        outputs: of the frozen part, or square pictures, that the run needs.
        missing: of these, how many the cache does not have.
        row_bytes: of one of them in the cache.
        computed_bytes: of a number while the network computes.
        trained: parameters that learn.
        trained_macs: multiply-accumulates of the part that learns, forward, for one picture.
        judged: whether every picture is looked at once more at the end, and kept with the run.
        films: whether the pictures are chest radiographs.
    """

    row: ModelRow
    config: TrainConfig
    sizes: FolderSizes
    outputs: int
    missing: int
    row_bytes: int
    computed_bytes: int
    trained: int
    trained_macs: float
    judged: bool = True
    films: bool = False

    @property
    def cut(self) -> int:
        """How many stages are frozen."""
        return cut_of(self.row.id, self.config.mode, self.config.head)

    @property
    def steps(self) -> int:
        """Of the optimizer, in all epochs."""
        return math.ceil(self.sizes.train / self.config.batch_size) * self.config.epochs

    @property
    def cache_bytes(self) -> int:
        """What the cache of features grows by."""
        return self.missing * self.row_bytes if self.config.cache == "on" else 0

    @property
    def run_bytes(self) -> int:
        """The run's folder: a checkpoint and the one that replaces it, weights, judgement, log."""
        trained, sizes = self.trained * _FLOAT, self.sizes
        copies = 4 + bool(self.config.averaging)
        judged = sizes.total * (_EMBEDDING + sizes.classes) * _FLOAT * self.judged
        return 2 * copies * trained + trained + judged + self.steps * _EVENT_BYTES + _STORE_BYTES

    @property
    def memory_bytes(self) -> int:
        """Of the worker at most: the network, what training keeps of it, one batch, one save."""
        shrunk = (self.row.input_size / model_row(self.row.id).input_size) ** 2
        every, largest = (shrunk * floats for floats in _MAPS[self.row.id])
        share = {"frozen": 0.0, "last-block": _LAST_BLOCK_SHARE}.get(self.config.mode, 1.0)
        learning = _BACKWARD_TOO * share * every * self.config.batch_size
        looking = _IN_AND_OUT * largest * _FRONT_BATCH if share < 1 else 0
        kept = 8 + bool(self.config.averaging)  # itself, gradient, moments, best, last, a save
        floats = 2 * _backbone(self.row) + kept * self.trained + self.sizes.total * _EMBEDDING
        if self.config.head == "original":
            floats += 2 * _own_hidden(self.row)
        maps = self.computed_bytes * max(learning, looking)
        return int(_PROCESS_BYTES + _FLOAT * floats + maps)


def folder_work(
    settings: Settings, sizes: FolderSizes, config: TrainConfig, *, recipe: str, device: str
) -> FolderWork:
    """Return what a run has to do here, now, with what the cache of features has already.

    Raises:
        ConfigError: the network cannot be fine-tuned so.
    """
    asked = find_recipe(recipe)
    row, of_set = seen_row(asked, config), fine_tunes_images(asked)
    films = asked.source == FILMS
    pixels = cut_of(row.id, config.mode, config.head) == 0
    precision = precision_of(config.precision, device)
    element = {"bfloat16": 2, "float32": _FLOAT}[precision]
    views = 1 if pixels else config.views
    outputs = 0 if pixels and of_set else sizes.total + (views - 1) * sizes.train
    missing = outputs
    if config.cache == "on" and sizes.pictures and outputs:
        cache = FeatureCache(settings.features, settings.features_bytes)
        if of_set:
            key = image_front_key(settings, row, config, precision)
        else:
            key = front_key(settings, row, config, precision, films=films)
        for view in range(views):
            wanted = sizes.pictures if view == 0 else sizes.pictures[: sizes.train]
            missing -= cache.done(key, wanted, view)
    return FolderWork(
        row=row,
        config=config,
        sizes=sizes,
        outputs=outputs,
        missing=max(0, missing),
        row_bytes=math.prod(kept_shape(row, config, films=films)) * (1 if pixels else element),
        computed_bytes=element,
        trained=_trained_parameters(row, config, sizes.classes),
        trained_macs=_trained_macs(row, config, sizes.classes),
        judged=not of_set,
        films=films,
    )


def whole_macs(row: ModelRow) -> int:
    """Multiply-accumulates of the whole network without its head, for one picture."""
    return backbone_macs(row.id, row.input_size)


def _flat(row: ModelRow) -> tuple[int, int]:
    """How many maps the backbone ends with, and how many numbers its own head takes."""
    shape = backbone_shape(row.id, model_row(row.id).input_size)
    return shape[0], math.prod(shape)


def _head_layers(row: ModelRow, config: TrainConfig, classes: int) -> list[tuple[int, int]]:
    """Inputs and outputs of each linear layer of the head that is new."""
    maps, flat = _flat(row)
    if config.head == "original":
        return [(HIDDEN, classes)]
    if config.head == "reference":
        return [(flat, HIDDEN), (HIDDEN, BOTTLENECK), (BOTTLENECK, classes)]
    return [(maps, classes)]


def _own_hidden(row: ModelRow) -> int:
    """Parameters of fc6 and fc7."""
    return (_flat(row)[1] + 1) * HIDDEN + (HIDDEN + 1) * HIDDEN


def _backbone(row: ModelRow) -> int:
    """Parameters of the network without its own head."""
    if row.id in WITH_HIDDEN_LAYERS:
        return row.parameters - _own_hidden(row) - (HIDDEN + 1) * row.num_classes
    return row.parameters - (_flat(row)[0] + 1) * row.num_classes


def _trained_parameters(row: ModelRow, config: TrainConfig, classes: int) -> int:
    new = sum((taken + 1) * made for taken, made in _head_layers(row, config, classes))
    if config.mode == "frozen":
        return new
    if config.head == "original":
        new += _own_hidden(row)
    return new + (_backbone(row) // 2 if config.mode == "last-block" else _backbone(row))


def _trained_macs(row: ModelRow, config: TrainConfig, classes: int) -> float:
    head = sum(taken * made for taken, made in _head_layers(row, config, classes))
    if config.mode == "frozen":
        return float(head)
    if config.head == "original":
        head += _own_hidden(row)
    before = front_macs(row.id, config.mode, config.head, row.input_size)
    return float(whole_macs(row) - before + head)
