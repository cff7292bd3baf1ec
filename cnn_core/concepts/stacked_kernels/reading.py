"""What the trials say, in sentences computed from them.

The answer is decided by the paired differences of accuracy of the first receptive field that was
tried, and only where their 95 % intervals say so: one seed decides nothing, and "neither" is said
where both intervals end within two points of nought, not where the seeds are too few to tell.
"""

from collections.abc import Iterator

from cnn_core.concepts.stacked_kernels.settings import StackedKernelSettings
from cnn_core.concepts.stacked_kernels.shapes import (
    FIELDS,
    LINEAR,
    ONE,
    STACK,
    WIDE,
    block_of,
    block_weights,
)
from cnn_core.concepts.stacked_kernels.words import (
    fewer,
    interval,
    large_name,
    percent,
    points,
    stack_name,
)
from cnn_core.data.datasets import SOURCES
from cnn_core.results.experiment_reading import Claim, ExperimentReading, Verdict
from cnn_core.results.trials import Place, Share, Spread, Trials

_COMPARED = (
    ("equal-channels", STACK, ONE, "at equal channels {stack} read more photos right than {large}"),
    ("equal-weights", WIDE, ONE, "at equal weights {stack} read more photos right than {large}"),
    ("relu", STACK, LINEAR, "the ReLU inside the stack helps"),
    ("depth-alone", LINEAR, ONE, "{stack} without a ReLU between are better than {large}"),
)
_ALIKE = 0.02  # of the pictures; two points
_PICTURES = {"mnist": "digits", "digits": "digits"}


def read(settings: StackedKernelSettings, trials: Trials) -> ExperimentReading:
    """Return what finished or partial trials say."""
    field = settings.fields[0]
    equal = _difference(trials, "accuracy", STACK, ONE, field)
    if equal is None:
        return ExperimentReading(
            answer="", headline="No pair of networks is trained yet.", meaning=()
        )
    wide = _difference(trials, "accuracy", WIDE, ONE, field)
    return ExperimentReading(
        answer=_answer(equal, wide),
        headline=_headline(settings, trials, field, equal),
        meaning=tuple(_meaning(settings, trials, field, equal, wide)),
        claims=tuple(
            claim for each in settings.fields for claim in _claims(settings, trials, each)
        ),
    )


def _difference(trials: Trials, figure: str, first: str, second: str, field: str) -> Spread | None:
    """Return first less second, paired by seed; a training that diverged has no figure."""
    return trials.difference(
        figure, Place(arm=first, condition=field), Place(arm=second, condition=field)
    )


def _answer(equal: Spread, wide: Spread | None) -> str:
    """Return the answer that the intervals speak for, "" where they cannot speak."""
    if equal.interval is None or wide is None or wide.interval is None:
        return ""
    if equal.apart and equal.mean > 0:
        return "stack"
    if wide.apart and wide.mean > 0:
        return "wide"
    if equal.apart or wide.apart:
        return "large"
    ends = (*equal.interval, *wide.interval)
    return "same" if max(map(abs, ends)) <= _ALIKE else ""


def _headline(settings: StackedKernelSettings, trials: Trials, field: str, equal: Spread) -> str:
    """Return both accuracies over the seeds that have both, and their difference."""
    large = trials.values("accuracy", Place(arm=ONE, condition=field))
    stack = trials.values("accuracy", Place(arm=STACK, condition=field))
    seeds = list(equal.values)
    means = [sum(each[seed] for seed in seeds) / len(seeds) for each in (stack, large)]
    pictures = _PICTURES.get(settings.data, "photos")
    said = (
        f"At equal channels {stack_name(field)} read {percent(means[0])} of new {pictures} right, "
        f"{large_name(field)} {percent(means[1])}: {points(equal.mean)}{interval(equal)}"
    )
    if equal.interval is None:
        return f"{said}; one seed does not tell that from chance."
    return f"{said}." if equal.apart else f"{said}, which cannot be told from none."


