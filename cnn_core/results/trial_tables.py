"""An experiment's trials as tables for a spreadsheet: a row a trial, or a row a curve's point."""

from collections.abc import Sequence

from cnn_core.results.spreadsheet import csv_text
from cnn_core.results.trial_events import TrialDone


def trials_csv(trials: Sequence[TrialDone]) -> str:
    r"""Return one row a trial: arm, condition, seed, each figure by name, and seconds.

    A figure that a trial does not have is an empty cell.

    >>> one = TrialDone(
    ...     step=1, arm="cnn", condition="", seed=0, names=["accuracy"], figures=[0.5],
    ...     seconds=2.0, elapsed_seconds=2.0,
    ... )
    >>> trials_csv([one])
    'arm,condition,seed,accuracy,seconds\r\ncnn,,0,0.5,2.0\r\n'
    """
    names = list(dict.fromkeys(name for trial in trials for name in trial.names))
    rows = []
    for trial in trials:
        figures = dict(zip(trial.names, trial.figures, strict=True))
        measured = [figures.get(name) for name in names]
        rows.append([trial.arm, trial.condition, trial.seed, *measured, trial.seconds])
    return csv_text(["arm", "condition", "seed", *names, "seconds"], rows)


def curves_csv(trials: Sequence[TrialDone]) -> str:
    r"""Return one row a point of each trial's curve: arm, condition, seed, step, loss, accuracy.

    >>> curves_csv([])
    'arm,condition,seed,step,loss,accuracy\r\n'
    """
    rows = [
        [
            *(trial.arm, trial.condition, trial.seed, step, trial.losses[place]),
            trial.accuracies[place] if trial.accuracies else None,
        ]
        for trial in trials
        for place, step in enumerate(trial.at)
    ]
    return csv_text(["arm", "condition", "seed", "step", "loss", "accuracy"], rows)
