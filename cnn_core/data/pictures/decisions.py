"""What a person decided of the pictures of a snapshot, applied: a snapshot itself never changes."""

from collections.abc import Sequence

from cnn_core.errors import DataError
from cnn_core.results.pictures import Decision, Snapshot


def _validate_decision(decision: Decision, snapshot: Snapshot) -> None:
    count = len(snapshot.pictures)
    if not 0 <= decision.picture < count:
        raise DataError(
            f"A decision names picture {decision.picture}, but the snapshot has {count} pictures.",
            hint="Take the decision back, or choose the snapshot it was made for.",
        )
    if decision.action not in ("exclude", "relabel", "keep"):
        raise DataError(
            f"A decision must be exclude, relabel or keep, but it is {decision.action[:40]!r}."
        )
    if decision.action == "relabel" and decision.label not in snapshot.classes:
        raise DataError(
            f"A picture can only get a class of its snapshot, but {decision.label[:40]!r} is none.",
            hint=f"Choose one of {', '.join(snapshot.classes[:10])}.",
        )


def decided(snapshot: Snapshot, decisions: Sequence[Decision]) -> dict[int, Decision]:
    """Return the decision that counts for each picture: the last, unless it is "keep".

    Raises:
        DataError: a decision of a picture or a class that the snapshot does not have.
    """
    last: dict[int, Decision] = {}
    for decision in decisions:
        _validate_decision(decision, snapshot)
        last[decision.picture] = decision
    return {place: decision for place, decision in last.items() if decision.action != "keep"}


def labels_after(snapshot: Snapshot, decisions: Sequence[Decision]) -> tuple[str | None, ...]:
    """Return the class of each picture of the snapshot, None for those that are excluded.

    Raises:
        DataError: as `decided`.
    """
    labels: list[str | None] = [picture.label for picture in snapshot.pictures]
    for place, decision in decided(snapshot, decisions).items():
        labels[place] = decision.label if decision.action == "relabel" else None
    return tuple(labels)
