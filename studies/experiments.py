"""The experiments over their twenty seeds: `python -m studies experiments [NAME ...]`.

Each is one run of its preset "study", in a run store of its own, and is written to
recorded/experiments/NAME.json.gz, which the page shows before the first run and docs/results.md
quotes. With `--runs DIR` the run is kept there: one that was interrupted goes on where it was, and
one that finished with the same settings and data is not run again. What was found is printed.
"""

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from cnn_core.concepts.registry import EXPERIMENTS, find_experiment
from cnn_core.concepts.settings import ExperimentSettings, with_values
from cnn_core.errors import CnnLabError, ConfigError, RunStateError
from cnn_core.results.events import TrainEvent
from cnn_core.results.recorded import SUFFIX, told_from_bytes
from cnn_core.results.runs import RESUMABLE, RunRecord
from cnn_core.results.trial_events import TrialDone
from cnn_core.runtime import queue
from cnn_core.runtime.experiments import build_experiment_request, chosen_of, standing_of
from cnn_core.runtime.files import write_whole
from cnn_core.runtime.recorded import record as record_runs
from cnn_core.runtime.recorded_experiments import FOLDER
from cnn_core.runtime.stopping import StopFlag, stop_on_signals
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.runtime.threads import wait_passively
from cnn_core.settings import Settings
from studies.cifar10_curves import describe_hardware

PRESET = "study"
_TELL_SECONDS = 20.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and record what the options ask for; return 1 where one did not end."""
    given = list(sys.argv[2:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="python -m studies experiments", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of experiments; all if none")
    parser.add_argument("--runs", type=Path, help="folder that keeps the runs; a temporary one")
    parser.add_argument("--out", type=Path, help="folder of the recordings; with --set needed")
    parser.add_argument("--data", type=Path, help="folder of the data sets, else the data home")
    parser.add_argument("--device", default="cpu", help="cpu, auto, cuda, cuda:1")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="any setting")
    asked = parser.parse_args(given)
    command = " ".join(["python -m studies experiments", *_without_places(given)])
    changes = dict(pair.partition("=")[::2] for pair in asked.set)
    with tempfile.TemporaryDirectory() as temporary:
        store = RunStore(asked.runs or Path(temporary))
        try:
            out = _folder(asked.out, changes)
            for name in asked.names or EXPERIMENTS:
                run = made(store, name, changes, folder=asked.data, device=asked.device)
                write(store, run, out, command=command)
        except CnnLabError as exc:
            print(f"{exc.message} {exc.hint}".strip(), file=sys.stderr)
            return 1
    return 0


def _folder(out: Path | None, changes: Mapping[str, str]) -> Path:
    """Return where recordings go: those of the project are the studies as they stand.

    Raises:
        ConfigError: settings were changed, and no folder was named.
    """
    if out is None and changes:
        raise ConfigError(
            "With --set it is not the study: it is not recorded in its place.",
            hint=f"Name the folder with --out, {FOLDER.name} itself where that is meant.",
        )
    return out or FOLDER


def _without_places(given: Sequence[str]) -> list[str]:
    """Return the options but for folders of this machine."""
    kept: list[str] = []
    places = ("--runs", "--out", "--data")
    for before, word in zip(["", *given], given, strict=False):
        if before not in places and word.partition("=")[0] not in places:
            kept.append(word)
    return kept


def made(
    store: RunStore,
    name: str,
    changes: dict[str, str],
    *,
    folder: Path | None = None,
    device: str = "cpu",
) -> RunRecord:
    """Return the finished run of an experiment's study, run or gone on with here if need be.

    It runs on the data of its settings or not at all: never on what else is at hand.

    Args:
        store: where it is kept.
        name: the experiment's id.
        changes: of the preset's settings, as text.
        folder: of the data sets, in the place of the data home.
        device: as the terminal names it.

    Raises:
        CnnLabError: it cannot begin, or did not come to its end.
    """
    settings = dataclasses.replace(Settings.from_environment(), runs=store.folder)
    experiment = find_experiment(name)
    chosen: ExperimentSettings = with_values(experiment.presets[PRESET], changes)
    request = build_experiment_request(
        settings,
        experiment=name,
        preset="custom" if changes else PRESET,
        chosen=chosen,
        owner="study",
        device=device,
        folder=folder,
        launcher="self",
    )
    queue.sweep(store)
    same = store.find_same(request.same_key) or _left_over(store, request)
    run = same or store.create(request)[0]
    if run.status == "finished":
        return run
    if run.resumable:
        run = store.requeue(run.id, launcher="self")
    return _executed(store, run)


def _left_over(store: RunStore, request: RunRequest) -> RunRecord | None:
    """Return a run of the same that did not come to its end."""
    asked = (request.config, request.dataset.fingerprint, request.device)
    for run in store.list(recipe=request.recipe, statuses=RESUMABLE):
        if (run.config, run.dataset.fingerprint, run.device) == asked:
            return run
    return None


def _executed(store: RunStore, run: RunRecord) -> RunRecord:
    wait_passively(os.environ)
    from cnn_core.runtime.execute import execute

    stop, told = StopFlag(), [0.0]

    def tell(event: TrainEvent) -> None:
        if isinstance(event, TrialDone) and time.monotonic() - told[0] > _TELL_SECONDS:
            told[0] = time.monotonic()
            total = store.get(run.id).total_steps
            print(f"{run.recipe}: {event.step} of {total}, {event.elapsed_seconds:.0f} s")

    with stop_on_signals(stop, "\nstopping\n"):
        queue.record_process(store, run.id, os.getpid())
        if queue.claim(store, run_id=run.id) is None:
            raise RunStateError(f"Run {run.id} cannot begin: another one of this store runs.")
        ended = execute(store, run.id, on_event=tell, stop=stop)
    if ended.status != "finished":
        raise RunStateError(f"Run {ended.id} is {ended.status}: it is not recorded.")
    return ended


def write(store: RunStore, run: RunRecord, out: Path, *, command: str) -> Path:
    """Write the recording of a finished run, and print what it found; return the file.

    Raises:
        DataError: what would be written cannot be read; the file stays as it was.
    """
    experiment, chosen = chosen_of(run)
    data = run.dataset
    sizes = f": {data.train_size:,} pictures to draw from and {data.test_size:,} to be judged on."
    payload = record_runs(
        store,
        [run],
        id=experiment.id,
        data=f"{data.name}{sizes}" if data.train_size else "No pictures.",
        command=command,
        hardware=describe_hardware(run),
    )
    told_from_bytes(payload, experiment.id)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{experiment.id}{SUFFIX}"
    write_whole(path, payload)
    reading = experiment.read(chosen, standing_of(store, run.id).trials)
    print(f"{experiment.id}: {run.total_steps} trials in {run.total_seconds:.0f} s,", end=" ")
    print(f"{len(payload):,} bytes\n{reading.headline}")
    for claim in reading.claims:
        print(f"  {claim.id} ({claim.verdict}): {claim.sentence}")
    return path


if __name__ == "__main__":
    sys.exit(main())
