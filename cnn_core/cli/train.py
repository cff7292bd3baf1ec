"""`train RECIPE`: train in this process, through the queue and store of the page's Start."""

import argparse
import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_core.cli import own_pictures, xray_training
from cnn_core.cli.outcome import report
from cnn_core.cli.output import (
    STOPPED,
    ProgressLine,
    add_json,
    note,
    note_error,
)
from cnn_core.data.datasets import SOURCES
from cnn_core.errors import CnnLabError, ConfigError, DataError
from cnn_core.results.config import TrainConfig, with_settings
from cnn_core.results.events import TrainEvent
from cnn_core.results.pictures import Selection
from cnn_core.results.runs import RunRecord
from cnn_core.runtime import queue
from cnn_core.runtime.devices import remember_devices
from cnn_core.runtime.image_runs import fine_tunes_images, require_learning
from cnn_core.runtime.picture_runs import network_at_hand, require_fine_tuning
from cnn_core.runtime.place import find_place
from cnn_core.runtime.rows import new_run_id
from cnn_core.runtime.stopping import StopFlag, stop_on_signals
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request, open_or_say_how
from cnn_core.settings import Settings
from cnn_core.training.recipes import FILMS, OWN_PICTURES, find_preset, find_recipe

if TYPE_CHECKING:
    from cnn_core.runtime.execute import Gather

OWNER = "terminal"
_POLL_SECONDS = 0.5


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `train` to the parser."""
    parser = commands.add_parser("train", help="train a recipe", description=__doc__)
    parser.add_argument("recipe", help="for example lenet5-mnist")
    parser.add_argument(
        "--preset", help="its id, e.g. reference or best; the recipe's default if none"
    )
    parser.add_argument("--epochs", help="passes over the training set")
    parser.add_argument(
        "--seed", nargs="+", action="extend", metavar="S", help="one run for each; 0 unless given"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument(
        "--data",
        metavar="PATH",
        help="a folder with the data set's files, or the name of a bundled set (digits); of your "
        "own pictures: a folder, a zip file, the id of a snapshot, drawn-flowers or flowers102; of "
        "films: a folder, a zip file or the id of a film set",
    )
    own_pictures.add_options(parser)
    xray_training.add_options(parser)
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="any setting, e.g. batch_size=128",
    )
    add_json(parser)
    parser.set_defaults(run=train)


def train(options: argparse.Namespace) -> int:
    """Train one run for each seed; print what came of it; return 1 if one did not finish.

    Of the processes that torchrun starts, rank 0 does that, and the others train beside it.
    """
    settings = Settings.from_environment()
    configs = configurations(options)
    recipe, place = find_recipe(options.recipe), find_place()
    if recipe.source == FILMS:
        return _train_study(settings, options, configs)
    xray_training.refuse_options(options)
    own = recipe.source == OWN_PICTURES
    source, folder = (None, None) if own else _data(options.data)
    if place.rank:
        from cnn_core.runtime.torchrun import train_beside

        return train_beside(place, folder or settings.data)
    selection: Selection | None = None
    if own or fine_tunes_images(recipe):
        found = [network_at_hand(settings, recipe, config) for config in configs]
        configs, sentences = [config for config, _ in found], {said for _, said in found if said}
        for sentence in sentences:
            note(f"note: {sentence}")
    if own:
        require_fine_tuning(settings, recipe, configs[0])
        selection = own_pictures.chosen_pictures(settings, options)
    else:
        own_pictures.refuse_options(options)
        require_learning(settings, recipe, configs[0])
        open_or_say_how(settings, source or recipe.source, folder)
    store = RunStore(settings.runs)
    remember_devices(settings.runs)
    group = new_run_id(options.recipe) if len(configs) > 1 else ""
    records = []
    with _others(settings) as gather:
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
                selection=selection,
            )
            same = store.find_same(request.same_key)
            if same is not None:
                note(f"note: run {same.id} ({same.status}) has the same settings, seed and data.")
            record, _ = store.create(request)
            note(f"run {record.id}: {record.dataset.name}, seed {config.seed}, on {record.device}")
            record = follow(store, record.id, gather)
            records.append(record)
            if record.status != "finished":
                break
        report(store, records, as_json=options.json)
    return exit_code(records[-1])


def _train_study(
    settings: Settings, options: argparse.Namespace, configs: list[TrainConfig]
) -> int:
    """Train and judge a study of films, with one seed, in this process alone."""
    if len(configs) > 1 or find_place().world_size > 1:
        raise ConfigError(
            "A study is split and trained with one seed, in one process.",
            hint="Give one --seed, and start it with python.",
        )
    own_pictures.refuse_options(options)
    recipe = find_recipe(options.recipe)
    config, sentence = network_at_hand(settings, recipe, configs[0])
    if sentence:
        note(f"note: {sentence}")
    require_fine_tuning(settings, recipe, config)
    remember_devices(settings.runs)
    return xray_training.train_films(
        settings,
        options,
        config,
        preset=_preset_name(options),
        owner=OWNER,
        follow=follow,
        exit_code=exit_code,
    )


@contextlib.contextmanager
def _others(settings: Settings) -> Iterator["Gather | None"]:
    """Yield what has the other processes of torchrun's train a run too; None if there are none."""
    place = find_place()
    if place.world_size == 1:
        yield None
        return
    from cnn_core.runtime.torchrun import Others

    others = Others(place, settings.runs)
    try:
        yield others.gather
    finally:
        others.close()


