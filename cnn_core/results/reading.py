"""What a judgement means, in plain sentences computed from its figures.

A sentence is said only where chance does not explain what it says: each stands on an interval or
a test, corrected for how many places were looked at. Where nothing can be said, nothing is. What is
wrong is read off the validation pictures alone: mending the data by the test pictures would use
them up. Nothing here holds state.
"""

from collections.abc import Iterator, Sequence

from cnn_core.results.chance import difference_interval, percent, points, sign_test, span
from cnn_core.results.config import TrainConfig
from cnn_core.results.judgement import Baseline, CurvePoint, PartScore, Sentence
from cnn_core.results.mix_ups import class_sentences
from cnn_core.results.verdict_thresholds import LEARNED, OVERFITTING_GAP

LEVEL = 0.05
_SMALL = OVERFITTING_GAP  # less is no gap, and no gain
_WIDE = 0.15  # an interval of the accuracy that is wider says little


def reading(
    classes: Sequence[str],
    scores: Sequence[PartScore],
    baselines: Sequence[Baseline] = (),
    curve: Sequence[CurvePoint] = (),
    *,
    config: TrainConfig | None = None,
) -> tuple[Sentence, ...]:
    """Return what the figures say, the most telling sentence first.

    Args:
        classes: the names of the outputs.
        scores: of the parts, as `Judgement.scores`; without a validation part nothing is said.
        baselines: on the same validation pictures.
        curve: the learning curve.
        config: what the run was asked to do; advice is given in its terms.
    """
    by_part = {score.part: score for score in scores}
    valid = by_part.get("valid")
    if valid is None:
        return ()
    test = by_part.get("test")
    found = [_score_sentence(valid, tested=test is not None)]
    if test is not None:
        found += _test_sentences(valid, test)
    train = by_part.get("train")
    if train is not None:
        found += _fit_sentences(train, valid, config)
    found += class_sentences(classes, valid, train)
    found += _calibration_sentences(valid, config)
    found += _baseline_sentences(baselines, config)
    if train is None or (curve and curve[-1].images == train.size):
        found += _curve_sentences(curve)  # one that breaks off does not say what more would bring
    return tuple(sorted(found, key=lambda sentence: -sentence.weight))


def _score_sentence(valid: PartScore, *, tested: bool) -> Sentence:
    low, high = valid.interval
    advice = []
    if high - low > _WIDE:
        advice.append(
            f"That interval is {100 * (high - low):.0f} points wide: compare runs with care. About "
            f"{4 * valid.size:,} validation pictures would halve it."
        )
    if not tested:
        advice.append(
            "These pictures chose the epoch, and none were kept for a test: expect a little less "
            "on new pictures."
        )
    return Sentence(
        text=f"{_right(valid)} validation pictures are right: {percent(valid.accuracy)} "
        f"(95 % interval {span(valid.interval)}).",
        kind="score",
        weight=100.0,
        advice=" ".join(advice),
    )


def _right(score: PartScore) -> str:
    return f"{score.correct:,} of {score.size:,}"


def _test_sentences(valid: PartScore, test: PartScore) -> Iterator[Sentence]:
    yield Sentence(
        text=f"Of the test pictures, looked at once, {_right(test)} are right: "
        f"{percent(test.accuracy)} (95 % interval {span(test.interval)}).",
        kind="score",
        weight=95.0,
    )
    interval = difference_interval((valid.correct, valid.size), (test.correct, test.size))
    if interval[0] > 0:
        yield Sentence(
            text=f"The test pictures come out {_points(valid.accuracy - test.accuracy)} worse than "
            f"the validation pictures (95 % interval {points(interval)}).",
            kind="score",
            weight=90.0,
            advice="Believe the test score: the validation pictures chose the epoch. Look whether "
            "the two parts were taken in the same way.",
        )


def _points(difference: float) -> str:
    return f"{abs(100 * difference):.1f}".removesuffix(".0") + " points"


def _fit_sentences(
    train: PartScore, valid: PartScore, config: TrainConfig | None
) -> Iterator[Sentence]:
    interval = difference_interval((train.correct, train.size), (valid.correct, valid.size))
    gap = train.accuracy - valid.accuracy
    if interval[0] > _SMALL:
        yield Sentence(
            text=f"The gap of {_points(gap)} between training pictures ({percent(train.accuracy)} "
            f"right) and validation pictures ({percent(valid.accuracy)}) says overfitting (95 % "
            f"interval of the gap {points(interval)}).",
            kind="fit",
            weight=60.0 + 30 * gap,
            advice=_against_overfitting(config, unsure=_sureness(valid) < valid.interval[0]),
        )
    elif train.interval[1] < LEARNED:
        yield Sentence(
            text=f"Even of its own training pictures only {_right(train)} are right: "
            f"{percent(train.accuracy)} (95 % interval {span(train.interval)}). That says "
            "underfitting.",
            kind="fit",
            weight=80.0,
            advice=_against_underfitting(config),
        )


