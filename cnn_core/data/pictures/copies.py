"""What there is to say of duplicates: how many, and where they stand on two sides."""

from collections.abc import Callable, Hashable, Mapping, Sequence

from cnn_core.data.pictures.duplicates import Duplicates, NearRule, duplicate_groups
from cnn_core.data.pictures.wording import counted, listed
from cnn_core.results.pictures import PARTS, Finding, FindingKind, Snapshot

Groups = list[tuple[int, ...]]
_FOLDERS = {"train": "train/", "valid": "val/", "test": "test/"}
_ON_BOTH_SIDES = "on both sides of the split, as you chose: scores come out better than they are."


def copy_findings(
    snapshot: Snapshot, labels: Mapping[int, str], duplicates: Duplicates, *, grouped: bool
) -> list[Finding]:
    """Return what is to be said of exact and near-duplicates.

    In each group the picture to keep comes first: of the part that weighs more, then the largest.

    Args:
        snapshot: the pictures.
        labels: the class of each picture that is left, by its place, ascending.
        duplicates: of the snapshot.
        grouped: whether near-duplicates are kept on one side.
    """
    pictures, places = snapshot.pictures, list(labels)

    def part(place: int) -> int:
        return PARTS.index(pictures[place].part or "train")

    def to_keep_first(place: int) -> tuple[int, int, int]:
        return -part(place), -pictures[place].width * pictures[place].height, place

    def groups_of(numbers: Sequence[int]) -> Groups:
        groups = duplicate_groups(numbers, places)
        return [tuple(sorted(group, key=to_keep_first)) for group in groups]

    alike = groups_of(duplicates.clusters)

    def several(value: Callable[[int], Hashable]) -> Groups:
        return [group for group in alike if len({value(place) for place in group}) > 1]

    by_bytes: dict[str, int] = {}
    contents = [by_bytes.setdefault(picture.sha256, len(by_bytes)) for picture in pictures]
    across = several(part)
    mixed = several(lambda place: labels[place])
    reached = sorted({part(place) for group in across for place in group})
    found = [
        _across_parts(across, [_FOLDERS[PARTS[number]] for number in reached], grouped),
        _across_classes(mixed, sorted({labels[place] for group in mixed for place in group})),
        _exact(groups_of(contents)),
        _near(several(lambda place: contents[place]), duplicates.rule, grouped),
    ]
    return [finding for finding in found if finding is not None]


def _finding(kind: FindingKind, groups: Groups, said: str, hint: str) -> Finding | None:
    """Return a finding that begins with how many pictures it is about; None without any."""
    if not groups:
        return None
    places = tuple(place for group in groups for place in group)
    number = counted(len(groups), "group")
    return Finding(
        kind=kind,
        severity="warning",
        sentence=f"{len(places):,} pictures in {number} {said}",
        hint=hint,
        pictures=places,
        groups=tuple(groups),
    )


def _across_parts(groups: Groups, folders: Sequence[str], grouped: bool) -> Finding | None:
    if not groups:
        return None
    return _finding(
        "across-parts",
        groups,
        f"of near-duplicates reach across {listed(folders)}.",
        "A run leaves the copies in training out, so that nothing is judged on what it was "
        "trained on."
        if grouped
        else f"They stay {_ON_BOTH_SIDES}",
    )


def _across_classes(groups: Groups, classes: Sequence[str]) -> Finding | None:
    if not groups:
        return None
    return _finding(
        "across-classes",
        groups,
        f"of near-duplicates have different classes ({listed(classes)}).",
        "Give each group one class, or leave it out: one picture cannot be both.",
    )


def _exact(groups: Groups) -> Finding | None:
    return _finding(
        "exact-duplicates",
        groups,
        "are equal files.",
        "Leave out all but one of each: a picture that is there twice weighs twice.",
    )


def _near(groups: Groups, rule: NearRule, grouped: bool) -> Finding | None:
    if rule.agreeing < 0:
        return Finding(
            kind="near-duplicates",
            severity="note",
            sentence="These pictures resemble each other too much for near-duplicates to be told "
            "from different pictures: only equal files are found.",
            hint="Where several pictures show one thing, put all of them into train/ or into val/.",
        )
    return _finding(
        "near-duplicates",
        groups,
        f"look almost the same ({_rule_words(rule)}).",
        "They are kept on one side of the split; leave out those that add nothing."
        if grouped
        else f"They may stand {_ON_BOTH_SIDES}",
    )


def _rule_words(rule: NearRule) -> str:
    def within(bits: int) -> str:
        return f"within {bits} of 64 bits" if bits else "equal"

    agreeing = f"{within(rule.agreeing)} where shape, brightness and contrast agree"
    if rule.limit == rule.agreeing:
        return f"perceptual hashes {within(rule.limit)}"
    if rule.limit < 0:
        return f"perceptual hashes {agreeing}"
    return f"perceptual hashes {within(rule.limit)}, or {agreeing}"
