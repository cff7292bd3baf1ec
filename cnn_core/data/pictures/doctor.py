"""The data doctor: what is to be known of a snapshot before a network is trained on it."""

from collections import Counter
from collections.abc import Sequence

from cnn_core.data.pictures.decisions import labels_after
from cnn_core.data.pictures.duplicates import snapshot_clusters
from cnn_core.results.pictures import Audit, Decision, Snapshot


def examine(snapshot: Snapshot, decisions: Sequence[Decision] = ()) -> Audit:
    """Return what is noticed of the snapshot under the decisions made so far.

    Raises:
        DataError: a decision of a picture or a class that the snapshot does not have.
    """
    after = labels_after(snapshot, decisions)
    counted = Counter(label for label in after if label is not None)
    parts: Counter[str] = Counter(
        picture.part
        for picture, label in zip(snapshot.pictures, after, strict=True)
        if label is not None
    )
    return Audit(
        snapshot=snapshot.id,
        counts={name: counted[name] for name in snapshot.classes},
        part_counts=dict(parts),
        clusters=snapshot_clusters(snapshot),
        findings=(),
    )
