"""`python -m benchmarks [--only NAME] [--repeats N] [--out DIR]`: measure, print, write.

Writes `DIR/NAME.json` for each benchmark and prints a table. Exit code 1 where a benchmark could
not be run, but for want of a GPU; a bar that is missed is said in the table and in the file.
"""

import argparse
import datetime
import importlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.browser import NoDeviceError, NotMeasuredError
from benchmarks.machine import ROOT, hardware, load_average, versions
from benchmarks.rows import Row
from cnn_core.runtime.provenance import git_commit

NAMES = (
    "training_speed",
    "gpu_training_speed",
    "threads",
    "click_latency",
    "first_visit",
    "start_latency",
    "live_viewers",
    "many_runs",
    "inspector",
    "inspector_sessions",
    "fine_tuning_speed",
    "many_pictures",
    "frozen_cifar",
    "cifar_gpu",
    "long_curves",
    "triage",
    "service",
)
RESULTS = ROOT / "benchmarks" / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, help="this one; may be repeated")
    parser.add_argument("--repeats", type=_count, help="samples a side, in place of the default")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the JSON files")
    asked = parser.parse_args(arguments)
    code = 0
    for name in asked.only or NAMES:
        print(f"{name} ...", flush=True)
        begun = time.monotonic()
        try:
            result = report(name, asked.repeats)
        except NotMeasuredError as exc:
            print(f"  not run. {exc}", file=sys.stderr)
            code = code if isinstance(exc, NoDeviceError) else 1
            continue
        asked.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(result, indent=2, allow_nan=False) + "\n"
        (asked.out / f"{name}.json").write_text(text, encoding="utf-8")
        print(f"{table(result)}\n  {time.monotonic() - begun:.0f} s", flush=True)
    return code


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def report(name: str, repeats: int | None, **sizes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Run one benchmark and return its JSON document.

    Args:
        name: one of `NAMES`.
        repeats: samples a side; the benchmark's own default if None.
        sizes: what else its `measure` takes, for a short run.

    Raises:
        ValueError: it measured nothing.
        NotMeasuredError: no browser, or the app did not do what was waited for.
    """
    module = importlib.import_module(f"benchmarks.{name}")
    repeats = repeats or module.REPEATS
    load = load_average()
    rows: list[Row] = module.measure(repeats=repeats, **sizes)
    if not rows:
        raise ValueError(f"expected {name} to measure something, got no row")
    command = ["python -m benchmarks", "--only", name]
    command += ["--repeats", str(repeats)] if repeats != module.REPEATS else []
    return {
        "hardware": hardware(),
        "versions": versions(),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "commit": git_commit(),
        "command": " ".join(command),
        "load_average": load,
        "repeats": repeats,
        "rows": [row.as_json() for row in rows],
    }


def table(result: dict[str, Any]) -> str:
    """Return a report's rows as text for a terminal."""
    words = {True: "holds", False: "MISSED", None: ""}
    lines = []
    for row in result["rows"]:
        figures = f"{row['value']:,.4g} {row['unit']} against {row['baseline']:,.4g}"
        bar = f"  [{row['bar']}: {words[row['holds']]}]" if row["bar"] else ""
        lines.append(f"  {row['name']}: {figures}, ratio {row['ratio']:.2f}{bar}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
