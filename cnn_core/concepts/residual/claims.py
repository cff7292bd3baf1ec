"""The statements on residual connections that are looked at, each with what was found."""

from collections.abc import Callable, Iterator

from cnn_core.concepts.residual.arms import BARE, FITTED, condition
from cnn_core.concepts.residual.gradient_words import EVEN, LOST, THERE, typical_ratio
from cnn_core.concepts.residual.settings import ResidualSettings
from cnn_core.results.experiment_reading import Claim
from cnn_core.results.ratio_words import times
from cnn_core.results.trial_words import (
    among,
    difference,
    diverged,
    of_difference,
    of_share,
    percent,
)
from cnn_core.results.trials import Place, Share, Spread, Trials
from cnn_core.results.twins import twins

_BOUNDS: dict[str, Callable[[float], bool]] = {
    f"below {LOST:g} times": lambda ratio: ratio < LOST,
    f"above {THERE:g} times": lambda ratio: ratio > THERE,
    f"between {EVEN[0]:g} and {EVEN[1]:g} times": lambda ratio: EVEN[0] <= ratio <= EVEN[1],
}
_BELOW, _ABOVE, _EVEN = _BOUNDS


def gradient_claims(settings: ResidualSettings, trials: Trials) -> Iterator[Claim]:
    """Yield what is stated of the gradient at 20 layers, and of its evenness at the most layers.

    Without 20 layers among the depths their middle one is taken.
    """
    depths = sorted(settings.depths)
    depth, most = 20 if 20 in depths else depths[len(depths) // 2], depths[-1]
    default, norm = "PyTorch's default weights", "PyTorch's default weights and BatchNorm"
    stated = (
        ("gradient-default", "plain-none-default", depth, f"Plain, {default}", _BELOW),
        ("gradient-he", "plain-none-he", depth, "Plain, He's weights", _ABOVE),
        ("gradient-bn", "plain-bn-default", depth, f"Plain, {norm}", _ABOVE),
        ("even-he", "plain-none-he", most, "Plain, He's weights", _EVEN),
        ("even-bn", "plain-bn-default", most, f"Plain, {norm}", _EVEN),
        ("even-residual-bn", "residual-bn-default", most, f"Residual, {norm}", _EVEN),
    )
    for claim_id, arm, layers, words, bound in stated:
        place = Place(arm=arm, condition=condition("gradient", layers))
        values = trials.values("ratio", place).values()
        share = Share(count=sum(map(_BOUNDS[bound], values)), of=len(values))
        typical = typical_ratio(trials, arm, layers)
        of = "" if typical is None else f" (typically {times(typical)} that)"
        yield Claim(
            id=claim_id,
            sentence=(
                f"{words}, {layers} layers: the gradient of the first block is {bound} the last "
                f"block's{of} in {share.text}."
            ),
            verdict=of_share(share),
            share=share,
        )


def fit_claims(settings: ResidualSettings, trials: Trials) -> Iterator[Claim]:
    """Yield whether the residual network fits better at each depth, and what depth itself does.

    A training that diverged counts as the higher loss; it has no place in a mean.
    """
    plain, residual = (arm.id for arm in FITTED)
    for depth in sorted(settings.fit_depths, reverse=True):
        place = condition("fit", depth)
        held = twins(
            trials, Place(arm=plain, condition=place), Place(arm=residual, condition=place)
        )
        share = held.lower if held else Share(count=0, of=0)
        burst = held.burst("the plain network", "the residual one") if held else ""
        yield Claim(
            id=f"fit-{depth}",
            sentence=(
                f"{depth} layers, BatchNorm: the residual network's training loss is lower in "
                f"{share.text}{_by(held.less if held else None)}.{burst and f' {burst}'}"
            ),
            verdict=of_share(share),
            share=share,
            difference=held.less if held else None,
        )
    shallow, deep = min(settings.fit_depths), max(settings.fit_depths)
    if shallow == deep:
        return
    for arm, name in ((plain, "plain"), (residual, "residual")):
        places = [Place(arm=arm, condition=condition("fit", each)) for each in (deep, shallow)]
        found = trials.difference("loss", *places)
        yield Claim(
            id=f"deeper-{name}",
            sentence=f"{_deeper(name, shallow, deep, found)}{_lost(trials, *places)}",
            verdict=of_difference(found, 0),
            difference=found,
        )


def bare_claims(settings: ResidualSettings, trials: Trials) -> Iterator[Claim]:
    """Yield what He's weights do to the residual network without BatchNorm, and a start at zero."""
    if not settings.bare_depth:
        return
    place = condition("fit", settings.bare_depth)
    plain, residual, zero = (Place(arm=arm.id, condition=place) for arm in BARE)
    for claim_id, first, second, words in (
        ("bare-residual", residual, plain, ("the residual network", "the plain one")),
        (
            "bare-zero",
            zero,
            residual,
            ("with each branch's last layer started at zero it", "the one with He's weights"),
        ),
    ):
        found = trials.difference("accuracy", first, second)
        ends = [trials.spread("accuracy", each) for each in (first, second)]
        shown = [percent(each.mean, 0) if each else "an unknown share" for each in ends]
        points = f": {difference(found)}" if found else ""
        yield Claim(
            id=claim_id,
            sentence=(
                f"Without BatchNorm, {settings.bare_depth} layers, He's weights: {words[0]} gets "
                f"{shown[0]} of new pictures right, {words[1]} {shown[1]}{points}."
                f"{_lost(trials, first, second)}"
            ),
            verdict=of_difference(found, 0),
            difference=found,
        )


def _by(found: Spread | None) -> str:
    if found is None:
        return ""
    return f", on average by {found.mean:.2f}{among(found, scale=1, digits=2)}"


def _deeper(name: str, shallow: int, deep: int, found: Spread | None) -> str:
    begin = f"{deep} layers after {shallow}, BatchNorm, {name}: the training loss"
    if found is None:
        return f"{begin} is not known."
    told = difference(found, "", scale=1, digits=2)
    if not found.apart:
        return f"{begin} cannot be told apart: {told}."
    return f"{begin} {'rises' if found.mean > 0 else 'falls'}: {told}."


def _lost(trials: Trials, *places: Place) -> str:
    """Return how many trainings diverged, a sentence with a blank before it."""
    burst = [diverged(trials, place) for place in places]
    count, of = sum(share.count for share in burst), sum(share.of for share in burst)
    return f" Left out: {count} of {of} trainings diverged." if count else ""
