"""From a run of the store, or an id in the address, to what the analysis of curves takes.

An id names a run, a group of seeds, or ("recorded:NAME") a recording that comes with the project.
Histories are the laboratory's, shared by all who look (`ui.lab`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from cnn_core.errors import UnknownNameError
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.runtime.groups import runs_of
from cnn_core.runtime.recorded import find_recorded
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.training.group import group_of

RECORDED_ID = "recorded:"
_ID_END = 6  # characters: what a run's id ends with is drawn at random


def studied_of(lab: Laboratory, record: RunRecord, *, alone: bool = False) -> Studied:
    """Return a run with all seeds of its group, or (`alone`) without them.

    Args:
        lab: whose histories are used; of runs that have ended they are whole.
        record: the run, or any of its group.
        alone: leave the other seeds out.
    """
    return studied_runs(lab, [record] if alone else group_of(lab, record))


def studied_runs(lab: Laboratory, records: Sequence[RunRecord]) -> Studied:
    """Return runs that differ in their seed alone with their histories; at least one."""
    histories = tuple(lab.history(run.id, now=not run.active) for run in records)
    return Studied(records=tuple(records), histories=histories)


def link_id(studied: Studied) -> str:
    """Return what names it in the address."""
    if studied.recording is not None:
        return f"{RECORDED_ID}{studied.recording.id}"
    return studied.id


def told_apart(titles: Mapping[str, str]) -> dict[str, str]:
    """Return titles by id, with the end of the id where a title is there twice.

    >>> told_apart({"run-ab12cd": "LeNet-5", "run-ef34gh": "LeNet-5", "run-ij56kl": "VGG-16"})
    {'run-ab12cd': 'LeNet-5 (ab12cd)', 'run-ef34gh': 'LeNet-5 (ef34gh)', 'run-ij56kl': 'VGG-16'}
    """
    often = Counter(titles.values())
    return {
        name: f"{title} ({name[-_ID_END:]})" if often[title] > 1 else title
        for name, title in titles.items()
    }


def titles_of(studies: Sequence[Studied]) -> list[str]:
    """Return what each is called, no two alike."""
    return list(told_apart({link_id(each): each.title for each in studies}).values())


def find_studied(lab: Laboratory, given: str) -> Studied:
    """Return what an id in the address names: a recording, a group, or a run alone.

    Raises:
        UnknownNameError: there is no such run, or it was deleted.
    """
    if given.startswith(RECORDED_ID):
        found = find_recorded(given.removeprefix(RECORDED_ID))
        if found is None:
            raise UnknownNameError(
                f"There is no recorded run {given.removeprefix(RECORDED_ID)!r}.",
                hint="Choose one of the runs in the list.",
            )
        return found
    group = runs_of(lab.store, given)
    record = group[0] if group else lab.store.get(given)
    if record.deleted is not None:
        raise UnknownNameError(
            f"The run {record.name} was deleted.",
            hint="Its owner can bring it back on the page Runs, for ten minutes.",
        )
    if record.experiment:
        raise UnknownNameError(
            f"{record.name} is an experiment: many short trainings without a curve of their own.",
            hint="Open it from the page Runs.",
        )
    return studied_runs(lab, group or [record])
