"""`experiment [NAME]`: run an experiment in this process, through the page's queue and store.

Without a name the experiments are listed. One that has finished with the same settings, seeds and
data is not run again but shown; `--again` runs it.
"""

import argparse
from pathlib import Path
from typing import Any

from cnn_core.cli.experiment_words import result_lines, time_text
from cnn_core.cli.output import add_json, note, write_json, write_line
from cnn_core.cli.train import OWNER, exit_code, follow
from cnn_core.concepts.experiment import Experiment
from cnn_core.concepts.registry import EXPERIMENTS, find_experiment
from cnn_core.concepts.settings import ExperimentSettings, with_values
from cnn_core.data.datasets import SOURCES
from cnn_core.errors import ConfigError, DataError
from cnn_core.runtime import queue
from cnn_core.runtime.devices import remember_devices
from cnn_core.runtime.experiment_data import PICTURES, offered_data, with_data_at_hand, with_data_in
from cnn_core.runtime.experiment_result import experiment_result
from cnn_core.runtime.experiments import build_experiment_request, estimate_seconds
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings

_SHORT_ID = 16  # characters of a snapshot's id: its beginning finds it


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `experiment` to the parser."""
    parser = commands.add_parser(
        "experiment", help="run one of the ideas as an experiment", description=__doc__
    )
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help=f"{', '.join(EXPERIMENTS)}; none lists them"
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", dest="preset", action="store_const", const="quick", help="as it is without"
    )
    size.add_argument(
        "--full", dest="preset", action="store_const", const="full", help="more seeds, more trials"
    )
    parser.add_argument("--seeds", metavar="N", help="how often each comparison is repeated")
    parser.add_argument("--seed", metavar="N", help="the first seed; 0 unless given")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument(
        "--data",
        metavar="DIR|ID",
        help="the name of a data set (mnist, digits, cifar10), or a folder with its files; for "
        "little-data flowers, drawn-flowers, the id of a snapshot, a folder or a zip file of "
        "pictures",
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="any setting, e.g. steps=100; of several numbers with commas",
    )
    parser.add_argument(
        "--again", action="store_true", help="run it although the same has been run here"
    )
    add_json(parser)
    parser.set_defaults(run=experiment)


def experiment(options: argparse.Namespace) -> int:
    """Run the named experiment and say what it found; return 1 if it did not finish."""
    settings = Settings.from_environment()
    if options.name is None:
        return _list(settings, as_json=options.json)
    row = find_experiment(options.name)
    chosen, folder, named = _chosen(settings, row, options)
    said = ""
    if folder is not None:
        chosen, said = with_data_in(settings, row, chosen, folder)
    elif not named:  # data that was asked for is never replaced by other data
        chosen, said = with_data_at_hand(settings, row, chosen)
    if said:
        note(f"note: {said}")
    store = RunStore(settings.runs)
    queue.sweep(store)
    remember_devices(settings.runs)
    request = build_experiment_request(
        settings,
        experiment=row.id,
        preset=_preset_name(row, options, chosen),
        chosen=chosen,
        owner=OWNER,
        device=options.device,
        folder=folder,
        launcher="self",
    )
    same = store.find_same(request.same_key)
    if same is not None and same.status == "finished" and not options.again:
        note(f"note: run {same.id} has the same settings, seeds and data: --again runs it anew.")
        _report(store, row, same.id, as_json=options.json)
        return 0
    record, _ = store.create(request)
    seconds = estimate_seconds(store, row.id, chosen, record.device)
    about = "" if seconds is None else f", {_about(seconds)}"
    planned = len(row.plan(chosen))
    note(f"run {record.id}: {planned} trials on {record.dataset.name}, {record.device}{about}")
    record = follow(store, record.id)
    _report(store, row, record.id, as_json=options.json)
    return exit_code(record)


def _chosen(
    settings: Settings, row: Experiment, options: argparse.Namespace
) -> tuple[ExperimentSettings, Path | None, bool]:
    """Return the settings asked for, the folder of a data set, and whether data was named.

    Raises:
        ConfigError: a setting that there is not, or cannot be.
        DataError: data that the experiment cannot run on.
    """
    changes: dict[str, str] = {}
    for pair in options.set:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set expects key=value, but got {pair!r}.")
        changes[key] = value
    changes |= {
        name: getattr(options, name)
        for name in ("seeds", "seed")
        if getattr(options, name) is not None
    }
    folder = None
    if options.data is not None:
        changes["data"], folder = _data(settings, row, options.data)
        if not changes["data"]:
            del changes["data"]
    preset: ExperimentSettings = row.presets[options.preset or "quick"]
    return with_values(preset, changes), folder, "data" in changes and bool(row.data)


def _data(settings: Settings, row: Experiment, text: str) -> tuple[str, Path | None]:
    """Return (id of the data, "" where the preset's is meant; folder of a data set)."""
    offered = [name for name, _, _ in offered_data(settings, row)]
    if not offered:
        raise DataError(f"{row.title} needs no data.", hint="Leave --data out.")
    if text in offered:
        return text, None
    pictures = PICTURES in row.data
    if pictures and (Path(text).expanduser().exists() or text not in SOURCES):
        from cnn_core.cli.own_pictures import take_named

        return take_named(settings, text).id[:_SHORT_ID], None
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        raise DataError(
            f"{row.title} does not run on {text[:40]!r}, and there is no folder of that name.",
            hint=f"It runs on {', '.join(offered)}.",
        )
    return "", folder


def _preset_name(row: Experiment, options: argparse.Namespace, chosen: ExperimentSettings) -> str:
    """Return the preset's name where these are its settings but for seeds and data."""
    name: str = options.preset or "quick"
    plain = with_values(
        row.presets[name],
        {"seeds": str(chosen.seeds), "seed": str(chosen.seed), "data": chosen.data},
    )
    return name if plain == chosen else "custom"


def _report(store: RunStore, row: Experiment, run_id: str, *, as_json: bool) -> None:
    record = store.get(run_id)
    body = experiment_result(store, record)
    if as_json:
        write_json(body)
        return
    for line in result_lines(row, body):
        write_line(line)
    if record.resumable:
        write_line(f"resume: python -m cnn_core resume {record.id}")


def _list(settings: Settings, *, as_json: bool) -> int:
    rows = [find_experiment(name) for name in EXPERIMENTS]
    if as_json:
        write_json([_described(settings, row) for row in rows])
        return 0
    for row in rows:
        quick = row.seconds.get("quick")
        about = "" if quick is None else f" (--quick: {_about(quick)})"
        write_line(f"{row.id}{about}")
        write_line(f"  {row.title}: {row.question}")
    write_line("python -m cnn_core experiment NAME runs one of them.")
    return 0


def _about(seconds: float) -> str:
    text = time_text(seconds)
    return text if text.startswith("under") else f"about {text}"


def _described(settings: Settings, row: Experiment) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "question": row.question,
        "answers": {each.id: each.text for each in row.answers},
        "presets": list(row.presets),
        "seconds": dict(row.seconds),
        "data": {name: state.ready for name, _, state in offered_data(settings, row)},
    }
