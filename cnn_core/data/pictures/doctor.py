"""The data doctor: what is to be known of a snapshot before a network is trained on it.

Pure, and free of pixels: it goes by what was measured when the pictures came in. What it calls a
problem is what `make_plan` refuses; everything else can be trained on.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from cnn_core.data.pictures.class_sizes import HELD_OUT, class_findings
from cnn_core.data.pictures.copies import copy_findings
from cnn_core.data.pictures.decisions import labels_after
from cnn_core.data.pictures.duplicates import snapshot_duplicates
from cnn_core.data.pictures.faults import picture_findings
from cnn_core.data.pictures.plan import make_plan
from cnn_core.data.pictures.wording import counted, verb
from cnn_core.errors import DataError
from cnn_core.results.pictures import (
    Audit,
    Decision,
    Finding,
    PictureFile,
    PictureSizes,
    Selection,
    Snapshot,
)

_SEVERITIES = ("problem", "warning", "note")


def examine(
    snapshot: Snapshot, decisions: Sequence[Decision] = (), *, grouped: bool = True
) -> Audit:
    """Return what is noticed of the snapshot under the decisions made so far.

    At most one finding of each kind.

    Args:
        snapshot: as it was taken in.
        decisions: in the order in which they were made.
        grouped: whether near-duplicates are kept on one side of the split.

    Raises:
        DataError: a decision of a picture or a class that the snapshot does not have.
    """
    after = labels_after(snapshot, decisions)
    labels = {place: label for place, label in enumerate(after) if label is not None}
    counted_labels = Counter(labels.values())
    counts = {name: counted_labels[name] for name in snapshot.classes}
    duplicates = snapshot_duplicates(snapshot)
    findings = [
        *_refusal(snapshot, decisions, labels, grouped=grouped),
        *copy_findings(snapshot, labels, duplicates, grouped=grouped),
        *picture_findings(snapshot, list(labels)),
        *class_findings(snapshot, labels),
        *_left_out(snapshot),
    ]
    taken: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda each: _SEVERITIES.index(each.severity)):
        taken.setdefault(finding.kind, finding)
    part_counts: Counter[str] = Counter(snapshot.pictures[place].part for place in labels)
    return Audit(
        snapshot=snapshot.id,
        counts=counts,
        part_counts=dict(part_counts),
        clusters=duplicates.clusters,
        findings=tuple(taken.values()),
        sizes=_sizes([snapshot.pictures[place] for place in labels]),
    )


def _sizes(pictures: Sequence[PictureFile]) -> PictureSizes | None:
    if not pictures:
        return None
    sides = np.array([(picture.width, picture.height) for picture in pictures])

    def span(values: np.ndarray) -> tuple[float, float, float]:
        return float(values.min()), float(np.median(values)), float(values.max())

    (least, middle, most), (low, half, high) = span(sides[:, 0]), span(sides[:, 1])
    return PictureSizes(
        width=(int(least), int(middle), int(most)),
        height=(int(low), int(half), int(high)),
        aspect=span(sides[:, 0] / sides[:, 1]),
        bytes=sum(picture.size for picture in pictures),
    )


def _refusal(
    snapshot: Snapshot, decisions: Sequence[Decision], labels: dict[int, str], *, grouped: bool
) -> list[Finding]:
    """Return what stands in the way of a run, as `make_plan` says it."""
    selection = Selection(snapshot=snapshot.id, decisions=tuple(decisions), grouped=grouped)
    try:
        make_plan(snapshot, selection, seed=0, valid_share=HELD_OUT, test_share=HELD_OUT)
    except DataError as exc:
        one = len(set(labels.values())) < 2
        alone = [name for name, count in Counter(labels.values()).items() if count == 1]
        return [
            Finding(
                kind="one-class" if one else "small-class",
                severity="problem",
                sentence=exc.message,
                hint=exc.hint,
                pictures=tuple(place for place, label in labels.items() if label in alone),
            )
        ]
    return []


def _left_out(snapshot: Snapshot) -> list[Finding]:
    if not snapshot.rejected:
        return []
    (reason, often), *_ = Counter(file.reason for file in snapshot.rejected).most_common(1)
    count = len(snapshot.rejected)
    why = reason if often == count else f"Most often ({often:,}): {reason}"
    return [
        Finding(
            kind="rejected",
            severity="warning",
            sentence=f"{counted(count, 'file')} {verb(count, 'was', 'were')} left out. {why}",
            hint="Nothing has to be done; mend the files and take the folder in again to have "
            "them too.",
        )
    ]
