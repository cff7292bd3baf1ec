"""What the trials of "little-data" say, in sentences computed from them."""

from collections.abc import Sequence

from cnn_core.concepts.little_data.claims import (
    features_claim,
    overtaking_claim,
    scratch_claim,
)
from cnn_core.concepts.little_data.found import Found, percent, points
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
from cnn_core.results.trials import Trials

ANSWERS = {
    "head": (FROZEN,),
    "more": (LAST_BLOCK, ALL),
    "scratch": (SCRATCH,),
    "small": (SMALL,),
}
"""Which arms each answer to the question stands for."""

SHORT = {
    FROZEN: "a new last layer on frozen ImageNet features",
    LAST_BLOCK: "the last block of the ImageNet network",
    ALL: "all of the ImageNet network",
    SCRATCH: "the same network from scratch",
    RANDOM: "a last layer on frozen random weights",
    SMALL: "a small network from scratch",
}


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


def _ranked(found: Found) -> list[str]:
    """Return the arms that an answer stands for, measured at the smallest size, best first."""
    arms = [arm for arms in ANSWERS.values() for arm in arms]
    means = {arm: found.mean(arm, found.smallest) for arm in arms}
    known = {arm: mean for arm, mean in means.items() if mean is not None}
    return sorted(known, key=lambda arm: -known[arm])


def _rival(ranked: Sequence[str]) -> str:
    """Return the best arm of another answer than the first one's, "" if there is none."""
    own = next(arms for arms in ANSWERS.values() if ranked[0] in arms)
    return next((arm for arm in ranked if arm not in own), "")


def _answer(found: Found) -> str:
    """Return the answer of the best arm, "" if it cannot be told from another answer's."""
    ranked = _ranked(found)
    rival = _rival(ranked) if ranked else ""
    if not rival:
        return ""
    gap = found.gap(ranked[0], rival, found.smallest)
    if gap is None or (gap.n > 1 and not gap.apart) or gap.mean <= 0:
        return ""
    return next(name for name, arms in ANSWERS.items() if ranked[0] in arms)


def _headline(found: Found) -> str:
    ranked = _ranked(found)
    where = found.told(found.smallest)
    if not ranked:
        return f"With {where}, no network that the question is about has been judged yet."
    best = f"{SHORT[ranked[0]]} is right most often, {percent(found, ranked[0])}"
    rival = _rival(ranked)
    if not rival:
        return f"With {where}, {SHORT[ranked[0]]} is right in {percent(found, ranked[0])}."
    gap = found.gap(ranked[0], rival, found.smallest)
    told = f"With {where}, {best}; {SHORT[rival]} {percent(found, rival)}"
    if gap is not None and gap.n > 1 and not gap.apart:
        return f"{told}: the two cannot be told apart ({points(gap)})."
    return f"{told}."


def _meaning(found: Found) -> tuple[str, ...]:
    """Return what the features, the daisies, the price and the seeds mean."""
    sentences: list[str] = []
    gap = found.gap(FROZEN, RANDOM, found.smallest)
    if gap is not None:
        if gap.mean > 0 and (gap.apart or gap.n == 1):
            sentences.append(
                f"The same last layer learns either way: the {100 * gap.mean:.0f} points between "
                "trained and random convolutions are what ImageNet's photos taught."
            )
        else:
            sentences.append(
                "What ImageNet taught does not show here: trained and random convolutions cannot "
                f"be told apart ({points(gap)})."
            )
    sentences += _of_imagenet(found)
    sentences += _of_price(found)
    return tuple(sentences)


def _of_imagenet(found: Found) -> list[str]:
    """Return what is left of the difference in the classes that ImageNet does not have."""
    known, classes = found.known, found.classes
    if not known:
        return []
    said = f"{known} of the {classes} classes {'has' if known == 1 else 'have'} the name of one "
    said += f"of ImageNet's 1,000{' (daisy)' if found.flowers else ''}"
    gap = found.gap(FROZEN, RANDOM, found.smallest, figure="elsewhere")
    if gap is None:
        return [f"{said}."]
    return [f"{said}; in the others the difference is {100 * gap.mean:.0f} points."]


def _of_price(found: Found) -> list[str]:
    for size in reversed(found.sizes):
        quick, slow = (found.trials.spread("seconds", found.at(arm, size)) for arm in (FROZEN, ALL))
        if quick is not None and slow is not None:
            return [
                f"With {found.told(size)}, looking once and training the last layer took "
                f"{quick.mean:.1f} s, full fine-tuning {slow.mean:.0f} s."
            ]
    return []
