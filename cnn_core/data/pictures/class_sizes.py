"""What there is to say of the sizes of classes: too small to be judged, or uneven."""

import math
from collections import Counter
from collections.abc import Mapping

from cnn_core.data.pictures.wording import counted, listed, verb
from cnn_core.results.metrics import wilson_interval
from cnn_core.results.pictures import Finding, Snapshot

HELD_OUT = 0.15
"""Share for validation (and for the test) by which the doctor judges; the recipe's own."""
JUDGED_ON = 5
"""A class with fewer validation pictures than this is too small to be judged by itself."""
UNEVEN = 3.0
"""Largest class by smallest, from where on classes are called uneven."""


def class_findings(snapshot: Snapshot, labels: Mapping[int, str]) -> list[Finding]:
    """Return which classes are too small, and whether they are uneven; of one class nothing.

    Args:
        snapshot: the pictures.
        labels: the class of each picture that is left, by its place.
    """
    sizes = Counter(labels.values())
    if len(sizes) < 2:
        return []
    found = [_small(sizes, _judged_on(snapshot, labels), labels), _uneven(sizes)]
    return [finding for finding in found if finding is not None]


def _judged_on(snapshot: Snapshot, labels: Mapping[int, str]) -> dict[str, int]:
    """Return how many validation pictures each class has, or will have."""
    came = Counter(
        label for place, label in labels.items() if snapshot.pictures[place].part == "valid"
    )
    sizes = Counter(labels.values())
    if came:
        return {name: came[name] for name in sizes}
    return {name: max(1, math.floor(HELD_OUT * count + 0.5)) for name, count in sizes.items()}


def _small(
    sizes: Mapping[str, int], held: Mapping[str, int], labels: Mapping[int, str]
) -> Finding | None:
    small = sorted((name for name in sizes if held[name] < JUDGED_ON), key=lambda n: (held[n], n))
    if not small:
        return None
    most, names = max(1, held[small[-1]]), set(small)
    low, _ = wilson_interval(most, most)
    classes = "All classes" if len(small) == len(sizes) else counted(len(small), "class", "classes")
    return Finding(
        kind="small-class",
        severity="warning",
        sentence=f"{classes} {verb(len(small))} too small to be judged: "
        f"{listed([f'{name} ({sizes[name]:,})' for name in small])}. With {most} of {most} right "
        f"in validation, the 95 % interval would still begin at {100 * low:.0f} %.",
        hint="Add pictures, or read the scores of these classes with care.",
        pictures=tuple(place for place, label in labels.items() if label in names),
    )


def _uneven(sizes: Mapping[str, int]) -> Finding | None:
    by_size = sorted(sizes, key=lambda name: (sizes[name], name))
    least, most = by_size[0], by_size[-1]
    ratio = sizes[most] / sizes[least]
    if ratio < UNEVEN:
        return None
    return Finding(
        kind="imbalance",
        severity="warning",
        sentence=f"The classes are uneven: {most} has {sizes[most]:,} pictures, "
        f"{least} {sizes[least]:,} ({ratio:.1f} to 1).",
        hint="Weigh the classes (class_weights=balanced), and look at each class's recall "
        "beside the accuracy.",
    )