def exit_code(record: RunRecord) -> int:
    """Return what a command says to the shell of how its run ended."""
    return {"finished": 0, "stopped": STOPPED}.get(record.status, 1)


def _preset_name(options: argparse.Namespace) -> str:
    recipe = find_recipe(options.recipe)
    name = options.preset or recipe.default
    find_preset(recipe, name)
    return str(name)


def configurations(options: argparse.Namespace) -> list[TrainConfig]:
    """Return the configuration of each run that `train`'s options ask for: one a seed.

    Raises:
        ConfigError: a setting that no run can use.
        UnknownNameError: no such recipe or preset.
    """
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
    if options.seed is None:
        return [config]
    seeds = [with_settings(config, {"seed": seed}).seed for seed in options.seed]
    return [replace(config, seed=seed) for seed in dict.fromkeys(seeds)]


def _data(text: str | None) -> tuple[str | None, Path | None]:
    """Return (data set's id, folder) of the --data argument."""
    if text is None:
        return None, None
    if text in SOURCES:
        return text, None
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        raise DataError(
            f"There is no folder {text!r}, and no data set of that name.",
            hint=f"The data sets are {', '.join(SOURCES)}.",
        )
    return None, folder


def follow(store: RunStore, run_id: str, gather: "Gather | None" = None) -> RunRecord:
    """Wait for the queue to reach `run_id`, train it here with a progress bar, return it.

    The first Ctrl-C or SIGTERM stops the run with a checkpoint, the second ends the process. What
    went wrong is said on standard error; the record says how the run ended.
    """
    stop = StopFlag()
    with stop_on_signals(stop, "\nstopping; the run can be resumed (again: end at once)\n"):
        queue.record_process(store, run_id, os.getpid())
        if not _wait_for_turn(store, run_id, stop):
            return store.get(run_id)
        from cnn_core.runtime.execute import execute

        try:
            line = _progress(store.get(run_id))
            record = execute(store, run_id, on_event=line, stop=stop, gather=gather)
        except CnnLabError as exc:
            note_error(exc.message, exc.hint)
            return store.get(run_id)
    if record.error:
        note_error(record.error, record.hint)
    return record


def _progress(record: RunRecord) -> Callable[[TrainEvent], None]:
    if record.experiment:
        from cnn_core.cli.trial_line import trial_line

        return trial_line(record)
    return ProgressLine()


def _wait_for_turn(store: RunStore, run_id: str, stop: StopFlag) -> bool:
    """Claim the run as soon as it is its turn; return whether that came."""
    place = None
    while queue.claim(store, run_id=run_id) is None:
        if stop.asked:
            store.request_stop(run_id)
        record = store.get(run_id)
        if not record.active:
            return False
        ahead = queue.place(store, record)
        if ahead != place:
            note(f"waiting for {record.device}: {ahead} before this one")
            place = ahead
        time.sleep(_POLL_SECONDS)
    return True
