"""Test accuracy of LeNet-5's presets on MNIST, three seeds each: `python -m studies accuracy`.

Each run is the command that anybody can repeat, `python -m cnn_core train lenet5-mnist --preset P
--seed S`, in a process and a runs home of its own. It is written to studies/results/accuracy.json
as soon as it has ended, so the study can be run in pieces: what is there with the preset's present
configuration is not run again, and what was measured with another configuration is dropped.
"""

import argparse
import dataclasses
import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import load_average
from cnn_core.results.config import TrainConfig, plain_values
from cnn_core.results.metrics import mean_interval
from cnn_core.runtime.store import RunStore
from cnn_core.training.recipes import find_preset, find_recipe

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "studies" / "results" / "accuracy.json"
RECIPE = "lenet5-mnist"
SEEDS = (0, 1, 2)
BARS: Mapping[str, float | None] = {"reference": 0.990, "best": 0.994, "fast": None}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the options ask for and is not there yet; return 1 where a run failed."""
    parser = argparse.ArgumentParser(prog="python -m studies accuracy", description=__doc__)
    parser.add_argument("--preset", action="append", choices=BARS, help="this one; may be repeated")
    parser.add_argument("--seed", action="append", type=int, help="this one; may be repeated")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the JSON file")
    asked = parser.parse_args(arguments)
    for preset in asked.preset or BARS:
        for seed in asked.seed or SEEDS:
            if not measure(asked.out, preset, seed):
                return 1
    return 0


def measure(out: Path, preset: str, seed: int) -> bool:
    """Train `preset` with `seed` unless `out` has it; write the score; return whether it is."""
    if any(run["seed"] == seed for run in kept_runs(read(out), preset)):
        print(f"{preset}, seed {seed}: measured before", flush=True)
        return True
    print(f"{preset}, seed {seed} ...", flush=True)
    run = train(preset, seed)
    if run is None:
        return False
    whole = read(out)  # afresh: another piece of the study may have ended meanwhile
    runs = sorted([*kept_runs(whole, preset), run], key=lambda each: int(each["seed"]))
    whole[preset] = summary(preset, runs)
    text = json.dumps({name: whole[name] for name in BARS if name in whole}, indent=2)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text + "\n", encoding="utf-8")
    print(f"  {run['test_accuracy']:.2%} after {run['train_seconds']:.0f} s", flush=True)
    return True


def read(out: Path) -> dict[str, Any]:
    """Return what `out` holds: a summary for each preset measured; nothing if there is no file."""
    if not out.exists():
        return {}
    whole: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return whole


def kept_runs(whole: Mapping[str, Any], preset: str) -> list[dict[str, Any]]:
    """Return the runs of `preset` in `whole`, none if they had another configuration."""
    if preset not in whole or not is_current(whole[preset], preset):
        return []
    runs: list[dict[str, Any]] = whole[preset]["runs"]
    return runs


def is_current(result: Mapping[str, Any], preset: str) -> bool:
    """Whether a preset's summary was measured with its configuration in the registry.

    A setting that came after the study has the value that it has by default. What is only measured
    beside training (`train_sample`, `watch`) changes nothing of it, to the bit.
    """
    names = {field.name for field in dataclasses.fields(TrainConfig)}
    measured: dict[str, Any] = result["config"]
    config = find_preset(find_recipe(RECIPE), preset).config
    if not set(measured) <= names:
        return False
    beside = {"train_sample": 0, "watch": 0}
    trained = dataclasses.replace(TrainConfig(**measured), **beside)
    return trained == dataclasses.replace(config, **beside)


def train(preset: str, seed: int) -> dict[str, Any] | None:
    """Run the command for one seed; return its score, times, machine and versions, or None."""
    command = ["-m", "cnn_core", "train", RECIPE, "--preset", preset, "--seed", str(seed)]
    with tempfile.TemporaryDirectory() as runs:
        done = subprocess.run(
            [sys.executable, *command, "--json"],
            cwd=ROOT,
            env={**os.environ, "CNN_LAB_RUNS": runs},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            print(f"  ended with {done.returncode}: nothing was written", file=sys.stderr)
            return None
        result = json.loads(done.stdout)
        machine = RunStore(Path(runs)).get(result["run"]).provenance
    if not result["dataset"]["official"]:
        print("  this is not the official MNIST: nothing was written", file=sys.stderr)
        return None
    times = ("train_seconds", "total_seconds", "images_per_second")
    return {
        "seed": seed,
        "test_accuracy": result["test_accuracy"],
        **{name: round(result[name], 1) for name in times},
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "command": f"python {' '.join(command)}",
        "device": result["device"],
        "machine": dict(machine),
        "load_average": load_average(),  # what else ran: it slows the run, not its score
    }


def summary(preset: str, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the runs of a preset with their mean and Student's 95 % interval over the seeds."""
    mean, interval = mean_interval([run["test_accuracy"] for run in runs])
    bar = BARS[preset]
    return {
        "config": plain_values(find_preset(find_recipe(RECIPE), preset).config),
        "n": len(runs),
        "mean": mean,
        "interval": interval,
        "bar": bar,
        "holds": None if bar is None else mean >= bar,
        "runs": list(runs),
    }


if __name__ == "__main__":
    sys.exit(main())
