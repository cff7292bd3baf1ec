"""What the trials of "little-data" say, in sentences computed from them."""

from collections.abc import Callable
from dataclasses import dataclass

from cnn_core.concepts.little_data.claims import (
    features_claim,
    overtaking_claim,
    scratch_claim,
)
from cnn_core.concepts.little_data.found import Found, enough
from cnn_core.concepts.little_data.names import NAMES
from cnn_core.concepts.little_data.settings import (
    ALL,
    FROZEN,
    LAST_BLOCK,
    RANDOM,
    SCRATCH,
    SMALL,
    LittleDataSettings,
)
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.trial_words import difference, divergences, percent, seeds, share
from cnn_core.results.trials import Spread, Trials

ANSWERS = {
    "head": (FROZEN,),
    "more": (LAST_BLOCK, ALL),
    "scratch": (SCRATCH,),
    "small": (SMALL,),
}
"""Which arms each answer to the question stands for."""

_ANSWERING = tuple(arm for arms in ANSWERS.values() for arm in arms)


def read(settings: LittleDataSettings, trials: Trials) -> ExperimentReading:
    """Return what the trials say, fewer than planned too; none gives no answer."""
    found = Found(settings, trials)
    if not found.sizes:
        return ExperimentReading(answer="", headline="No trial is done yet.", meaning=())
    if found.synthetic:
        return ExperimentReading(
            answer="",
            headline=f"Drawn flowers show the mechanics, not transfer. {_headline(found)}",
            meaning=(
                "A program drew these flowers: what helps to tell them apart says nothing of "
                "photos, so there is no verdict.",
            ),
        )
    claims = (
        features_claim(found),
        overtaking_claim(found, LAST_BLOCK, "Training the last block too"),
        overtaking_claim(found, ALL, "Full fine-tuning"),
        scratch_claim(found),
    )
    return ExperimentReading(
        answer=_answer(found),
        headline=_headline(found),
        meaning=_meaning(found),
        claims=tuple(claim for claim in claims if claim.verdict != "not measured"),
    )


@dataclass(frozen=True, kw_only=True)
class _Lead:
    """The best arm, the best of another answer ("" if there is none), and if they are apart."""

    best: str
    rival: str = ""
    gap: Spread | None = None
    apart: bool = False


def _lead(found: Found) -> _Lead | None:
    """Return who is best among the arms with seeds enough; None if no arm has.

    Arms have different seeds: each is ranked by its paired difference to the frozen network. Of
    the best answer's arms the first counts that can be told from all those of the others.
    """
    ranked = sorted(_scores(found).items(), key=lambda pair: -pair[1])
    if not ranked:
        return None
    first = ranked[0][0]
    own = [arm for arm, _ in ranked if arm in ANSWERS[answer_of(first)]]
    others = [arm for arm, _ in ranked if arm not in own]
    if not others:
        return _Lead(best=first)
    for arm in own:
        gaps = [found.gap(arm, other, found.size) for other in others]
        if all(gap is not None and gap.apart and gap.mean > 0 for gap in gaps):
            return _Lead(best=arm, rival=others[0], gap=gaps[0], apart=True)
    return _Lead(best=first, rival=others[0], gap=found.gap(first, others[0], found.size))


def answer_of(arm: str) -> str:
    """Return the id of the answer that an arm stands for."""
    return next(name for name, arms in ANSWERS.items() if arm in arms)


def _scores(found: Found) -> dict[str, float]:
    """Return how much better than the frozen network each arm is, 0 to 1; or how good it is."""
    known = {
        arm: spread.mean
        for arm in _ANSWERING
        if (spread := found.accuracy(arm, found.size)) is not None and enough(spread)
    }
    gaps = {
        arm: gap.mean
        for arm in known
        if (gap := found.gap(arm, FROZEN, found.size)) is not None and enough(gap)
    }
    return gaps if len(gaps) == len(known) else known


def _too_few(found: Found) -> list[str]:
    """Return the arms that are compared, but have no seeds enough at the size."""
    return [
        arm
        for arm in _ANSWERING
        if arm in found.settings.arms and not enough(found.accuracy(arm, found.size))
    ]


def _answer(found: Found) -> str:
    """Return the answer of the best arm; "" if another's is as good, or not measured well enough.

    The question is about `ASKED` pictures a class: other sizes do not answer it.
    """
    lead = _lead(found)
    if lead is None or not lead.apart or not found.asked:
        return ""
    best = answer_of(lead.best)
    return best if all(answer_of(arm) == best for arm in _too_few(found)) else ""


