"""`python -m studies NAME [its own options]`: run one study; without a name, list them.

A study has `main(arguments) -> int`, or `measure() -> dict` with "holds": then its result is
written to studies/results/NAME.json here, with hardware, versions, date and command.
"""

import argparse
import datetime
import importlib
import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from benchmarks.machine import hardware, versions
from cnn_core.runtime.provenance import git_commit

RESULTS = Path(__file__).resolve().parent / "results"
STUDIES = {
    "accuracy": "test accuracy of LeNet-5's presets on MNIST, three seeds of each",
    "cifar10_curves": "train what recorded/ holds: GoogLeNet and EfficientNet-Lite0 on CIFAR-10",
    "starter_alexnet": "distil a first AlexNet for machines without a download, and judge it",
    "kills": "kill -9 while checkpoints are written, a hundred times",
    "film_audit_alarms": "false alarms of the audit on clean phantoms, and the traps it has to see",
    "film_protocols": "phantoms asked naively and honestly: near 1 beside near chance, five seeds",
    "xray_intervals": "do intervals, conformal sets and operating points of the X-ray study hold",
    "xray_agreement": "the X-ray study's statistics beside those of mapie, netcal, dcurves, others",
    "onnx_parity": "the triage models on ONNX Runtime beside torch, on every film at hand",
    "review_sensitivity": "does the interval of a sensitivity from reviewers' labels cover",
    "xray_demonstration": "train and pack the chest X-ray model that comes along (--data DIR)",
    "drift": "false alarms of the watch over drift on phantoms, and shifts that it has to notice",
    "drift_films": "the same on films that the demonstration model was not fitted on",
    "xray_phantoms": "train and pack the model for synthetic films, on phantoms",
    "gate_by_kind": "how a study's gate fares on films, altered films and what is no film",
    "experiments": "record the experiments of the pages over twenty seeds (name those you want)",
    "network_layers": "count every network's layers anew: the table that the app comes with",
    "fit_verdicts": "runs made to be each of the six verdicts, and what is said of their curves",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study that is named first; return its exit code, 2 where there is no such study."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    listed = "The studies are\n" + "".join(f"  {name}: {text}\n" for name, text in STUDIES.items())
    if not given:
        print(listed, end="")
        return 0
    if given[0] not in STUDIES:
        print(f"There is no study named {given[0]!r}. {listed}", end="", file=sys.stderr)
        return 2
    module = importlib.import_module(f"studies.{given[0]}")
    if not hasattr(module, "main"):
        return _measure(module, given)
    code: int = module.main(given[1:])
    return code


def _measure(module: ModuleType, given: Sequence[str]) -> int:
    """Call the module's `measure` and write what it returns; 1 where it does not hold."""
    parser = argparse.ArgumentParser(prog=f"python -m studies {given[0]}")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the JSON file")
    for name, parameter in inspect.signature(module.measure).parameters.items():
        parser.add_argument(f"--{name}", type=int, default=parameter.default)
    asked = vars(parser.parse_args(given[1:]))
    out: Path = asked.pop("out")
    result = module.measure(**asked)
    document = {
        "hardware": hardware(),
        "versions": versions(),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "commit": git_commit(),
        "command": " ".join(["python -m studies", *given]),
        **result,
    }
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    (out / f"{given[0]}.json").write_text(text, encoding="utf-8")
    print(text, end="")
    return 0 if result["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
