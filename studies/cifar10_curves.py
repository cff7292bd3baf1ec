"""The recorded runs on CIFAR-10 that come with the project: `python -m studies cifar10_curves`.

Each run is the command that anybody can repeat, `python -m cnn_core train googlenet-cifar10 ...`,
in a process of its own. A recording is written to recorded/ after each of its seeds, so the study
can be run in pieces: with `--runs DIR` the runs are kept there, and what has finished there with
the same settings, seed and data is not run again. How much of CIFAR-10 it was is computed from the
runs and stands in the file.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import ROOT, hardware
from cnn_core.errors import CnnLabError, RunStateError
from cnn_core.results.config import TrainConfig, with_settings
from cnn_core.results.recorded import SUFFIX
from cnn_core.results.runs import DatasetInfo, RunRecord
from cnn_core.runtime.export import reproduce_command
from cnn_core.runtime.files import write_whole
from cnn_core.runtime.recorded import RECORDED, record
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_preset, find_recipe

RECIPE = "googlenet-cifar10"
SEEDS = (0, 1, 2)
_PUBLISHED = (50_000, 10_000)  # training and test pictures of CIFAR-10 (Krizhevsky 2009)
_LITE0 = {"model": "efficientnet-lite0"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """A recording that is asked for: a preset of the recipe, with changes."""

    preset: str
    changes: dict[str, str] = dataclasses.field(default_factory=dict)

    def config(self, extra: dict[str, str]) -> TrainConfig:
        """Return the settings of its runs, but for the seed."""
        base = find_preset(find_recipe(RECIPE), self.preset).config
        return with_settings(base, {**self.changes, **extra})


# EfficientNet-Lite0's weights are at hand everywhere (a Python package brings them); the four that
# train it differ in what of it learns. "lite0-scratch" is "all" but for the weights it begins with.
RECORDINGS = {
    "scratch": Asked(preset="scratch"),
    "frozen": Asked(preset="reference", changes=_LITE0),
    "last-block": Asked(preset="last-block", changes=_LITE0),
    "all": Asked(preset="all", changes=_LITE0),
    "lite0-scratch": Asked(preset="all", changes={**_LITE0, "mode": "scratch"}),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and record what the options ask for; return 1 where a run did not end."""
    parser = argparse.ArgumentParser(prog="python -m studies cifar10_curves", description=__doc__)
    parser.add_argument("--only", action="append", choices=RECORDINGS, help="may be repeated")
    parser.add_argument("--seed", nargs="+", type=int, default=list(SEEDS), metavar="S")
    parser.add_argument("--data", type=Path, help="the folder of CIFAR-10, else the data home")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--runs", type=Path, help="folder that keeps the runs; a temporary one")
    parser.add_argument("--out", type=Path, default=RECORDED, help="folder of the recordings")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="any setting")
    asked = parser.parse_args(arguments)
    extra = dict(pair.partition("=")[::2] for pair in asked.set)
    with tempfile.TemporaryDirectory() as temporary:
        store = RunStore(asked.runs or Path(temporary))
        try:
            for name in asked.only or RECORDINGS:
                config = RECORDINGS[name].config(extra)
                configs = [dataclasses.replace(config, seed=seed) for seed in asked.seed]
                make(store, name, configs, asked.out, folder=asked.data, device=asked.device)
        except CnnLabError as exc:
            print(f"{exc.message} {exc.hint}".strip(), file=sys.stderr)
            return 1
    return 0