def _meaning(
    settings: StackedKernelSettings,
    trials: Trials,
    field: str,
    equal: Spread,
    wide: Spread | None,
) -> Iterator[str]:
    side, channels = FIELDS[field], settings.channels
    large, stack, wider = (
        block_weights(block_of(arm, side, channels)) for arm in (ONE, STACK, WIDE)
    )
    size = (
        f"Both see the same {field} pixels. At {channels} channels {stack_name(field)} have "
        f"{stack:,} weights a block, {fewer(stack, large)} than {large_name(field)} ({large:,})."
    )
    if wide is not None:
        size += (
            f" With {wider:,} weights a block, by more channels inside, the stack stands at "
            f"{points(wide.mean)}{interval(wide)} against {large_name(field)}."
        )
        added = _difference(trials, "accuracy", WIDE, STACK, field)
        if added is not None:
            size += f" The added weights bring {points(added.mean)}{interval(added)}."
    yield size
    yield from _why(trials, field, equal)
    yield _scope(settings, trials, field, equal)


def _why(trials: Trials, field: str, equal: Spread) -> Iterator[str]:
    """Yield what the ReLU and what fitting have to do with it, as far as it was measured."""
    relu = _difference(trials, "accuracy", STACK, LINEAR, field)
    alone = _difference(trials, "accuracy", LINEAR, ONE, field)
    if relu is not None and alone is not None:
        effect = "changes nothing that can be told"
        if relu.apart:
            effect = "helps" if relu.mean > 0 else "costs"
        yield (
            f"Depth or nonlinearity? The ReLU between {effect}: {points(relu.mean)}"
            f"{interval(relu)}. Without it the stack computes what a {field} convolution could, "
            f"with fewer weights, and stands at {points(alone.mean)}{interval(alone)} against "
            f"{large_name(field)}."
        )
    loss = _difference(trials, "loss", STACK, ONE, field)
    if loss is not None and loss.apart and equal.apart:
        fits = "worse" if loss.mean > 0 else "better"
        alike = (loss.mean > 0) == (equal.mean < 0)
        then = ("learning them", "carrying over to new ones")[:: 1 if alike else -1]
        yield (
            f"The stack fits its training pictures {fits} (loss {loss.mean:+.2f}"
            f"{interval(loss, 2)}): the difference lies in {then[0]}, not in {then[1]}."
        )


def _scope(settings: StackedKernelSettings, trials: Trials, field: str, equal: Spread) -> str:
    """Return for what this holds, and what the paper found at another size."""
    place = Place(arm=ONE, condition=field)
    images, judged = (
        round(max(trials.values(figure, place).values(), default=planned))
        for figure, planned in (("images", settings.images), ("test_images", 0))
    )
    title = SOURCES[settings.data].title if settings.data in SOURCES else "these pictures"
    norm = "with" if settings.batch_norm == "on" else "without"
    scope = (
        f"This is so for {images:,} pictures of {title}, {settings.epochs} epochs, "
        f"{settings.channels} channels, {norm} BatchNorm"
        + (f", judged on {judged:,} test pictures" if judged else "")
        + "; intervals are over draws of the training pictures and of the first weights."
    )
    beside = "agrees" if equal.apart and equal.mean > 0 else "does not show it at this size"
    return (
        f"{scope} On ImageNet's 1.3 million pictures the authors of VGG measured a top-1 error 7 % "
        "higher when each pair of 3x3 in one of their networks gave way to one 5x5 (section 4.1); "
        f"this experiment {beside}."
    )


def _claims(settings: StackedKernelSettings, trials: Trials, field: str) -> Iterator[Claim]:
    names = {"stack": stack_name(field), "large": large_name(field)}
    for name, first, second, words in _COMPARED:
        found = _difference(trials, "accuracy", first, second, field)
        stated = words.format(**names)
        claim = f"{field}: {stated}"
        if found is None:
            yield Claim(
                id=f"{name}-{field}", sentence=f"{claim}: not measured yet.", verdict="not measured"
            )
            continue
        share = Share(count=sum(value > 0 for value in found.values.values()), of=found.n)
        yield Claim(
            id=f"{name}-{field}",
            sentence=f"{claim}: {points(found.mean)}{interval(found)}, so in {share.text}.",
            verdict=_verdict(found),
            share=share,
            difference=found,
        )


def _verdict(found: Spread) -> Verdict:
    if not found.apart:
        return "cannot be told"
    return "holds" if found.mean > 0 else "does not hold"
