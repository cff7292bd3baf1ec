"""What a run on a person's own pictures would cost here: time, memory, disk. Without torch.

The paces are those of the newest runs here that did the same work on the same device; where there
is none, the work is counted (multiply-accumulates) and `PACES` gives the pace, measured on two
cores; the sentence says which. All of it is an estimate to choose by, not a promise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnn_core.models.cuts import cut_of, front_macs, front_shape
from cnn_core.models.fine_tuning import BOTTLENECK, HIDDEN, WITH_HIDDEN_LAYERS
from cnn_core.models.registry import ModelRow, model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import Preparing
from cnn_core.results.judgement import Estimate
from cnn_core.results.pictures import PARTS, Plan
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.devices import choose_device, known_devices
from cnn_core.runtime.features import FeatureCache
from cnn_core.runtime.front_keys import front_key, looks_at
from cnn_core.runtime.picture_runs import EMBEDDED
from cnn_core.runtime.precision import precision_of
from cnn_core.runtime.room import require_room
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings
from cnn_core.training.recipes import MEASURED_ON, find_recipe, network_of

PACES = {  # pictures a second through the whole network on two cores: float32, bfloat16
    "vgg16": (5.8, 11.4),
    "alexnet": (60.0, 85.0),
    "googlenet": (25.0, 45.0),
    "resnet18": (33.0, 62.0),
    "resnet50": (13.0, 27.0),
    "efficientnet-lite0": (44.0, 101.0),
}
_GPU_FASTER = 60.0  # than two cores, about
_WHOLE_MACS = {
    "vgg16": 15.47e9,
    "alexnet": 0.71e9,
    "googlenet": 1.50e9,
    "resnet18": 1.81e9,
    "resnet50": 4.09e9,
    "efficientnet-lite0": 0.39e9,
}
_BACKWARD = 2.0  # a step's backward pass costs twice its forward pass
_DECODE_PER_MEGAPIXEL = 0.012  # seconds of one core, JPEG
_START_SECONDS = 4.0  # a worker that reads torch, the network and its weights
_JUDGE_SECONDS = 3.0  # baselines and the learning curve
_LOOKED_AT = 50  # earlier runs
_EVENTS = 400  # of an earlier run: its preparation comes first

_PROCESS_BYTES = 700_000_000  # Python, torch and its threads
_FLOAT = 4


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
class _Work:
    """What a run has to do: outputs of the frozen part, steps, and what is trained."""

    row: ModelRow
    config: TrainConfig
    outputs: int
    missing: int
    row_bytes: int
    trained: int
    trained_macs: float


def estimate(
    settings: Settings,
    sizes: FolderSizes,
    config: TrainConfig,
    *,
    recipe: str = "vgg16-folder",
    device: str = "auto",
) -> Estimate:
    """Return what the run would cost, in figures and in a sentence.

    Args:
        settings: for the homes (earlier runs, the cache of features, which weights are at hand).
        sizes: of the parts; `sizes_of` a plan.
        config: what would be trained.
        recipe: its id.
        device: "auto", "cpu", "cuda", "cuda:1".

    Raises:
        ConfigError: the network cannot be fine-tuned so.
    """
    where = choose_device(device, known_devices(settings.runs))
    work = _work(settings, sizes, config, recipe, where)
    earlier = _earlier_runs(settings, recipe, where)
    look, look_here = _look_seconds(settings, earlier, work, sizes, where)
    learn, learn_here = _learn_seconds(earlier, work, sizes, where)
    seconds = _START_SECONDS + look + learn + _JUDGE_SECONDS
    memory, disk = _memory_bytes(work, sizes), _disk_bytes(work, sizes)
    measured = learn_here and (look_here or not work.missing)
    return Estimate(
        seconds=seconds,
        cached_share=1 - work.missing / work.outputs if work.outputs else 0.0,
        memory_bytes=memory,
        disk_bytes=disk,
        measured_here=measured,
        sentence=_sentence(work, seconds, memory, disk, measured=measured),
    )


def alternative(
    settings: Settings,
    sizes: FolderSizes,
    config: TrainConfig,
    *,
    recipe: str = "vgg16-folder",
    device: str = "auto",
) -> Estimate | None:
    """Return the same for EfficientNet-Lite0, None where that is the network already."""
    if network_of(find_recipe(recipe), config) == EMBEDDED:
        return None
    head = "light" if config.head == "original" else config.head
    other = replace(config, model=EMBEDDED, head=head)
    return estimate(settings, sizes, other, recipe=recipe, device=device)


def require_folder_room(
    settings: Settings, sizes: FolderSizes, config: TrainConfig, *, recipe: str
) -> None:
    """Refuse a run whose files the disks of runs and features cannot hold.

    Raises:
        StorageError: with the free and the needed megabytes.
    """
    work = _work(settings, sizes, config, recipe, "cpu")
    require_room(settings.runs, _run_bytes(work, sizes))
    if config.cache == "on":
        FeatureCache(settings.features, settings.features_bytes).require_room(
            work.missing * work.row_bytes
        )


def _work(
    settings: Settings, sizes: FolderSizes, config: TrainConfig, recipe: str, device: str
) -> _Work:
    row = model_row(network_of(find_recipe(recipe), config))
    shape = front_shape(row.id, config.mode, config.head)
    pixels = cut_of(row.id, config.mode, config.head) == 0
    views = 1 if pixels else config.views
    precision = precision_of(config.precision, device)
    element = 1 if pixels else {"bfloat16": 2, "float32": _FLOAT}[precision]
    count = 1
    for side in shape:
        count *= side
    outputs = sizes.total + (views - 1) * sizes.train
    missing = outputs
    if config.cache == "on" and sizes.pictures:
        cache = FeatureCache(settings.features, settings.features_bytes)
        key = front_key(settings, row, config, precision)
        for view in range(views):
            wanted = sizes.pictures if view == 0 else sizes.pictures[: sizes.train]
            missing -= cache.done(key, wanted, view)
    return _Work(
        row=row,
        config=config,
        outputs=outputs,
        missing=max(0, missing),
        row_bytes=count * element,
        trained=_trained_parameters(row, config, sizes.classes),
        trained_macs=_trained_macs(row, config, sizes.classes),
    )


def _head_sizes(row: ModelRow, config: TrainConfig, classes: int) -> list[tuple[int, int]]:
    """Inputs and outputs of each linear layer of the head that is new."""
    shape = front_shape(row.id, "frozen", "light")
    maps = shape[0]
    flat = maps
    if row.id in WITH_HIDDEN_LAYERS:
        flat = maps * shape[1] * shape[2]
    if config.head == "original":
        return [(HIDDEN, classes)]
    if config.head == "reference":
        return [(flat, HIDDEN), (HIDDEN, BOTTLENECK), (BOTTLENECK, classes)]
    return [(maps, classes)]


def _trained_parameters(row: ModelRow, config: TrainConfig, classes: int) -> int:
    new = sum((inputs + 1) * outputs for inputs, outputs in _head_sizes(row, config, classes))
    backbone = row.parameters - _own_head_parameters(row)
    if config.mode == "frozen":
        return new
    if config.head == "original":
        new += _own_head_parameters(row) - (HIDDEN + 1) * row.num_classes
    return new + (backbone // 2 if config.mode == "last-block" else backbone)


def _own_head_parameters(row: ModelRow) -> int:
    shape = front_shape(row.id, "frozen", "light")
    if row.id in WITH_HIDDEN_LAYERS:
        flat = shape[0] * shape[1] * shape[2]
        return (flat + 1) * HIDDEN + (HIDDEN + 1) * HIDDEN + (HIDDEN + 1) * row.num_classes
    return (shape[0] + 1) * row.num_classes


def _trained_macs(row: ModelRow, config: TrainConfig, classes: int) -> float:
    """Multiply-accumulates of the trained part, forward, for one picture."""
    head = sum(inputs * outputs for inputs, outputs in _head_sizes(row, config, classes))
    if config.mode == "frozen":
        return float(head)
    frozen = front_macs(row.id, config.mode, config.head)
    return max(0.0, _WHOLE_MACS[row.id] - frozen) + head


def _pace(row: ModelRow, precision: str, device: str) -> float:
    """Pictures a second through the whole network, as measured elsewhere."""
    pace = PACES[row.id][precision == "bfloat16"]
    return pace * (_GPU_FASTER if device != "cpu" else 1.0)


def _earlier_runs(settings: Settings, recipe: str, device: str) -> Sequence[RunRecord]:
    if not (settings.runs / "runs.sqlite").exists():
        return []
    store = RunStore(settings.runs, examine=False)
    runs = store.list(recipe=recipe, statuses=("finished",), limit=_LOOKED_AT)
    return [run for run in runs if run.device == device]


def _look_seconds(
    settings: Settings,
    earlier: Sequence[RunRecord],
    work: _Work,
    sizes: FolderSizes,
    device: str,
) -> tuple[float, bool]:
    """Seconds until the frozen part has looked at what is missing; whether measured here."""
    here = _measured_look(settings, earlier, work)
    if here is not None:
        return work.missing * here, True
    config, row = work.config, work.row
    decoding = _DECODE_PER_MEGAPIXEL * sizes.megapixels * work.missing / max(1, config.views)
    macs = front_macs(row.id, config.mode, config.head)
    if not macs:
        return decoding, False
    pace = _pace(row, precision_of(config.precision, device), device)
    return max(decoding, work.missing * macs / _WHOLE_MACS[row.id] / pace), False


def _measured_look(settings: Settings, earlier: Sequence[RunRecord], work: _Work) -> float | None:
    """Seconds an output, from the newest run here whose frozen part did the same work."""
    cut = cut_of(work.row.id, work.config.mode, work.config.head)
    for run in earlier:
        row = model_row(network_of(find_recipe(run.recipe), run.config))
        alike = (row.id, run.config.precision) == (work.row.id, work.config.precision)
        if not alike or cut_of(row.id, run.config.mode, run.config.head) != cut:
            continue
        store = RunStore(settings.runs, examine=False)
        seen = [
            event
            for _, event in store.events(run.id, limit=_EVENTS)
            if isinstance(event, Preparing) and event.what == looks_at(row, cut)
        ]
        if seen and seen[-1].done - seen[-1].cached >= 20:
            return seen[-1].seconds / (seen[-1].done - seen[-1].cached)
    return None


def _learn_seconds(
    earlier: Sequence[RunRecord], work: _Work, sizes: FolderSizes, device: str
) -> tuple[float, bool]:
    """Seconds of all epochs with their validation; whether measured here."""
    config = work.config
    images = sizes.train * config.epochs
    looked = (sizes.valid * config.epochs + sizes.test) / (1 + _BACKWARD)
    for run in earlier:
        alike = (run.config.model, run.config.mode, run.config.head, run.config.cache) == (
            config.model,
            config.mode,
            config.head,
            config.cache,
        )
        done = run.dataset.train_size * run.epochs_done
        if alike and done and run.total_seconds:
            scale = (run.config.batch_size / config.batch_size) ** 0.5
            return run.total_seconds / done * images * scale, True
    pace = _pace(work.row, precision_of(config.precision, device), device)
    per_mac = 1 / (pace * _WHOLE_MACS[work.row.id])
    macs = work.trained_macs
    if config.cache == "off":
        macs += front_macs(work.row.id, config.mode, config.head) / (1 + _BACKWARD)
    steps = -(-sizes.train // config.batch_size) * config.epochs
    updating = 3e-9 * work.trained / (_GPU_FASTER if device != "cpu" else 1.0)
    return (1 + _BACKWARD) * (images + looked) * macs * per_mac + steps * (updating + 2e-3), False


def _memory_bytes(work: _Work, sizes: FolderSizes) -> int:
    """Weights as read and as built, what training keeps of each parameter, one batch, one save."""
    trained, config = work.trained * _FLOAT, work.config
    network = work.row.parameters * _FLOAT
    kept = 7 + bool(config.averaging)  # gradient, two moments, best, last finite, a save's copies
    activations = config.batch_size * work.trained_macs / 100 * _FLOAT
    features = config.batch_size * work.row_bytes * 4
    judged = sizes.total * 2_048 * _FLOAT
    return int(_PROCESS_BYTES + network + trained * kept + activations + features + judged)


def _run_bytes(work: _Work, sizes: FolderSizes) -> int:
    """The run's folder: a checkpoint and the one that replaces it, weights, judgement, events."""
    trained = work.trained * _FLOAT
    steps = -(-sizes.train // work.config.batch_size) * work.config.epochs
    copies = 4 + bool(work.config.averaging)
    judged = sizes.total * (2_048 + sizes.classes) * _FLOAT
    return 2 * copies * trained + trained + judged + steps * 450 + 2**23


def _disk_bytes(work: _Work, sizes: FolderSizes) -> int:
    cache = work.missing * work.row_bytes if work.config.cache == "on" else 0
    return cache + _run_bytes(work, sizes)


def _sentence(work: _Work, seconds: float, memory: int, disk: int, *, measured: bool) -> str:
    source = "as runs here went" if measured else f"at the pace of {MEASURED_ON}"
    kept = ""
    if work.config.cache == "on" and work.missing < work.outputs:
        share = 100 * (1 - work.missing / work.outputs)
        kept = f" {share:.0f} % of what the frozen part makes is kept already."
    return (
        f"About {duration(seconds)} here ({source}), at most {memory / 1e9:.1f} GB of memory and "
        f"{_size(disk)} on the disk.{kept}"
    )


def duration(seconds: float) -> str:
    """Return a time as it is said before it has been measured.

    >>> duration(38.2), duration(240), duration(9_000)
    ('40 seconds', '4 minutes', '2.5 hours')
    """
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} seconds"
    if seconds < 5_400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
