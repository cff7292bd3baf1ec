"""What came of one `train` or `resume`: sentences for a person, one object for `--json`."""

import statistics

from cnn_core.cli.output import percent, seconds_text, write_json, write_line
from cnn_core.results.groups import GroupScore, group_score
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.export import summary, weights_path
from cnn_core.runtime.store import RunStore


def report(store: RunStore, records: list[RunRecord], *, as_json: bool) -> None:
    """Say what came of the runs of one `train`, at least one: sentences, or one JSON object."""
    if as_json:
        write_json(train_result(store, records))
        return
    for record in records:
        write_line(_sentence(record))
    score = _over_seeds(records)
    if score is not None and len(records) > 1:
        write_line(_group_sentence(score))
    path = weights_path(store, records[-1].id)
    if path is not None:
        write_line(f"weights: {path}")
    if records[-1].status == "stopped":
        write_line(f"resume: python -m cnn_core resume {records[-1].id}")


def _sentence(record: RunRecord) -> str:
    if record.test_accuracy is None or record.test_interval is None:
        return f"{record.id}: {record.status} after step {record.steps_done:,}"
    low, high = record.test_interval
    return (
        f"{record.id}: {percent(record.test_accuracy)} of the test set "
        f"(95 % interval {percent(low)} to {percent(high)}), "
        f"{seconds_text(record.train_seconds)} of training "
        f"at {record.images_per_second:,.0f} images/s, "
        f"{seconds_text(record.total_seconds)} with evaluation"
    )


def train_result(store: RunStore, records: list[RunRecord]) -> dict[str, object]:
    """Return the one object that `--json` prints.

    Over several seeds "run" and "weights" are the last run's, "test_accuracy" is the mean, the
    seconds are sums, "test_interval" is Student's over the seeds, cut at 0 and 1 (for one seed
    Wilson's over the test set), and "test_deviation" the seeds' standard deviation. "per_run"
    tells of each run what `runs --json` does.
    """
    last = records[-1]
    score = _over_seeds(records)
    interval = last.test_interval if len(records) == 1 else score and score.interval
    weights = weights_path(store, last.id)
    return {
        "run": last.id,
        "runs": [run.id for run in records],
        "group": last.group,
        "status": last.status,
        "recipe": last.recipe,
        "preset": last.preset,
        "dataset": {
            "name": last.dataset.name,
            "train_size": last.dataset.train_size,
            "valid_size": last.dataset.valid_size,
            "test_size": last.dataset.test_size,
            "official": last.dataset.official,
        },
        "epochs": last.epochs_done,
        "test_accuracy": score.mean if score else None,
        "test_interval": list(interval) if interval else None,
        "test_deviation": score.deviation if score else None,
        "train_seconds": sum(run.train_seconds for run in records),
        "total_seconds": sum(run.total_seconds for run in records),
        "images_per_second": statistics.fmean(run.images_per_second for run in records),
        "device": last.device,
        "world_size": int(last.provenance.get("world_size", "1")),
        "seeds": [run.config.seed for run in records],
        "weights": str(weights) if weights else None,
        "error": last.error,
        "per_run": [summary(run) for run in records],
    }


def _over_seeds(records: list[RunRecord]) -> GroupScore | None:
    return group_score([run.test_accuracy for run in records if run.test_accuracy is not None])


def _group_sentence(score: GroupScore) -> str:
    """Say what came of several seeds together.

    >>> _group_sentence(group_score([0.990, 0.991, 0.992]))
    '3 seeds: mean 99.10 % (95 % interval over seeds 98.85 % to 99.35 %), standard deviation 0.10 %'
    """
    if score.interval is None or score.deviation is None:
        return f"1 seed: {percent(score.mean)}, which tells no spread"
    low, high = score.interval
    return (
        f"{score.n} seeds: mean {percent(score.mean)} "
        f"(95 % interval over seeds {percent(low)} to {percent(high)}), "
        f"standard deviation {percent(score.deviation)}"
    )
