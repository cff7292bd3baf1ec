"""From a snapshot and what was decided on it to the plan of a run: classes, parts, clean sides.

Pure: the same snapshot, selection, seed and shares give the same plan, by its id. Refused is what
no network can be trained and judged on, in terms of the classes and with what to do about it.
"""

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.decisions import labels_after
from cnn_core.data.pictures.duplicates import snapshot_clusters
from cnn_core.data.pictures.splitting import split_groups
from cnn_core.data.pictures.wording import counted, listed
from cnn_core.errors import ConfigError, DataError
from cnn_core.results.pictures import PARTS, Part, Plan, Selection, Snapshot

_FOLDERS: dict[Part, str] = {"train": "train/", "valid": "val/", "test": "test/"}
_TITLES: dict[Part, str] = {"train": "training", "valid": "validation", "test": "test"}


@dataclass(frozen=True)
class _Kept:
    """The pictures that are left: place, class, cluster and the part they came in, each `(N,)`."""

    classes: tuple[str, ...]
    places: NDArray[np.int64]
    labels: NDArray[np.int64]
    clusters: NDArray[np.int64]
    came: NDArray[np.int64]  # index into PARTS; those that came in no part are to be trained on

    def only(self, chosen: NDArray[np.bool_]) -> "_Kept":
        arrays = (self.places, self.labels, self.clusters, self.came)
        return _Kept(self.classes, *(array[chosen] for array in arrays))


def _kept(snapshot: Snapshot, selection: Selection) -> _Kept:
    after = labels_after(snapshot, selection.decisions)
    present = Counter(label for label in after if label is not None)
    classes = tuple(name for name in snapshot.classes if present[name])
    index = {name: number for number, name in enumerate(classes)}
    clusters = snapshot_clusters(snapshot)
    rows = [
        (
            place,
            index[label],
            clusters[place],
            PARTS.index(snapshot.pictures[place].part or "train"),
        )
        for place, label in enumerate(after)
        if label is not None
    ]
    table = np.array(rows, np.int64).reshape(-1, 4)
    return _Kept(classes, *table.T)


def _clean(kept: _Kept) -> tuple[_Kept, list[str]]:
    """Leave out the copies in training of what is held out, and in validation of the test's."""
    heaviest = np.zeros(kept.clusters.max(initial=0) + 1, np.int64)
    np.maximum.at(heaviest, kept.clusters, kept.came)
    stays = kept.came == heaviest[kept.clusters]
    notes = []
    for number, part in enumerate(PARTS):
        gone = ~stays & (kept.came == number)
        if gone.any():
            into = sorted(set(heaviest[kept.clusters[gone]].tolist()))
            where = " or ".join(_FOLDERS[PARTS[weight]] for weight in into)
            count = int(gone.sum())
            notes.append(
                f"{counted(count, f'{_TITLES[part]} picture')} "
                f"{'is' if count == 1 else 'are'} left out: "
                f"{'it has' if count == 1 else 'they have'} near-duplicates in {where}."
            )
    return kept.only(stays), notes


def _split(
    kept: _Kept, *, grouped: bool, seed: int, valid_share: float, test_share: float
) -> NDArray[np.int64]:
    """Return the part of each, as an index into PARTS: as it came, or split off training."""
    given = [bool((kept.came == number).any()) for number in range(len(PARTS))]
    if not given[1] and not valid_share:
        raise ConfigError(
            "A share for validation above 0 is needed where no folder val/ came along.",
            hint="Set validation_share to 0.15.",
        )
    pool = kept.came == 0
    parts = kept.came.copy()
    split = split_groups(
        kept.labels[pool],
        kept.clusters[pool] if grouped else np.arange(int(pool.sum())),
        valid_share=0.0 if given[1] else valid_share,
        test_share=0.0 if given[2] else test_share,
        seed=seed,
    )
    parts[pool] = [PARTS.index(part) for part in split]
    return parts


def _why_short(whole: _Kept, cleaned: _Kept, label: int, *, grouped: bool) -> str:
    """Return why a class cannot stand in both training and validation, in words."""
    name = whole.classes[label]
    own = whole.labels == label
    pool = cleaned.came[cleaned.labels == label] == 0
    if own.sum() == 1:
        return f"{name} has 1 picture"
    if not (whole.came[own] == 0).any():
        return f"{name} has no picture in train/"
    if not pool.any():
        return f"every training picture of {name} is a near-duplicate of one that is held out"
    if (whole.came == 1).any():
        also = " that is not also in test/" if (whole.came[own] == 1).any() else ""
        return f"{name} has no picture in val/{also}"
    if pool.sum() == 1:
        return f"{name} has 1 picture to train and validate on"
    if grouped and len(np.unique(whole.clusters[own])) == 1:
        return f"the {int(own.sum()):,} pictures of {name} are near-duplicates of one another"
    return f"{name} shares its pictures with near-duplicates in other classes"


