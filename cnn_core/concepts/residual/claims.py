"""The statements on residual connections that are looked at, each with what was found."""

import math
from collections.abc import Iterator

from cnn_core.concepts.residual.arms import BARE, FITTED, condition
from cnn_core.concepts.residual.settings import ResidualSettings
from cnn_core.results.experiment_reading import Claim, Verdict
from cnn_core.results.ratio_words import times
from cnn_core.results.trials import Place, Share, Spread, Trials

SMALL, LARGE = 1e-4, 1e-2  # first block's gradient over the last one's: lost below, there above
_NEARLY_ALL = 0.95  # 19 of 20
_MANY = 20  # seeds from which on the share itself decides


def typical_ratio(trials: Trials, arm: str, depth: int) -> float | None:
    """Return the geometric mean over seeds of "ratio", None where it was not measured."""
    values = trials.values("ratio", Place(arm=arm, condition=condition("gradient", depth)))
    logs = [math.log(value) for value in values.values() if value > 0]
    return math.exp(sum(logs) / len(logs)) if logs else None


def gradient_claims(settings: ResidualSettings, trials: Trials) -> Iterator[Claim]:
    """Yield what is stated of the gradient at 20 layers, or at the middle one of the depths."""
    depths = sorted(settings.depths)
    depth = 20 if 20 in depths else depths[len(depths) // 2]
    stated = (
        ("gradient-default", "plain-none-default", "PyTorch's default weights", SMALL),
        ("gradient-he", "plain-none-he", "He's weights", LARGE),
        ("gradient-bn", "plain-bn-default", "PyTorch's default weights and BatchNorm", LARGE),
    )
    for claim_id, arm, words, bar in stated:
        below = bar == SMALL
        place = Place(arm=arm, condition=condition("gradient", depth))
        values = trials.values("ratio", place)
        share = Share(
            count=sum((value < bar) if below else (value > bar) for value in values.values()),
            of=len(values),
        )
        typical = typical_ratio(trials, arm, depth)
        of = "" if typical is None else f" (typically {times(typical)} that)"
        yield Claim(
            id=claim_id,
            sentence=(
                f"Plain, {depth} layers, {words}: the gradient of the first block is "
                f"{'below' if below else 'above'} {bar:g} times the last block's{of} in "
                f"{share.text}."
            ),
            verdict=of_share(share),
            share=share,
        )


def fit_claims(settings: ResidualSettings, trials: Trials) -> Iterator[Claim]:
    """Yield whether the residual network fits better at each depth, and what depth itself does."""
    plain, residual = (arm.id for arm in FITTED)
    for depth in sorted(settings.fit_depths, reverse=True):
        place = condition("fit", depth)
        found = trials.difference(
            "loss", Place(arm=plain, condition=place), Place(arm=residual, condition=place)
        )
        values = found.values.values() if found else ()
        share = Share(count=sum(value > 0 for value in values), of=len(values))
        yield Claim(
            id=f"fit-{depth}",
            sentence=(
                f"{depth} layers, BatchNorm: the residual network's training loss is lower in "
                f"{share.text}{_by(found)}."
            ),
            verdict=of_share(share),
            share=share,
            difference=found,
        )
    shallow, deep = min(settings.fit_depths), max(settings.fit_depths)
    if shallow == deep:
        return
    for arm, name in ((plain, "plain"), (residual, "residual")):
        found = trials.difference(
            "loss",
            Place(arm=arm, condition=condition("fit", deep)),
            Place(arm=arm, condition=condition("fit", shallow)),
        )
        yield Claim(
            id=f"deeper-{name}",
            sentence=_deeper(name, shallow, deep, found),
            verdict=of_difference(found),
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
        shown = [f"{100 * each.mean:.0f} %" if each else "unknown" for each in ends]
        yield Claim(
            id=claim_id,
            sentence=(
                f"Without BatchNorm, {settings.bare_depth} layers, He's weights: {words[0]} gets "
                f"{shown[0]} of new pictures right, {words[1]} {shown[1]}"
                f"{_points(found)}."
            ),
            verdict=of_difference(found),
            difference=found,
        )


def _by(found: Spread | None) -> str:
    if found is None:
        return ""
    if found.interval is None:
        return f", by {found.mean:.2f}"
    low, high = found.interval
    return f", on average by {found.mean:.2f} (95 %: {low:.2f} to {high:.2f})"


def _deeper(name: str, shallow: int, deep: int, found: Spread | None) -> str:
    begin = f"{deep} layers after {shallow}, BatchNorm, {name}: the training loss"
    if found is None:
        return f"{begin} is not known yet."
    if not found.apart:
        return f"{begin} cannot be told apart (difference {found.mean:+.2f}{_ends(found)})."
    went = "rises" if found.mean > 0 else "falls"
    return f"{begin} {went} by {abs(found.mean):.2f} (difference {found.mean:+.2f}{_ends(found)})."


def _ends(found: Spread) -> str:
    if found.interval is None:
        return ", one seed"
    return f", 95 %: {found.interval[0]:+.2f} to {found.interval[1]:+.2f}"


def _points(found: Spread | None) -> str:
    if found is None:
        return ""
    points = f"{100 * found.mean:+.1f} percentage points"
    if found.interval is None:
        return f" ({points}, one seed)"
    low, high = found.interval
    return f" ({points}, 95 %: {100 * low:+.1f} to {100 * high:+.1f})"


def of_share(share: Share) -> Verdict:
    """Return what a share says of "in at least 19 of 20 seeds".

    From 20 seeds on the share decides; of fewer, its interval: it holds when it was so in nearly
    all and chance alone (a half) lies outside, it does not hold when 95 % lies above the interval.

    >>> [of_share(Share(count=n, of=m)) for n, m in ((19, 20), (6, 6), (3, 3), (1, 3), (0, 0))]
    ['holds', 'holds', 'cannot be told', 'does not hold', 'not measured']
    """
    if not share.of:
        return "not measured"
    nearly_all = share.count >= _NEARLY_ALL * share.of
    if share.of >= _MANY:
        return "holds" if nearly_all else "does not hold"
    low, high = share.interval
    if nearly_all and low > 0.5:
        return "holds"
    return "does not hold" if high < _NEARLY_ALL else "cannot be told"


def of_difference(found: Spread | None) -> Verdict:
    """Return whether there is a difference, in whichever direction."""
    if found is None:
        return "not measured"
    return "holds" if found.apart else "cannot be told"