def _headline(found: Found) -> str:
    lead, few = _lead(found), _too_few(found)
    where = f"With {found.told(found.size)}"
    open_ = _of_too_few(found, few, figures=lead is None)
    if lead is None:
        if not open_:
            return f"{where}, no network that the question is about has been judged yet."
        return f"{where}, {open_}."
    if lead.gap is None:
        told = f"{where}, {NAMES[lead.best]} comes to {_accuracy(found, lead.best, share)}"
    else:
        told = f"{where}, {NAMES[lead.best]} comes to {_accuracy(found, lead.best)}"
        told += f", {NAMES[lead.rival]} to {_accuracy(found, lead.rival)}"
        told += f": {difference(lead.gap)} in {seeds(lead.gap.n)}"
        told += "" if lead.apart else ", they cannot be told apart"
    return f"{told}; {open_}." if open_ else f"{told}."


def _mean(spread: Spread) -> str:
    return percent(spread.mean)


def _accuracy(found: Found, arm: str, said: Callable[[Spread], str] = _mean) -> str:
    spread = found.accuracy(arm, found.size)
    told = "no accuracy" if spread is None else said(spread)
    return f"{told} in {found.steps(arm)}"


def _of_too_few(found: Found, arms: list[str], *, figures: bool) -> str:
    """Return what is not decided, with the effort that it was given; "" if nothing is."""
    known = {arm: spread for arm in arms if (spread := found.accuracy(arm, found.size))}
    if not known:
        return ""
    most = max(spread.n for spread in known.values())
    told = [
        f"{NAMES[arm]} ({f'{percent(spread.mean)} in ' if figures else ''}{found.steps(arm)}"
        f"{'' if spread.n == most else f', {seeds(spread.n)}'})"
        for arm, spread in known.items()
    ]
    return f"not decided within this effort, {seeds(most)}: {', '.join(told)}"


def _meaning(found: Found) -> tuple[str, ...]:
    """Return what the features, the daisies, the effort and the draws mean."""
    gap = found.gap(FROZEN, RANDOM, found.size)
    sentences = [] if gap is None else [_of_features(found, gap)]
    sentences += _of_imagenet(found)
    sentences += [_of_effort(found), _of_draws(found)]
    return tuple(sentences)


def _of_features(found: Found, gap: Spread) -> str:
    where = f"With {found.told(found.size)}"
    if not gap.apart:
        return (
            f"{where}, what ImageNet taught does not show: trained and random convolutions cannot "
            f"be told apart, {difference(gap)}."
            if enough(gap)
            else f"{where}, trained less random convolutions is {difference(gap)}: not measured "
            "well enough to say what ImageNet taught."
        )
    if gap.mean < 0:
        return (
            f"{where}, the same last layer learns better on random convolutions than on trained "
            f"ones ({difference(gap)}): what ImageNet's photos taught is in the way here."
        )
    return (
        f"{where}, the same last layer learns either way: the {100 * gap.mean:.0f} points between "
        "trained and random convolutions are what ImageNet's photos taught."
    )


def _of_imagenet(found: Found) -> list[str]:
    """Return what is left of the difference in the classes that ImageNet does not have."""
    known, classes = found.known, found.classes
    if not known:
        return []
    said = f"{known} of the {classes} classes {'has' if known == 1 else 'have'} the name of one "
    said += f"of ImageNet's 1,000{' (daisy)' if found.flowers else ''}"
    gap = found.gap(FROZEN, RANDOM, found.size, figure="elsewhere")
    if gap is None:
        return [f"{said}."]
    return [f"{said}; in the others the difference is {difference(gap)}."]


def _of_effort(found: Found) -> str:
    """Return how many steps each arm had, and whether more pictures helped from scratch at all."""
    said = (
        f"The effort is fixed: {found.steps(FROZEN)} for a last layer, {found.steps(SMALL)} for "
        f"the small network, {found.steps(ALL)} for all others; what more would give is not "
        "measured"
    )
    tried = [(size, spread) for size in found.sizes if (spread := found.accuracy(SCRATCH, size))]
    more = ""
    if len(tried) > 1 and tried[-1][1].mean <= tried[0][1].mean:
        (few, first), (many, last) = tried[0], tried[-1]
        more = (
            f"; from scratch {found.told(many)} were no better than {found.each(few):.0f} "
            f"({percent(last.mean)} and {percent(first.mean)}, {seeds(min(first.n, last.n))}, "
            f"guessing {percent(1 / found.classes, 0)}), so that its steps are measured there, not "
            "its pictures"
        )
    lost = divergences(found.trials, lambda place: f"{NAMES[place.arm]}, {NAMES[place.condition]}")
    return f"{said}{more}.{' ' if lost else ''}{lost}"


def _of_draws(found: Found) -> str:
    """Return what the intervals are over, and what the rates have seen."""
    number = f"{found.drawn_from:,} " if found.drawn_from else ""
    rates = (
        "on other draws from them, so that they are fitted to these a little"
        if found.flowers
        else "on flower photos, not on these"
    )
    return (
        f"Intervals are over draws from the same {number}pictures and over new weights, not over "
        f"other pictures; the learning rates were chosen {rates}."
    )
