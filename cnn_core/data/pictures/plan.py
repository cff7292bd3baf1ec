"""From a snapshot and what was decided on it to the plan of a run: classes, parts, clean sides."""

import dataclasses
import hashlib
import json
from collections import Counter

import numpy as np

from cnn_core.data.pictures.decisions import labels_after
from cnn_core.data.pictures.duplicates import snapshot_clusters
from cnn_core.data.pictures.splitting import split_groups
from cnn_core.errors import DataError
from cnn_core.results.pictures import Part, Plan, Selection, Snapshot


def plan_digest(plan: Plan) -> str:
    """Return the SHA-256 that `plan.id` has to be: of everything in it but the id."""
    fields = dataclasses.asdict(plan)
    del fields["id"]
    text = json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def make_plan(
    snapshot: Snapshot, selection: Selection, *, seed: int, valid_share: float, test_share: float
) -> Plan:
    """Return what a run on `selection` sees; the same arguments give the same plan.

    Folders train/, val/ and test/ keep their pictures; what is missing of the three is split off
    the training pictures, stratified, in whole clusters of near-duplicates where the selection is
    grouped. A picture that has a near-duplicate in a part that weighs more (test, then validation,
    then training) is left out there, and a note says so. Classes without a picture are dropped.

    Args:
        snapshot: as it was taken in.
        selection: of this snapshot.
        seed: of the split, 0 or above.
        valid_share: of the pictures to split, 0 to 0.5; not looked at where val/ came along.
        test_share: likewise, where test/ came along; 0 for no test.

    Raises:
        DataError: a selection of another snapshot, fewer than two classes, or a class that cannot
            have a picture in training and one in validation.
        ConfigError: a share out of range.
    """
    if selection.snapshot != snapshot.id:
        raise DataError(
            "The decisions were made for other pictures than these.",
            hint="Choose the pictures again.",
        )
    after = labels_after(snapshot, selection.decisions)
    present = Counter(label for label in after if label is not None)
    classes = tuple(name for name in snapshot.classes if present[name])
    places = np.flatnonzero([label is not None for label in after])
    index = {name: number for number, name in enumerate(classes)}
    labels = np.array([index[str(after[place])] for place in places], np.int64)
    clusters = np.array(snapshot_clusters(snapshot), np.int64)[places]
    parts: list[Part] = split_groups(
        labels,
        clusters if selection.grouped else np.arange(len(places)),
        valid_share=valid_share,
        test_share=test_share,
        seed=seed,
    )
    plan = Plan(
        id="",
        snapshot=snapshot.id,
        title=snapshot.title,
        classes=classes,
        pictures=tuple(places.tolist()),
        sha256=tuple(snapshot.pictures[place].sha256 for place in places),
        labels=tuple(labels.tolist()),
        parts=tuple(parts),
        clusters=tuple(clusters.tolist()),
        decisions=selection.decisions,
        grouped=selection.grouped,
        seed=seed,
        valid_share=valid_share,
        test_share=test_share,
    )
    return dataclasses.replace(plan, id=plan_digest(plan))