def make(
    store: RunStore,
    name: str,
    configs: Sequence[TrainConfig],
    out: Path,
    *,
    folder: Path | None = None,
    device: str = "auto",
) -> None:
    """Train the runs of a recording that `store` does not have; write it after each of them.

    Args:
        store: where the runs are kept.
        name: one of `RECORDINGS`.
        configs: of its runs: the same but for the seed.
        out: the recordings' folder, made if need be.
        folder: of CIFAR-10, in the place of the data home.
        device: as the terminal names it.

    Raises:
        CnnLabError: a run cannot begin, or did not come to its end.
    """
    preset = RECORDINGS[name].preset
    settings = dataclasses.replace(Settings.from_environment(), runs=store.folder)
    done: list[RunRecord] = []
    for config in configs:
        request = build_request(
            settings, recipe=RECIPE, preset=preset, config=config, owner="study", folder=folder
        )
        run = store.find_same(request.same_key)
        if run is None or run.active:
            print(f"{name}, seed {config.seed} ...", flush=True)
            run = store.get(train(store, preset, config, folder=folder, device=device))
        print(f"{name}, seed {config.seed}: {describe_score(run)}", flush=True)
        done.append(run)
        write(store, name, done, out)


def train(
    store: RunStore, preset: str, config: TrainConfig, *, folder: Path | None, device: str
) -> str:
    """Train one run as a command, its progress on standard error; return its id.

    Raises:
        RunStateError: the command failed.
    """
    base = dataclasses.asdict(find_preset(find_recipe(RECIPE), preset).config)
    wanted = dataclasses.asdict(config)
    changed = [
        f"{key}={value}" for key, value in wanted.items() if key != "seed" and value != base[key]
    ]
    command = [sys.executable, "-m", "cnn_core", "train", RECIPE, "--preset", preset, "--json"]
    command += ["--device", device, "--seed", str(config.seed)]
    command += ["--data", str(folder)] if folder else []
    command += ["--set", *changed] if changed else []
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "CNN_LAB_RUNS": str(store.folder)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RunStateError(f"The run ended with exit code {done.returncode}: it is not recorded.")
    run: str = json.loads(done.stdout)["run"]
    return run


def describe_score(run: RunRecord) -> str:
    """Return what a run came to, in words."""
    if run.test_accuracy is None:
        return f"{run.status}, no test accuracy"
    return f"{run.test_accuracy:.2%} of the test pictures after {run.train_seconds:.0f} s"


def write(store: RunStore, name: str, runs: Sequence[RunRecord], out: Path) -> Path:
    """Write the recording of `runs`; return its file."""
    id_ = f"cifar10-{name}"
    payload = record(
        store,
        runs,
        id=id_,
        data=describe_data(runs[0].dataset),
        command=reproduce_command(runs[0], [run.config.seed for run in runs]),
        hardware=describe_hardware(runs[0]),
    )
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{id_}{SUFFIX}"
    write_whole(path, payload)
    return path


def describe_data(data: DatasetInfo) -> str:
    """Return which pictures a run saw, and how much of the published set that is.

    >>> seen = DatasetInfo(
    ...     name="", source="cifar10", location="", fingerprint="", official=False,
    ...     train_size=9_000, valid_size=1_000, test_size=2_000,
    ... )
    >>> print(describe_data(seen))
    An unofficial copy of CIFAR-10: 9,000 pictures to train on and 1,000 for validation, 20 % of the
    published 50,000; 2,000 of the 10,000 test pictures.
    """
    learnt = data.train_size + data.valid_size
    whole, tests = _PUBLISHED
    copy = "CIFAR-10" if data.official else "An unofficial copy of CIFAR-10"
    test = "all" if data.test_size == tests else f"{data.test_size:,} of the"
    return (
        f"{copy}: {data.train_size:,} pictures to train on and {data.valid_size:,} for validation, "
        f"{100 * learnt / whole:.3g} % of the published {whole:,}; {test} {tests:,} test pictures."
    )


def describe_hardware(run: RunRecord) -> str:
    """Return what a run of this machine ran on."""
    here = hardware()
    count = "one core" if here["cores"] == 1 else f"{here['cores']} cores"
    cores = f"{count} of {here['processor']}, {here['memory_gib']:.0f} GiB"
    return cores if run.device == "cpu" else f"{here['gpu'] or run.device}, beside {cores}"


if __name__ == "__main__":
    sys.exit(main())