def _sureness(score: PartScore) -> float:
    """Return the mean confidence."""
    return sum(each.count * each.confidence for each in score.calibration) / score.size


def _against_overfitting(config: TrainConfig | None, *, unsure: bool) -> str:
    if config is None:
        return "Try more training pictures."
    ways = []
    if config.mode == "scratch":
        ways.append("beginning with trained weights (mode=frozen)")
    elif config.mode in ("all", "last-block"):
        ways.append("training less of the network (mode=frozen)")
    if config.head in ("reference", "original"):
        ways.append("the light head (head=light), which has fewer weights")
    if config.views < 8:
        ways.append("more views of each picture (views=8)")
    if not config.label_smoothing and not unsure:  # it lowers the confidence
        ways.append("label smoothing (label_smoothing=0.1)")
    return f"Try {_or([*ways, 'more training pictures'][:3])}."


def _against_underfitting(config: TrainConfig | None) -> str:
    if config is None:
        return "Try more epochs."
    ways = [f"more epochs (epochs={min(1_000, 2 * config.epochs)})"]
    if config.rate_finder == "off":
        ways.append("looking for the learning rate first (rate_finder=on)")
    if config.mode == "frozen":
        ways.append("training the last block too (mode=last-block)")
    elif config.mode == "last-block":
        ways.append("training all of the network (mode=all)")
    return f"Try {_or(ways)}."


def _or(ways: Sequence[str]) -> str:
    return ways[0] if len(ways) == 1 else f"{', '.join(ways[:-1])} or {ways[-1]}"


def _calibration_sentences(valid: PartScore, config: TrainConfig | None) -> Iterator[Sentence]:
    """Compare how sure it is on average with how often it is right."""
    sure, (low, high) = _sureness(valid), valid.interval
    if low <= sure <= high:
        return
    smoothing = 0.0 if config is None else config.label_smoothing
    off = sure - valid.accuracy
    if off > 0:
        verdict = "It is too sure of itself"
        advice = "Do not take its probabilities for chances" + (
            "." if smoothing else "; label smoothing (label_smoothing=0.1) lowers them."
        )
    else:
        verdict = "It is more often right than it says"
        advice = (
            f"Less label smoothing than {smoothing:g}, or more epochs, make it surer."
            if smoothing
            else "More epochs, or a higher learning rate, make it surer."
        )
    yield Sentence(
        text=f"{verdict}: on average it gives its answer {percent(sure)}, and is right in "
        f"{percent(valid.accuracy)} (95 % interval {span(valid.interval)}).",
        kind="calibration",
        weight=40.0 + 40 * abs(off),
        advice=advice,
    )


def _baseline_sentences(
    baselines: Sequence[Baseline], config: TrainConfig | None
) -> Iterator[Sentence]:
    """Repeat what a baseline's sentence says; of the most frequent class only bad news."""
    for baseline in baselines:
        telling = sign_test(baseline.won, baseline.lost) < LEVEL
        better = telling and baseline.won > baseline.lost
        if baseline.id == "most-frequent":
            if not better:
                advice = _against_underfitting(config)
                yield Sentence(text=baseline.sentence, kind="baseline", weight=98.0, advice=advice)
            continue
        advice, weight = "", 25.0
        if not better and baseline.id == "nearest-neighbours":
            weight = 75.0 if telling else 35.0
            advice = (
                _against_underfitting(config) if telling else "Its head adds nothing that shows."
            )
        yield Sentence(text=baseline.sentence, kind="baseline", weight=weight, advice=advice)


def _curve_sentences(curve: Sequence[CurvePoint]) -> Iterator[Sentence]:
    if len(curve) < 2:
        return
    before, last = curve[-2:]
    if last.gain is None:
        return
    step = f"from {before.images_a_class:,} to {last.images_a_class:,} training pictures a class"
    brought = f"95 % interval of the gain {points(last.gain)}"
    if last.gain[0] > 0:
        yield Sentence(
            text=f"More pictures still help: {step} the accuracy rose from {percent(before.mean)} "
            f"to {percent(last.mean)} ({brought}).",
            kind="curve",
            weight=55.0,
            advice="Add training pictures before you change settings.",
        )
    elif last.gain[1] < _SMALL:
        yield Sentence(
            text=f"More of the same pictures hardly help: {step} the accuracy went from "
            f"{percent(before.mean)} to {percent(last.mean)} ({brought}).",
            kind="curve",
            weight=45.0,
            advice="Look at the labels, or train more of the network, before you collect more.",
        )
