"""From a run of the store to what the analysis of curves takes: its records with their histories.

Histories are the laboratory's, shared by all who look (`ui.lab`).
"""

from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.training.group import group_of


def studied_of(lab: Laboratory, record: RunRecord, *, alone: bool = False) -> Studied:
    """Return a run with all seeds of its group, or (`alone`) without them.

    Args:
        lab: whose histories are used; of runs that have ended they are whole.
        record: the run, or any of its group.
        alone: leave the other seeds out.
    """
    records = [record] if alone else group_of(lab, record)
    histories = tuple(lab.history(run.id, now=not run.active) for run in records)
    return Studied(records=tuple(records), histories=histories)
