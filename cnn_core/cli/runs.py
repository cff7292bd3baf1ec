"""`runs`, `show RUN`, `export RUN --out DIR`, `resume RUN`, `stop RUN`: what the store holds."""

import argparse
import time
from pathlib import Path

from cnn_core.cli.outcome import train_result
from cnn_core.cli.output import (
    add_json,
    percent,
    seconds_text,
    validation_text,
    write_json,
    write_line,
    write_table,
)
from cnn_core.cli.train import exit_code, follow
from cnn_core.results.runs import RunRecord
from cnn_core.runtime import queue
from cnn_core.runtime.experiment_result import experiment_result
from cnn_core.runtime.experiments import chosen_of, require_training
from cnn_core.runtime.export import describe_run, export_run, read_history, summary
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.tensorboard_export import write_events
from cnn_core.settings import Settings


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `runs` with its subcommands, and the same subcommands without the word "runs"."""
    parser = commands.add_parser("runs", help="list the runs, or show, export, resume or stop one")
    add_json(parser)
    parser.set_defaults(run=list_runs)
    _add_actions(parser.add_subparsers(metavar="ACTION"))
    _add_actions(commands)


def _add_actions(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    actions = (
        ("show", show, "what is kept of a run"),
        ("export", export, "write weights, curves and configuration to a folder"),
        ("resume", resume, "go on from the last checkpoint"),
        ("stop", stop, "ask a run to stop"),
    )
    for name, action, text in actions:
        parser = commands.add_parser(name, help=text, description=text)
        parser.add_argument("id", metavar="RUN", help="the run's id")
        if name == "export":
            parser.add_argument(
                "--out", required=True, metavar="DIR", help="the folder to write to"
            )
            parser.add_argument(
                "--tensorboard", action="store_true", help="an event file for TensorBoard too"
            )
        add_json(parser)
        parser.set_defaults(run=action)


def _store() -> RunStore:
    store = RunStore(Settings.from_environment().runs)
    queue.sweep(store)
    return store


def list_runs(options: argparse.Namespace) -> int:
    """Print the runs, newest first."""
    runs = _store().list()
    if options.json:
        write_json([summary(run) for run in runs])
        return 0
    if not runs:
        write_line("There are no runs yet: python -m cnn_core train lenet5-mnist")
        return 0
    header = ["run", "status", "preset", "seed", "epochs", "test accuracy", "training", "created"]
    if any(run.group != run.id for run in runs):
        write_table([*header, "group"], [[*_cells(run), _group(run)] for run in runs])
    else:
        write_table(header, [_cells(run) for run in runs])
    return 0


def _cells(run: RunRecord) -> list[str]:
    return [
        run.id,
        run.status,
        run.preset,
        str(run.config.seed),
        _done(run),
        percent(run.test_accuracy),
        seconds_text(run.total_seconds if run.experiment else run.train_seconds),
        time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created)),
    ]


def _done(run: RunRecord) -> str:
    if run.experiment:
        return f"{run.steps_done}/{run.total_steps} trials"
    return f"{run.epochs_done}/{run.config.epochs}"


def _group(run: RunRecord) -> str:
    return "-" if run.group == run.id else run.group


def show(options: argparse.Namespace) -> int:
    """Print everything that is kept of a run."""
    store = _store()
    record = store.get(options.id)
    body = describe_run(record)
    if options.json:
        write_json(body)
        return 0
    for key, value in body.items():
        if isinstance(value, dict):
            write_line(f"{key}:")
            for name, inner in value.items():
                write_line(f"  {name}: {inner}")
        else:
            write_line(f"{key}: {value}")
    if record.experiment:
        _write_result(store, record)
        return 0
    for epoch in read_history(store, record.id).epochs:
        scored = epoch.train_accuracy
        training = "" if scored is None else f"training {percent(scored)}, "
        write_line(
            f"epoch {epoch.epoch}: training loss {epoch.train_loss:.4f}, "
            f"{training}validation {validation_text(epoch)}"
        )
    return 0


def _write_result(store: RunStore, record: RunRecord) -> None:
    from cnn_core.cli.experiment_words import result_lines

    experiment, _ = chosen_of(record)
    for line in result_lines(experiment, experiment_result(store, record)):
        write_line(line)


def export(options: argparse.Namespace) -> int:
    """Write a run's files to a folder."""
    store = _store()
    record = store.get(options.id)
    if options.tensorboard:
        require_training(record)
    folder = Path(options.out).expanduser()
    curves = [write_events(store, record, folder)] if options.tensorboard else []
    paths = [*export_run(store, record, folder), *curves]
    if options.json:
        write_json({"run": record.id, "files": [str(path) for path in paths]})
    else:
        for path in paths:
            write_line(str(path))
    return 0


def resume(options: argparse.Namespace) -> int:
    """Take a stopped, interrupted or failed run up again, in this process."""
    store = _store()
    store.requeue(options.id, launcher="self")
    record = follow(store, options.id)
    if record.experiment and options.json:
        write_json(experiment_result(store, record))
    elif record.experiment:
        _write_result(store, record)
    elif options.json:
        write_json(train_result(store, [record]))
    else:
        write_line(f"{record.id}: {record.status} at step {record.steps_done:,}")
        if record.test_accuracy is not None:
            write_line(f"test accuracy {percent(record.test_accuracy)}")
    return exit_code(record)


def stop(options: argparse.Namespace) -> int:
    """Ask a run to stop; it does so within five seconds."""
    store = _store()
    store.request_stop(options.id)
    record = store.get(options.id)
    if options.json:
        write_json(summary(record))
    else:
        write_line(
            f"{record.id}: asked to stop" if record.active else f"{record.id}: {record.status}"
        )
    return 0
