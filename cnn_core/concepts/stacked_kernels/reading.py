"""What the trials say, in sentences computed from them.

The answer is decided by the paired differences of accuracy of the first receptive field that was
tried, and only where their 95 % intervals say so: few seeds decide nothing, and "neither" is said
where both intervals end within two points of nought, not where the seeds are too few to tell.
"""

from collections.abc import Iterator

from cnn_core.concepts.stacked_kernels.claims import claims
from cnn_core.concepts.stacked_kernels.pairs import difference, told, whole
from cnn_core.concepts.stacked_kernels.plan import tuned
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
from cnn_core.concepts.stacked_kernels.words import fewer, large_name, stack_name
from cnn_core.data.datasets import SOURCES
from cnn_core.results import trial_words
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.trials import Place, Spread, Trials
from cnn_core.results.twins import within

_ALIKE = 0.02  # of the pictures; two points
_PICTURES = {"mnist": "digits", "digits": "digits"}


def read(settings: StackedKernelSettings, trials: Trials) -> ExperimentReading:
    """Return what finished or partial trials say."""
    field = settings.fields[0]
    equal = difference(trials, "accuracy", STACK, ONE, field)
    diverged = trial_words.divergences(trials, _called)
    if equal is None:
        return ExperimentReading(
            answer="",
            headline="No pair of networks is trained yet.",
            meaning=(diverged,) if diverged else (),
        )
    wide = difference(trials, "accuracy", WIDE, ONE, field)
    sentences = (diverged, *_meaning(settings, trials, field, equal, wide))
    return ExperimentReading(
        answer=_answer(trials, field, equal, wide),
        headline=_headline(settings, trials, field, equal, wide),
        meaning=tuple(sentence for sentence in sentences if sentence),
        claims=tuple(claim for each in settings.fields for claim in claims(trials, each)),
    )


def _called(place: Place) -> str:
    """Return what the networks of a place are called."""
    stack = stack_name(place.condition)
    names = {
        ONE: large_name(place.condition),
        STACK: stack,
        WIDE: f"{stack}, wider inside",
        LINEAR: f"{stack} without a ReLU between",
    }
    return names.get(place.arm, place.arm)


def _answer(trials: Trials, field: str, equal: Spread, wide: Spread | None) -> str:
    """Return the answer that the intervals speak for, "" where they cannot speak."""
    if wide is None or not all(whole(trials, arm, ONE, field) for arm in (STACK, WIDE)):
        return ""
    at_channels, at_weights = (told(trials, "accuracy", arm, ONE, field) for arm in (STACK, WIDE))
    if at_channels > 0:
        return "stack"
    if at_weights > 0:
        return "wide"
    if at_channels < 0:
        return "large"
    return "same" if all(within(each, -_ALIKE, _ALIKE) for each in (equal, wide)) else ""


def _headline(
    settings: StackedKernelSettings, trials: Trials, field: str, equal: Spread, wide: Spread | None
) -> str:
    """Return both accuracies over the seeds that have both, and both differences."""
    large = trials.values("accuracy", Place(arm=ONE, condition=field))
    stack = trials.values("accuracy", Place(arm=STACK, condition=field))
    seeds = list(equal.values)
    means = [sum(each[seed] for seed in seeds) / len(seeds) for each in (stack, large)]
    pictures = _PICTURES.get(settings.data, "photos")
    said = (
        f"At equal channels {stack_name(field)} read {trial_words.percent(means[0])} of new "
        f"{pictures} right, {large_name(field)} {trial_words.percent(means[1])}: "
        f"{_judged(trials, STACK, field, equal)}"
    )
    if wide is None:
        return f"{said}."
    return f"{said}; at equal weights {_judged(trials, WIDE, field, wide)}."


def _judged(trials: Trials, arm: str, field: str, found: Spread) -> str:
    """Return a difference from the large kernel, and whether it can be told from none."""
    apart = told(trials, "accuracy", arm, ONE, field)
    return trial_words.difference(found) + ("" if apart else ", not told from none")


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
            f"{trial_words.difference(wide)} against {large_name(field)}."
        )
        added = difference(trials, "accuracy", WIDE, STACK, field)
        if added is not None:
            size += f" The added weights bring {trial_words.difference(added)}."
    yield size
    yield from _why(settings, trials, field)
    yield _scope(settings, trials, field)


def _why(settings: StackedKernelSettings, trials: Trials, field: str) -> Iterator[str]:
    """Yield what the ReLU and what fitting have to do with it, as far as it was measured."""
    relu = difference(trials, "accuracy", STACK, LINEAR, field)
    alone = difference(trials, "accuracy", LINEAR, ONE, field)
    if relu is not None and alone is not None:
        effect = {1: "helps", -1: "costs", 0: "changes nothing that can be told"}
        once = "in use, when BatchNorm no longer looks at the batch, and " * (
            settings.batch_norm == "on"
        )
        yield (
            f"Depth or nonlinearity? The ReLU between "
            f"{effect[told(trials, 'accuracy', STACK, LINEAR, field)]}: "
            f"{trial_words.difference(relu)}. Without it the stack computes ({once}away from the "
            f"border) what a {field} convolution could, with fewer weights, and stands at "
            f"{trial_words.difference(alone)} against {large_name(field)}."
        )
    loss = difference(trials, "loss", STACK, ONE, field)
    fits = told(trials, "loss", STACK, ONE, field)
    right = told(trials, "accuracy", STACK, ONE, field)
    if loss is not None and fits and right:
        words = "worse" if fits > 0 else "better"
        then = "is there already in learning them" if fits != right else "lies in carrying over"
        yield (
            f"The stack fits its training pictures {words}, by the mean loss of the last epoch: "
            f"{trial_words.difference(loss, '', scale=1, digits=2)}. So the difference {then}"
            f"{'' if fits != right else ' to new ones'}."
        )


def _scope(settings: StackedKernelSettings, trials: Trials, field: str) -> str:
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
    if not tuned(settings, field):
        scope += " The learning rates were not tuned for this."
    agrees = told(trials, "accuracy", STACK, ONE, field) > 0
    beside = "agrees" if agrees else "does not show it at this size"
    return (
        f"{scope} On ImageNet's 1.3 million pictures the authors of VGG measured a top-1 error 7 % "
        "higher when each pair of 3x3 in one of their networks gave way to one 5x5 (section 4.1); "
        f"this experiment {beside}."
    )
