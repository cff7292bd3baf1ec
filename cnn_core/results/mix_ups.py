"""Which classes a network mixes up or misses, as far as chance does not explain it.

Part of the reading (`results.reading`): sentences from a confusion matrix. Every class and every
pair is looked at, so the level of each test is divided by how many there are (Bonferroni).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.chance import at_least, difference_interval, percent
from cnn_core.results.judgement import PartScore, Sentence

LEVEL = 0.05
MOST_PAIRS = 3
_FEWEST = 2  # one mistake is no pattern
_TOO_WIDE = 0.4  # an interval of a recall that is wider does not judge a class
_NAMED = 4


@dataclass(frozen=True, kw_only=True)
class MixUp:
    """A pair of classes that is mixed up more often than mistakes would be that fell evenly.

    Attributes:
        true: the class whose pictures are meant.
        predicted: the class they are taken for.
        count: how often.
        total: of how many pictures.
        expected: how often it would be if all mistakes fell evenly on all pairs.
        both_ways: whether `predicted` taken for `true` is counted too.
    """

    true: int
    predicted: int
    count: int
    total: int
    expected: float
    both_ways: bool


def mix_ups(confusion: NDArray[np.int64]) -> tuple[MixUp, ...]:
    """Return the pairs of classes that chance does not explain, the most frequent first.

    Args:
        confusion: counts `(C, C)`, rows true, columns predicted.

    A pair is tested against a binomial distribution whose share is that of all mistakes, spread
    evenly over all pairs; first each direction, then, where neither shows, both together.

    >>> [(m.true, m.predicted, m.count) for m in mix_ups(np.array([[30, 0, 0], [0, 29, 1],
    ...                                                            [9, 0, 21]]))]
    [(2, 0, 9)]
    """
    size = len(confusion)
    wrong = int(confusion.sum() - np.trace(confusion))
    if size < 2 or not wrong:
        return ()
    share = wrong / (int(confusion.sum()) * (size - 1))
    totals = confusion.sum(axis=1)
    pairs = size * (size - 1)
    found = []
    for one, other in combinations(range(size), 2):
        ways = [
            _tested(confusion, totals, share, pairs, *way) for way in ((one, other), (other, one))
        ]
        told = [way for way in ways if way is not None]
        if not told:
            count = int(confusion[one, other] + confusion[other, one])
            total = int(totals[one] + totals[other])
            if count >= _FEWEST and at_least(count, total, share) < LEVEL / (pairs / 2):
                told = [
                    MixUp(
                        true=one,
                        predicted=other,
                        count=count,
                        total=total,
                        expected=share * total,
                        both_ways=True,
                    )
                ]
        found += told
    return tuple(sorted(found, key=lambda each: (-each.count, -each.count / each.total)))


def _tested(
    confusion: NDArray[np.int64],
    totals: NDArray[np.int64],
    share: float,
    pairs: int,
    true: int,
    predicted: int,
) -> MixUp | None:
    count, total = int(confusion[true, predicted]), int(totals[true])
    if count < _FEWEST or at_least(count, total, share) >= LEVEL / pairs:
        return None
    return MixUp(
        true=true,
        predicted=predicted,
        count=count,
        total=total,
        expected=share * total,
        both_ways=False,
    )


def class_sentences(
    classes: Sequence[str], valid: PartScore, train: PartScore | None
) -> Iterator[Sentence]:
    """Yield what can be said of single classes and of pairs of them."""
    told: set[int] = set()
    for found in mix_ups(np.array(valid.confusion))[:MOST_PAIRS]:
        told |= {found.true, found.predicted} if found.both_ways else {found.true}
        yield _mix_up_sentence(classes, found)
    for index in _missed(valid):
        if index not in told:
            yield _missed_sentence(valid, train, index)
    yield from _too_small(valid)


def _mix_up_sentence(classes: Sequence[str], found: MixUp) -> Sentence:
    one, other = classes[found.true], classes[found.predicted]
    pair = (
        f"{one} and {other} taken for each other" if found.both_ways else f"{one} taken for {other}"
    )
    return Sentence(
        text=f"{pair}: {found.count:,} of {found.total:,} validation pictures. If mistakes fell "
        f"evenly on all pairs of classes, it would be {found.expected:.1f}.",
        kind="confusion",
        weight=50.0 + 40 * found.count / found.total,
        advice="Look at these pictures: are they labelled rightly, and do they show one of the two "
        "alone? If so, add training pictures that tell the two apart.",
    )


def _missed(valid: PartScore) -> list[int]:
    """Return the classes whose recall is lower than that of all others together, worst first."""
    found = []
    for index, each in enumerate(valid.classes):
        hits = valid.confusion[index][index]
        others = valid.size - each.support
        if not each.support or not others:
            continue
        confidence = 1 - LEVEL / len(valid.classes)
        rest = (valid.correct - hits, others)
        if difference_interval((hits, each.support), rest, confidence)[1] < 0:
            found.append((hits / each.support, index))
    return [index for _, index in sorted(found)]


def _missed_sentence(valid: PartScore, train: PartScore | None, index: int) -> Sentence:
    each, hits = valid.classes[index], valid.confusion[index][index]
    rest = (valid.correct - hits) / (valid.size - each.support)
    advice = "Look at the pictures of it that are missed."
    if train is not None:
        own = train.classes[index].support
        others = (train.size - own) / max(1, len(train.classes) - 1)
        if own < others / 2:
            advice = (
                f"It has {own:,} training pictures, the others {others:,.0f} on average: add some, "
                "or weigh the classes (class_weights=balanced)."
            )
    return Sentence(
        text=f"Found less often than the rest: {each.label}, {hits:,} of {each.support:,} "
        f"validation pictures ({percent(hits / each.support)}); of the others {percent(rest)}.",
        kind="confusion",
        weight=45.0 + 40 * (rest - hits / each.support),
        advice=advice,
    )


def _too_small(valid: PartScore) -> Iterator[Sentence]:
    """Name the classes of which there are too few validation pictures to judge them."""
    small = [
        each
        for each in valid.classes
        if each.recall_interval is None
        or each.recall_interval[1] - each.recall_interval[0] > _TOO_WIDE
    ]
    if not small:
        return
    if len(small) <= _NAMED:
        which = ", ".join(f"{each.label} ({each.support:,})" for each in small)
    else:
        which = (
            f"{len(small):,} of the {len(valid.classes):,} classes "
            f"(at most {max(each.support for each in small):,} each)"
        )
    yield Sentence(
        text=f"Too few validation pictures to judge single classes: {which}. The 95 % interval of "
        f"the recall is wider than {100 * _TOO_WIDE:.0f} points there.",
        kind="data",
        weight=30.0,
        advice="Add pictures of them, or hold out more for validation (validation_share).",
    )
