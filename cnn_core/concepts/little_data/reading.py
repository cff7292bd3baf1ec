"""What the trials of "little-data" say, in sentences computed from them."""

from dataclasses import dataclass

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
from cnn_core.results.trials import Spread, Trials

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


@dataclass(frozen=True, kw_only=True)
class _Lead:
    """The best arm, the best of another answer ("" if there is none), and if they are apart."""

    best: str
    rival: str = ""
    gap: Spread | None = None
    decided: bool = False


def _lead(found: Found) -> _Lead | None:
    """Return who is best at the smallest size; None if no arm of an answer was measured.

    Arms have different seeds: each is ranked by its paired difference to the frozen network. Of
    the best answer's arms the first counts that can be told from the best of the others; a single
    seed decides only where there is no more.
    """
    ranked = sorted(_scores(found).items(), key=lambda pair: -pair[1])
    if not ranked:
        return None
    first = ranked[0][0]
    own = ANSWERS[answer_of(first)]
    rival = next((arm for arm, _ in ranked if arm not in own), "")
    if not rival:
        return _Lead(best=first)
    gaps = {arm: found.gap(arm, rival, found.smallest) for arm, _ in ranked if arm in own}
    most = max((gap.n for gap in gaps.values() if gap is not None), default=0)
    for arm, gap in gaps.items():
        if gap is not None and gap.mean > 0 and (gap.apart if gap.n > 1 else most == 1):
            return _Lead(best=arm, rival=rival, gap=gap, decided=True)
    return _Lead(best=first, rival=rival, gap=gaps[first])


def answer_of(arm: str) -> str:
    """Return the id of the answer that an arm stands for."""
    return next(name for name, arms in ANSWERS.items() if arm in arms)


def _scores(found: Found) -> dict[str, float]:
    """Return how much better than the frozen network each arm is, 0 to 1; or how good it is."""
    base = found.mean(FROZEN, found.smallest)
    scores: dict[str, float] = {}
    for arm in (arm for arms in ANSWERS.values() for arm in arms):
        mean = found.mean(arm, found.smallest)
        gap = found.gap(arm, FROZEN, found.smallest)
        if base is not None and gap is not None:
            scores[arm] = gap.mean
        elif base is None and mean is not None:
            scores[arm] = mean
    return scores


def _answer(found: Found) -> str:
    """Return the answer of the best arm, "" if it cannot be told from another answer's."""
    lead = _lead(found)
    return answer_of(lead.best) if lead is not None and lead.decided else ""


def _headline(found: Found) -> str:
    lead = _lead(found)
    where = f"With {found.told(found.smallest)}"
    if lead is None:
        return f"{where}, no network that the question is about has been judged yet."
    told = f"{where}, {SHORT[lead.best]} comes to {percent(found, lead.best)}"
    if not lead.rival:
        return f"{told}."
    told = f"{told}, {SHORT[lead.rival]} to {percent(found, lead.rival)}"
    if lead.gap is None:
        return f"{told}."
    return f"{told}: {points(lead.gap)}{'' if lead.decided else ', they cannot be told apart'}."


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