def _validate_classes(kept: _Kept) -> None:
    if len(kept.classes) < 2:
        came = f"only {kept.classes[0]}" if kept.classes else "none"
        raise DataError(
            f"Training needs pictures of at least 2 classes, but {came} has any.",
            hint="Add a folder with pictures of a second class, or take decisions back.",
        )
    if not (kept.came == 0).any():
        raise DataError(
            "There are no pictures to train on, only such for validation and test.",
            hint="Put pictures into train/, a folder for each class.",
        )


def _validate_sides(
    whole: _Kept, cleaned: _Kept, parts: NDArray[np.int64], *, grouped: bool
) -> None:
    size = len(whole.classes)
    there = [np.bincount(cleaned.labels[parts == number], minlength=size) for number in (0, 1)]
    short = np.flatnonzero((there[0] == 0) | (there[1] == 0)).tolist()
    if short:
        reasons = [_why_short(whole, cleaned, label, grouped=grouped) for label in short]
        raise DataError(
            "Each class needs a picture to train on and another to validate on, but "
            f"{listed(reasons, more='classes more')}.",
            hint="Add pictures of it, leave out or relabel those it has"
            + (", or allow near-duplicates on both sides." if grouped else "."),
        )


def _notes(kept: _Kept, parts: NDArray[np.int64], *, grouped: bool) -> list[str]:
    numbers, sizes = np.unique(kept.clusters, return_counts=True)
    several = np.isin(kept.clusters, numbers[sizes > 1])
    notes = []
    if grouped and several.any():
        groups = counted(int((sizes > 1).sum()), "group")
        notes.append(
            f"{int(several.sum()):,} pictures in {groups} of near-duplicates stay together, each "
            "group on one side."
        )
    if not grouped:
        copied = (parts > 0) & np.isin(kept.clusters, kept.clusters[parts == 0])
        if copied.any():
            notes.append(
                f"{counted(int(copied.sum()), 'picture')} for validation and test "
                f"{'has' if copied.sum() == 1 else 'have'} near-duplicates in training, as was "
                "chosen: the scores come out better than they are."
            )
    tested = np.bincount(kept.labels[parts == 2], minlength=len(kept.classes))
    if tested.any() and not tested.all():
        missing = [kept.classes[label] for label in np.flatnonzero(tested == 0)]
        notes.append(f"The test has no picture of {listed(missing)}.")
    return notes


def plan_digest(plan: Plan) -> str:
    """Return the SHA-256 that `plan.id` has to be: of everything in it but the id."""
    fields = {each.name: getattr(plan, each.name) for each in dataclasses.fields(plan)}
    del fields["id"]
    fields["decisions"] = [dataclasses.asdict(decision) for decision in plan.decisions]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
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
        valid_share: of the pictures that are split, 0 to 0.5; not looked at where val/ came along.
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
    whole = _kept(snapshot, selection)
    _validate_classes(whole)
    cleaned, notes = _clean(whole) if selection.grouped else (whole, [])
    parts = _split(
        cleaned,
        grouped=selection.grouped,
        seed=seed,
        valid_share=valid_share,
        test_share=test_share,
    )
    _validate_sides(whole, cleaned, parts, grouped=selection.grouped)
    places: Sequence[int] = cleaned.places.tolist()
    plan = Plan(
        id="",
        snapshot=snapshot.id,
        title=snapshot.title,
        classes=whole.classes,
        pictures=tuple(places),
        sha256=tuple(snapshot.pictures[place].sha256 for place in places),
        labels=tuple(cleaned.labels.tolist()),
        parts=tuple(PARTS[number] for number in parts.tolist()),
        clusters=tuple(cleaned.clusters.tolist()),
        decisions=tuple(selection.decisions),
        grouped=selection.grouped,
        seed=seed,
        valid_share=float(valid_share),
        test_share=float(test_share),
        notes=(*notes, *_notes(cleaned, parts, grouped=selection.grouped)),
    )
    return dataclasses.replace(plan, id=plan_digest(plan))
