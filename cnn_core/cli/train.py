"""`train RECIPE`: train in this process, through the queue and store of the page's Start."""

import argparse
import os
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from cnn_core.cli.output import ProgressLine, note, percent, seconds_text, write_json, write_line
from cnn_core.data.datasets import SOURCES
from cnn_core.errors import CnnLabError, ConfigError
from cnn_core.results.config import TrainConfig, with_settings
from cnn_core.results.metrics import mean_interval
from cnn_core.results.runs import RunRecord
from cnn_core.runtime import queue
from cnn_core.runtime.devices import remember_devices
from cnn_core.runtime.export import weights_path
from cnn_core.runtime.rows import new_run_id
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_preset, find_recipe

OWNER = "terminal"
_POLL_SECONDS = 0.5


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `train` to the parser."""
    parser = commands.add_parser("train", help="train a recipe", description=__doc__)
    parser.add_argument("recipe", help="for example lenet5-mnist")
    parser.add_argument("--preset", help="reference, fast; the recipe's default unless given")
    parser.add_argument("--epochs", help="passes over the training set")
    parser.add_argument("--seed", nargs="+", default=["0"], metavar="S", help="one run for each")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument(
        "--data",
        metavar="PATH",
        help="a folder with the data set's files, or the name of a bundled set (digits)",
    )
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="any setting, e.g. batch_size=128"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.set_defaults(run=train)


def train(options: argparse.Namespace) -> int:
    """Train one run for each seed; print what came of it; return 1 if one did not finish."""
    settings = Settings.from_environment()
    store = RunStore(settings.runs)
    configs = _configs(options)
    remember_devices(settings.runs)
    group = new_run_id(options.recipe) if len(configs) > 1 else ""
    source, folder = _data(options.data)
    records = []
    for config in configs:
        request = build_request(
            settings,
            recipe=options.recipe,
            preset=_preset_name(options),
            config=config,
            owner=OWNER,
            device=options.device,
            source=source,
            folder=folder,
            group=group,
            launcher="self",
        )
        same = store.find_same(request.same_key)
        if same is not None:
            note(f"note: run {same.id} ({same.status}) has the same settings, seed and data.")
        record, _ = store.create(request)
        note(f"run {record.id}: {record.dataset.name}, seed {config.seed}, on {record.device}")
        record = follow(store, record.id)
        records.append(record)
        if record.status != "finished":
            break
    _report(store, records, as_json=options.json)
    return {"finished": 0, "stopped": 130}.get(records[-1].status, 1)


def _preset_name(options: argparse.Namespace) -> str:
    recipe = find_recipe(options.recipe)
    name = options.preset or recipe.default
    find_preset(recipe, name)
    return str(name)


def _configs(options: argparse.Namespace) -> list[TrainConfig]:
    recipe = find_recipe(options.recipe)
    config = find_preset(recipe, _preset_name(options)).config
    changes: dict[str, str] = {}
    for pair in options.set:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set expects key=value, but got {pair!r}.")
        changes[key] = value
    if options.epochs is not None:
        changes["epochs"] = options.epochs
    config = with_settings(config, changes)
    seeds = [with_settings(config, {"seed": seed}).seed for seed in options.seed]
    return [replace(config, seed=seed) for seed in dict.fromkeys(seeds)]


def _data(text: str | None) -> tuple[str | None, Path | None]:
    """Return (data set's id, folder) of the --data argument."""
    if text is None:
        return None, None
    if text in SOURCES:
        return text, None
    return None, Path(text).expanduser().resolve()


def follow(store: RunStore, run_id: str) -> RunRecord:
    """Wait for the queue to reach `run_id`, train it here with a progress bar, return it."""
    queue.record_process(store, run_id, os.getpid())
    place = None
    with _ctrl_c_stops(store, run_id):
        while queue.claim(store, run_id=run_id) is None:
            record = store.get(run_id)
            if not record.active:
                return record
            ahead = queue.place(store, record)
            if ahead != place:
                note(f"waiting for {record.device}: {ahead} before this one")
                place = ahead
            time.sleep(_POLL_SECONDS)
        queue.record_process(store, run_id, os.getpid())
        from cnn_core.runtime.execute import execute

        try:
            return execute(store, run_id, on_event=ProgressLine())
        except CnnLabError as exc:
            note(f"error: {exc.message} {exc.hint}".rstrip())
            return store.get(run_id)


@contextmanager
def _ctrl_c_stops(store: RunStore, run_id: str) -> Iterator[None]:
    """Let the first Ctrl-C (or SIGTERM) stop the run with a checkpoint; the second kills."""

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        note("\nstopping; the run can be resumed")
        store.request_stop(run_id)
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(store: RunStore, records: list[RunRecord], *, as_json: bool) -> None:
    if as_json:
        write_json(train_result(store, records))
        return
    for record in records:
        write_line(_sentence(record))
    path = weights_path(store, records[-1].id)
    if path is not None:
        write_line(f"weights: {path}")
    if records[-1].status == "stopped":
        write_line(f"resume: python -m cnn_core resume {records[-1].id}")


def _sentence(record: RunRecord) -> str:
    if record.test_accuracy is None or record.test_interval is None:
        text = f"{record.id}: {record.status} after step {record.steps_done:,}. {record.error}"
        return text.rstrip()
    low, high = record.test_interval
    return (
        f"{record.id}: {percent(record.test_accuracy)} of the test set "
        f"(95 % interval {percent(low)} to {percent(high)}), "
        f"{seconds_text(record.train_seconds)} of training "
        f"at {record.images_per_second:,.0f} images/s, "
        f"{seconds_text(record.total_seconds)} with evaluation"
    )


def train_result(store: RunStore, records: list[RunRecord]) -> dict[str, object]:
    """Return the one object that `--json` prints; over several seeds the accuracy is their mean.

    `test_interval` is Wilson's over the test set for one seed, Student's over the seeds for
    several.
    """
    last = records[-1]
    scores = [run.test_accuracy for run in records if run.test_accuracy is not None]
    interval = last.test_interval if len(records) == 1 else mean_interval(scores)
    weights = weights_path(store, last.id)
    return {
        "run": last.id if len(records) == 1 else last.group,
        "runs": [run.id for run in records],
        "status": last.status,
        "recipe": last.recipe,
        "preset": last.preset,
        "dataset": {
            "name": last.dataset.name,
            "train_size": last.dataset.train_size,
            "valid_size": last.dataset.valid_size,
            "test_size": last.dataset.test_size,
            "official": last.dataset.official,
        },
        "epochs": last.epochs_done,
        "test_accuracy": statistics.fmean(scores) if scores else None,
        "test_interval": list(interval) if interval else None,
        "train_seconds": sum(run.train_seconds for run in records),
        "total_seconds": sum(run.total_seconds for run in records),
        "images_per_second": statistics.fmean(run.images_per_second for run in records),
        "device": last.device,
        "seeds": [run.config.seed for run in records],
        "weights": str(weights) if weights else None,
        "error": last.error,
    }
