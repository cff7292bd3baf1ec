"""Which patient is for what, and in which fold: split once, stratified, whole groups, checked.

Pure: the same labels, sources, groups and seed give the same split. Roles do not depend on the
number of folds, so that the locked films stay locked whatever is tried on the others.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.splitting import split_groups
from cnn_core.errors import DataError
from cnn_core.results.films import MISSING, FilmSet
from cnn_core.results.xray_plan import Role

LOCKED_SHARE, CALIBRATION_SHARE = 0.2, 0.2
FEWEST_A_FOLD = 2
"""Every fold holds at least so many patients of every class."""

_DRAWS_OF_FOLDS = 10  # tried before there are fewer: who has several labels falls where he falls
_FEWEST_A_STRATUM = 5  # a stratum of fewer groups cannot be split 60/20/20

Integers = NDArray[np.int64]


def patient_numbers(film_set: FilmSet) -> Integers:
    """Return a number for each film's patient, int64 `(N,)`; a film that names none is its own."""
    numbers: dict[Hashable, int] = {}
    names: list[Hashable] = [
        film.patient if film.patient != MISSING else place
        for place, film in enumerate(film_set.films)
    ]
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def joined(groups: Sequence[int] | Integers, patients: Sequence[int] | Integers) -> Integers:
    """Return groups of which no two share a patient, int64 `(N,)`, numbered as they come.

    >>> joined([0, 1, 2, 3], [7, 7, 8, 9]).tolist(), joined([0, 1, 0, 2], [5, 6, 6, 7]).tolist()
    ([0, 0, 1, 2], [0, 0, 0, 1])
    """
    parents: dict[tuple[str, int], tuple[str, int]] = {}

    def root(name: tuple[str, int]) -> tuple[str, int]:
        parents.setdefault(name, name)
        while parents[name] != name:
            parents[name] = parents[parents[name]]
            name = parents[name]
        return name

    pairs = [
        (("group", int(group)), ("patient", int(patient)))
        for group, patient in zip(groups, patients, strict=True)
    ]
    for group, patient in pairs:
        parents[root(patient)] = root(group)
    numbers: dict[tuple[str, int], int] = {}
    found = [numbers.setdefault(root(group), len(numbers)) for group, _ in pairs]
    return np.array(found, dtype=np.int64)


def patients_by_class(labels: Integers, patients: Integers, classes: int) -> tuple[int, ...]:
    """Return how many patients have a film of each class; one with two labels counts for both.

    >>> patients_by_class(np.array([0, 0, 1, 1]), np.array([4, 4, 4, 5]), 3)
    (1, 2, 0)
    """
    return tuple(len(np.unique(patients[labels == label])) for label in range(classes))


def _codes(
    labels: Sequence[Hashable], sources: Sequence[Hashable], units: Sequence[int], fewest: int
) -> Integers:
    """Return a number for each (label, source).

    Sources of a label with fewer than `fewest` units count as one, and join the label's commonest
    source where even together they are fewer.
    """
    members: dict[Hashable, dict[Hashable, set[int]]] = defaultdict(lambda: defaultdict(set))
    for label, source, unit in zip(labels, sources, units, strict=True):
        members[label][source].add(unit)
    stratum: dict[tuple[Hashable, Hashable], Hashable] = {}
    for label, by_source in members.items():
        commonest = max(by_source, key=lambda source: len(by_source[source]))
        rare = {source for source, own in by_source.items() if len(own) < fewest}
        together = len(set().union(*(by_source[source] for source in rare)))
        instead = commonest if together < fewest else None
        for source in by_source:
            stratum[label, source] = instead if source in rare else source
    codes = [(label, stratum[label, source]) for label, source in zip(labels, sources, strict=True)]
    order = {code: number for number, code in enumerate(sorted(set(codes), key=repr))}
    return np.array([order[code] for code in codes], dtype=np.int64)


def _labels_and_sources(
    labels: Integers, sources: Sequence[str], groups: Integers
) -> tuple[list[tuple[int, ...]], list[str]]:
    """Return of each group `(G,)`, from 0 without a gap: its labels, and its commonest source."""
    own_labels: list[set[int]] = [set() for _ in range(int(groups.max()) + 1)]
    own_sources: list[Counter[str]] = [Counter() for _ in own_labels]
    for label, source, group in zip(labels.tolist(), sources, groups.tolist(), strict=True):
        own_labels[group].add(label)
        own_sources[group][source] += 1
    firsts = [counts.most_common(1)[0][0] for counts in own_sources]
    return [tuple(sorted(own)) for own in own_labels], firsts


