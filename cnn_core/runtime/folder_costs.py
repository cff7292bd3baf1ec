"""What fine-tuning would cost here: time, memory, disk. Without torch.

The paces are those of the newest runs here that did the same work on the same device; where there
is none, the work is counted (`runtime.folder_work`) and `PACES` gives the pace, measured on two
cores (of networks that were not, one between); the sentence says which. All of it is an estimate to
choose by, not a promise.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from cnn_core.models.cuts import cut_of, front_macs
from cnn_core.models.registry import ModelRow, model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import Preparing
from cnn_core.results.judgement import Estimate
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.devices import choose_device, known_devices
from cnn_core.runtime.features import FeatureCache
from cnn_core.runtime.folder_work import (
    FolderSizes,
    FolderWork,
    folder_work,
    sizes_of,
    whole_macs,
)
from cnn_core.runtime.front_keys import looks_at
from cnn_core.runtime.picture_runs import EMBEDDED
from cnn_core.runtime.room import require_room
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings
from cnn_core.training.processor import precision_of
from cnn_core.training.recipes import MEASURED_ON, find_recipe, network_of

__all__ = [
    "FolderSizes",
    "alternative",
    "estimate",
    "estimate_of",
    "require_folder_room",
    "sizes_of",
]

PACES = {  # pictures a second through the whole network on two cores: float32, bfloat16
    "vgg16": (5.8, 11.4),
    "efficientnet-lite0": (44.0, 101.0),
}
_BETWEEN = (39e9, 82e9)  # multiply-accumulates a second of the other networks: between these two
_GPU_FASTER = 60.0  # than two cores, about
_BACKWARD = 2.0  # a step's backward pass costs twice its forward pass
_DECODE_SECONDS = 0.012  # of one core, a megapixel of JPEG
_FILM_SECONDS = 0.005  # of one core: a film read and altered (2.6 to 3.9 ms measured)
_THREADS = 2  # that alter films
_UPDATE_SECONDS = 3e-9  # of a step, for each parameter
_STEP_SECONDS = 2e-3  # of a step, whatever is trained
_START_SECONDS = 4.0  # a worker that reads torch, the network and its weights
_JUDGE_SECONDS = 3.0  # baselines and the learning curve
_LOOKED_AT = 50  # earlier runs
_EVENTS = 400  # of an earlier run: its preparation comes first
_FEWEST = 20  # outputs that tell a pace


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
    work = folder_work(settings, sizes, config, recipe=recipe, device=where)
    return estimate_of(settings, work, [work], recipe, where)


def estimate_of(
    settings: Settings, shared: FolderWork, works: Sequence[FolderWork], recipe: str, where: str
) -> Estimate:
    """Return what runs cost that begin with what the frozen part makes of `shared`, once.

    Args:
        settings: as `estimate`.
        shared: all their pictures.
        works: what each has to do.
        recipe: its id.
        where: the device, "cpu", "cuda:0".
    """
    earlier = _earlier_runs(settings, recipe, where)
    look = _measured_look(settings, earlier, shared)
    seconds = _counted_look(shared, where) if look is None else shared.missing * look
    here = look is not None or not shared.missing
    for work in works:
        learn = _measured_learning(earlier, work)
        seconds += _START_SECONDS + (_JUDGE_SECONDS if work.judged and not work.films else 0)
        seconds += _counted_learning(work, where) if learn is None else learn
        here &= learn is not None
    memory = max(work.memory_bytes for work in works)
    disk = shared.cache_bytes + sum(work.run_bytes for work in works)
    return Estimate(
        seconds=seconds,
        cached_share=1 - shared.missing / shared.outputs if shared.outputs else 0.0,
        memory_bytes=memory,
        disk_bytes=disk,
        measured_here=here,
        sentence=_sentence(shared, seconds, where, memory=memory, disk=disk, measured=here),
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
    settings: Settings, sizes: FolderSizes, config: TrainConfig, *, recipe: str, device: str
) -> None:
    """Refuse a run whose files the disks of runs and features cannot hold.

    Raises:
        StorageError: with the free and the needed megabytes.
    """
    work = folder_work(settings, sizes, config, recipe=recipe, device=device)
    require_room(settings.runs, work.run_bytes)
    if work.cache_bytes:
        cache = FeatureCache(settings.features, settings.features_bytes)
        cache.require_room(work.cache_bytes)


def _earlier_runs(settings: Settings, recipe: str, device: str) -> Sequence[RunRecord]:
    if not (settings.runs / "runs.sqlite").exists():
        return []
    store = RunStore(settings.runs, examine=False)
    runs = store.list(recipe=recipe, statuses=("finished",), limit=_LOOKED_AT)
    return [run for run in runs if run.device == device]


def _measured_look(
    settings: Settings, earlier: Sequence[RunRecord], work: FolderWork
) -> float | None:
    """Seconds an output, from the newest run here whose frozen part did the same work."""
    for run in earlier:
        row = _network(run)
        alike = (row.id, run.config.precision) == (work.row.id, work.config.precision)
        if not alike or cut_of(row.id, run.config.mode, run.config.head) != work.cut:
            continue
        events = RunStore(settings.runs, examine=False).events(run.id, limit=_EVENTS)
        seen = [
            event
            for _, event in events
            if isinstance(event, Preparing)
            and event.what == looks_at(row, work.cut, films=work.films)
        ]
        if seen and seen[-1].done - seen[-1].cached >= _FEWEST:
            return seen[-1].seconds / (seen[-1].done - seen[-1].cached)
    return None


def _measured_learning(earlier: Sequence[RunRecord], work: FolderWork) -> float | None:
    """Seconds of all epochs with their validation, from the newest run here that learned alike."""
    config = work.config

    def kind(its: TrainConfig) -> tuple[object, ...]:
        drawn = (its.resamples, its.auxiliary > 0)
        return (its.mode, its.head, its.cache, its.precision, *drawn)

    for run in earlier:
        its, data = run.config, run.dataset
        if run.epochs_done and _network(run).id == work.row.id and kind(its) == kind(config):
            its = replace(its, epochs=run.epochs_done)
            then = _passes(its, data.train_size, data.valid_size, data.test_size)
            now = _passes(config, work.sizes.train, work.sizes.valid, work.sizes.test)
            smaller_batches = math.sqrt(its.batch_size / config.batch_size)
            return run.total_seconds * now / then * smaller_batches
    return None


def _passes(config: TrainConfig, train: int, valid: int, test: int) -> float:
    """Forward passes of one picture in a run, a backward pass counted as what it costs of them."""
    return _seen(config, train, valid, test) + _BACKWARD * train * config.epochs


def _seen(config: TrainConfig, train: int, valid: int, test: int) -> float:
    """How often a picture is given to the network in a run."""
    return (train + valid + min(config.train_sample, train)) * config.epochs + test


def _network(run: RunRecord) -> ModelRow:
    return model_row(network_of(find_recipe(run.recipe), run.config))


def _faster(device: str) -> float:
    return 1.0 if device == "cpu" else _GPU_FASTER


def _macs_a_second(work: FolderWork, device: str) -> float:
    low = precision_of(work.config.precision, device) == "bfloat16"
    if work.row.id not in PACES:
        return _BETWEEN[low] * _faster(device)
    return PACES[work.row.id][low] * whole_macs(model_row(work.row.id)) * _faster(device)


def _front_macs(work: FolderWork) -> int:
    config, row = work.config, work.row
    return front_macs(row.id, config.mode, config.head, row.input_size)


def _counted_look(work: FolderWork, device: str) -> float:
    """Seconds until the frozen part has looked at what is missing; decoding goes on beside it."""
    if work.config.cache == "off":
        return 0.0
    views = work.config.views if work.cut else 1
    decoding = _DECODE_SECONDS * work.sizes.megapixels * work.missing / views
    if work.films and work.cut:
        decoding = _FILM_SECONDS * work.missing
    return max(decoding, work.missing * _front_macs(work) / _macs_a_second(work, device))


def _counted_learning(work: FolderWork, device: str) -> float:
    """Seconds of all epochs with their validation."""
    config, sizes = work.config, work.sizes
    passes = _passes(config, sizes.train, sizes.valid, sizes.test)
    macs = work.trained_macs * passes
    if config.cache == "off":  # the frozen part has no backward pass
        macs += _front_macs(work) * (passes - _BACKWARD * sizes.train * config.epochs)
    updates = work.steps * (_STEP_SECONDS + _UPDATE_SECONDS * work.trained / _faster(device))
    altered = 0.0  # films that are altered or read anew at each step, in threads
    if work.films and (not work.cut or config.cache == "off"):
        altered = _FILM_SECONDS / _THREADS * _seen(config, sizes.train, sizes.valid, sizes.test)
    return macs / _macs_a_second(work, device) + updates + altered


def _sentence(
    work: FolderWork, seconds: float, device: str, *, memory: int, disk: int, measured: bool
) -> str:
    source = f"at the pace of {MEASURED_ON}"
    if measured:
        source = "as runs here went"
    elif work.row.id not in PACES:
        source = f"reckoned from the pace of other networks on {MEASURED_ON}"
    if device != "cpu" and not measured:
        source += f", and a GPU {_GPU_FASTER:.0f} times as fast: a guess"
    kept = ""
    if work.config.cache == "on" and work.missing < work.outputs:
        share = 100 * (1 - work.missing / work.outputs)
        kept = f" {share:.0f} % of what the frozen part makes is kept already."
    return (
        f"About {duration(seconds)} here ({source}), at most {memory / 1e9:.1f} GB of memory "
        f"and {_size(disk)} on the disk.{kept}"
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
