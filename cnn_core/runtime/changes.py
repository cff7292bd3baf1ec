"""What a counter-experiment changed, with what each network said of the test pictures."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cnn_core.data.shares import test_part
from cnn_core.errors import CnnLabError, DataError
from cnn_core.results.differences import Right, differences
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.results.verdict import Difference
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.files import PREDICTIONS_FILE, read_probabilities
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.store import RunStore
from cnn_core.training.recipes import FILMS, OWN_PICTURES


def changes_of(store: RunStore, before: Studied, after: Studied) -> tuple[Difference, ...]:
    """Return what a change did (`results.differences`).

    Where a pair was tested on pictures that are not all the same, those that both looked at count;
    of a single pair of runs of this machine they give the interval.
    """
    seeds = {run.config.seed: run for run in before.records if run.status == "finished"}
    pairs = [
        (seeds[run.config.seed], run)
        for run in after.records
        if run.status == "finished" and run.config.seed in seeds
    ]
    other = any(one.config.data_share != run.config.data_share for one, run in pairs)
    right = {}
    if (len(pairs) == 1 or other) and before.recording is None and after.recording is None:
        found = {run.config.seed: right_of_pair(store, one, run) for one, run in pairs}
        right = {seed: both for seed, both in found.items() if both is not None}
    return differences(before, after, right=right)


def right_of_pair(
    store: RunStore, before: RunRecord, after: RunRecord
) -> tuple[Right, Right] | None:
    """Return which of the test pictures that both runs looked at each got right, bool `(N,)` each.

    None where that is not known any more, or they looked at none in common.
    """
    if before.dataset.fingerprint != after.dataset.fingerprint:
        return None
    try:
        first, second = _right(store, before), _right(store, after)
    except CnnLabError:
        return None
    both = sorted(first.keys() & second.keys())
    if not both:
        return None
    return np.array([first[each] for each in both]), np.array([second[each] for each in both])


def _right(store: RunStore, record: RunRecord) -> Mapping[int, bool]:
    """Return whether each test picture, by its place in the test set, was read right.

    Raises:
        CnnLabError: predictions or pictures are gone, or are not those of the run.
    """
    probabilities = read_probabilities(store.folder / record.id / PREDICTIONS_FILE)
    if record.dataset.source in (OWN_PICTURES, FILMS):
        plan = read_plan(record.dataset)
        held = zip(plan.labels, plan.parts, strict=True)
        labels = np.array([label for label, part in held if part == "test"], dtype=np.int64)
        places = np.arange(len(labels))
    else:
        dataset = cached_dataset(record.dataset.source, Path(record.dataset.location or "."))
        if dataset.fingerprint != record.dataset.fingerprint:
            raise DataError(f"The pictures of {record.dataset.name} have changed since this run.")
        places = test_part(dataset.test.labels, record.config.data_share)
        labels = dataset.test.labels[places]
    if len(labels) != len(probabilities):
        raise DataError(
            f"The run has predictions of {len(probabilities):,} test pictures, but there are "
            f"{len(labels):,}."
        )
    return dict(
        zip(places.tolist(), (probabilities.argmax(axis=1) == labels).tolist(), strict=True)
    )