def split_roles(
    labels: Integers, sources: Sequence[str], groups: Integers, *, seed: int
) -> list[Role]:
    """Return what each film is for: fit 60 %, temperature 10 %, decide 10 %, locked 20 % of groups.

    Groups are dealt out within their labels and source, to within one group.

    Args:
        labels: classes from 0, `(N,)`.
        sources: where each is from, `(N,)`.
        groups: from 0 without a gap, `(N,)`; never divided.
        seed: 0 or above.
    """
    names, firsts = _labels_and_sources(labels, sources, groups)
    strata = _codes(names, firsts, range(len(names)), _FEWEST_A_STRATUM)
    numbers = np.arange(len(strata))
    parts = split_groups(
        strata, numbers, valid_share=CALIBRATION_SHARE, test_share=LOCKED_SHARE, seed=seed
    )
    named: dict[str, Role] = {"train": "fit", "test": "locked", "valid": "decide"}
    roles: list[Role] = [named[part] for part in parts]
    halved = np.array([number for number, role in enumerate(roles) if role == "decide"], np.int64)
    drawn = halved[np.random.default_rng(seed).permutation(len(halved))]
    for number in drawn[np.argsort(strata[drawn], kind="stable")][1::2].tolist():
        roles[number] = "temperature"  # every other one, stratum after stratum
    return [roles[group] for group in groups.tolist()]


def _fold_strata(
    labels: Integers, sources: Sequence[str], groups: Integers, folds: int
) -> Integers:
    """Return the stratum of each group `(G,)`, each with `folds` groups at least.

    A stratum is a set of labels from one source; those of the same rarest label have numbers beside
    each other, so that dealing them out in order evens out what is rare.
    """
    names, firsts = _labels_and_sources(labels, sources, groups)
    having = Counter(label for name in names for label in name)
    ordered = [tuple(sorted(name, key=lambda label: (having[label], label))) for name in names]
    sets = _codes([name[0] for name in ordered], ordered, range(len(names)), folds)
    strata = _codes(sets.tolist(), firsts, range(len(names)), folds)
    counts = np.bincount(strata)
    strata[counts[strata] < folds] = int(np.argmax(counts))
    return strata


def _dealt(
    labels: Integers, sources: Sequence[str], groups: Integers, folds: int, seed: int
) -> Iterator[Integers]:
    """Yield folds of the films, drawn anew each time; groups are dealt out, whatever their size."""
    from sklearn.model_selection import StratifiedKFold

    _, rows = np.unique(groups, return_inverse=True)
    strata = _fold_strata(labels, sources, rows, folds)
    order = np.argsort(strata, kind="stable")
    drawn = np.random.RandomState(seed)  # of scikit-learn's kind
    splitter = StratifiedKFold(n_splits=folds, shuffle=True, random_state=drawn)
    for _ in range(_DRAWS_OF_FOLDS):
        found = np.zeros(len(strata), dtype=np.int64)
        for number, (_, held_out) in enumerate(splitter.split(order, strata[order]), start=1):
            found[order[held_out]] = number
        yield found[rows]


def split_folds(
    labels: Integers,
    sources: Sequence[str],
    groups: Integers,
    *,
    classes: Sequence[str],
    folds: int,
    seed: int,
) -> Integers:
    """Return the fold of each film, 1 to at most `folds`; a group is in one fold.

    scikit-learn's StratifiedKFold deals out groups, a row each, by labels and source: a patient
    with many films counts as one. (StratifiedGroupKFold evens out films, and gives such a patient a
    fold alone.) With a check of our own: each fold holds two groups of every class, else there are
    fewer folds.

    Args:
        labels: classes from 0, `(N,)`.
        sources: where each is from, `(N,)`.
        groups: whole numbers `(N,)`: patients, with their near-duplicates.
        classes: their names, for a message.
        folds: how many are wanted, 2 or more.
        seed: 0 or above.

    Raises:
        DataError: not even two folds can be made.
    """
    there = patients_by_class(labels, groups, len(classes))
    most = min(folds, min(there) // FEWEST_A_FOLD)
    for number in range(most, 1, -1):
        for found in _dealt(labels, sources, groups, number, seed):
            if _every_fold_has_all(found, labels, groups, len(classes), number):
                return found
    needed = f"Cross-validation needs at least {FEWEST_A_FOLD} patients of every class in each of 2"
    short = int(np.argmin(there))
    if there[short] < 2 * FEWEST_A_FOLD:
        raise DataError(
            f"{needed} folds, but of {classes[short]} there are {there[short]} to divide "
            "(near-duplicates count as one).",
            hint="Bring more patients of it, or train without folds (folds=0).",
        )
    several = len(np.unique(groups[_of_several_classes(labels, groups)]))
    raise DataError(
        f"{needed} folds, but no such division was found: {several:,} of "
        f"{len(np.unique(groups)):,} patients have films of several classes.",
        hint="Look for copies with different labels, or train without folds (folds=0).",
    )


def _of_several_classes(labels: Integers, groups: Integers) -> NDArray[np.bool_]:
    pairs = np.unique(np.stack([groups, labels], axis=1), axis=0)
    numbers, counts = np.unique(pairs[:, 0], return_counts=True)
    return np.isin(groups, numbers[counts > 1])


def _every_fold_has_all(
    found: Integers, labels: Integers, groups: Integers, classes: int, folds: int
) -> bool:
    return all(
        min(patients_by_class(labels[inside], groups[inside], classes)) >= FEWEST_A_FOLD
        for inside in (found == number for number in range(1, folds + 1))
    )
