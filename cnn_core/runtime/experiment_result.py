"""What came of an experiment: one object for `--json`, files to take away, its command.

The page, the terminal and the files say the same: figures and sentences are those of the stored
trials. Without torch.
"""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from cnn_core.concepts.experiment import Experiment
from cnn_core.concepts.settings import ExperimentSettings, fields_of, to_text
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.runs import RunRecord
from cnn_core.results.trial_tables import curves_csv, trials_csv
from cnn_core.results.trials import Share, Spread, Trials
from cnn_core.runtime.experiments import SAID, chosen_of, standing_of
from cnn_core.runtime.store import RunStore

_SHORTCUTS = ("quick", "full")  # presets that the command has an option for


def experiment_result(store: RunStore, record: RunRecord) -> dict[str, Any]:
    """Return settings, figures and reading of an experiment's run, as JSON values.

    Args:
        store: where the run is.
        record: of the run; one that has not ended tells of the trials that are done.

    Raises:
        UnknownNameError, DataError: as `experiments.chosen_of`.
    """
    experiment, chosen = chosen_of(record)
    stands = standing_of(store, record.id)
    said = record.provenance.get(SAID, "")
    return {
        "id": experiment.id,
        "run": record.id,
        "status": record.status,
        "preset": record.preset,
        "settings": json.loads(to_text(chosen)),
        "data": {
            "name": record.dataset.name,
            "source": record.dataset.source,
            "official": record.dataset.official,
        },
        "device": record.device,
        "trials": {"done": len(stands.trials.done), "planned": len(experiment.plan(chosen))},
        "seconds": record.total_seconds,
        "said": {"id": said, "text": experiment.answer(said)} if said else None,
        "figures": figures_of(stands.trials),
        "reading": reading_of(experiment, chosen, stands.trials),
        "error": record.error,
    }


def figures_of(trials: Trials) -> list[dict[str, Any]]:
    """Return each figure of each arm and condition with its spread over the seeds."""
    rows: list[dict[str, Any]] = []
    for place in trials.places:
        names = dict.fromkeys(name for trial in trials.at(place).values() for name in trial.names)
        for name in names:
            spread = trials.spread(name, place)
            if spread is not None:
                about = {"arm": place.arm, "condition": place.condition, "figure": name}
                rows.append({**about, **_spread(spread)})
    return rows


def reading_of(
    experiment: Experiment, chosen: ExperimentSettings, trials: Trials
) -> dict[str, Any]:
    """Return what the trials say, as JSON values; an interval of one seed is null."""
    read: ExperimentReading = experiment.read(chosen, trials)
    return {
        "answer": read.answer,
        "text": experiment.answer(read.answer),
        "headline": read.headline,
        "meaning": list(read.meaning),
        "claims": [
            {
                "id": claim.id,
                "sentence": claim.sentence,
                "verdict": claim.verdict,
                "share": _share(claim.share),
                "difference": None if claim.difference is None else _spread(claim.difference),
            }
            for claim in read.claims
        ],
    }


def _spread(spread: Spread) -> dict[str, Any]:
    return {
        "mean": spread.mean,
        "interval": None if spread.interval is None else list(spread.interval),
        "n": spread.n,
        "by_seed": {str(seed): value for seed, value in sorted(spread.values.items())},
    }


def _share(share: Share | None) -> dict[str, Any] | None:
    if share is None:
        return None
    return {"count": share.count, "of": share.of, "interval": list(share.interval)}


def experiment_files(store: RunStore, record: RunRecord) -> dict[str, bytes]:
    """Return the files of an experiment by name: its result, its trials, their curves.

    Files are passed on: what the run's owner said before it is not in them.

    Raises:
        UnknownNameError, DataError: as `experiments.chosen_of`.
    """
    trials = standing_of(store, record.id).trials
    body = experiment_result(store, record) | {"provenance": without_said(record.provenance)}
    body |= {"command": experiment_command(record)}
    del body["said"]
    return {
        "experiment.json": (json.dumps(body, indent=2) + "\n").encode(),
        "trials.csv": trials_csv(trials.done).encode(),
        "curves.csv": curves_csv(trials.done).encode(),
    }


def without_said(provenance: Mapping[str, str]) -> dict[str, str]:
    """Return a run's provenance without what its owner said before it.

    >>> without_said({"torch": "2.15", "said": "worse"})
    {'torch': '2.15'}
    """
    return {name: each for name, each in provenance.items() if name != SAID}


def experiment_command(record: RunRecord) -> str:
    """Return the command that runs an experiment's run again, where another machine has its data.

    Raises:
        UnknownNameError, DataError: as `experiments.chosen_of`.
    """
    experiment, chosen = chosen_of(record)
    preset = record.preset if record.preset in _SHORTCUTS else _SHORTCUTS[0]
    words = ["python", "-m", "cnn_core", "experiment", experiment.id, f"--{preset}"]
    base = experiment.presets[preset]
    changed = {
        name: getattr(chosen, name)
        for name in fields_of(type(chosen))
        if getattr(chosen, name) != getattr(base, name)
    }
    for name in ("seeds", "seed", "data"):
        if name in changed:
            words += [f"--{name}", str(changed.pop(name))]
    if changed:
        words += ["--set", *(f"{name}={_typed(value)}" for name, value in changed.items())]
    return shlex.join(words)


def _typed(value: object) -> str:
    """Return a setting's value as `with_values` reads it.

    >>> _typed((3, 5)), _typed(0.5), _typed("on")
    ('3,5', '0.5', 'on')
    """
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
