"""The statements that "little-data" looks at, computed from its trials."""

from collections.abc import Iterable

from cnn_core.concepts.little_data.found import Found, enough
from cnn_core.concepts.little_data.names import NAMES
from cnn_core.concepts.little_data.settings import ASKED, FROZEN, RANDOM, SCRATCH, SMALL
from cnn_core.results.experiment_reading import Claim, Verdict
from cnn_core.results.trial_words import counted, difference, of_share, share
from cnn_core.results.trials import Spread

MARGIN = 0.20
"""By so much the frozen trained network is said to be better than the frozen random one."""

_ROUNDING = 1e-9  # 0.6 - 0.4 is a little less than 0.2


def features_claim(found: Found) -> Claim:
    """Return in how many seeds trained features are `MARGIN` better than random ones."""
    gap = found.gap(FROZEN, RANDOM, ASKED)
    if gap is None:
        return Claim(id="features", sentence="Not measured.", verdict="not measured")
    wide = counted(gap, lambda value: value >= MARGIN - _ROUNDING)
    return Claim(
        id="features",
        sentence=(
            f"With {found.told(ASKED)}, a last layer on frozen ImageNet features beats one on "
            f"frozen random weights by {100 * MARGIN:.0f} points or more in {wide.text}; on "
            f"average by {difference(gap)}."
        ),
        verdict=of_share(wide),
        share=wide,
        difference=gap,
    )


def overtaking_claim(found: Found, arm: str, name: str) -> Claim:
    """Return from how many pictures on an arm is better than the frozen network, and stays so.

    Only sizes with seeds enough for an interval decide; the others are told as they are.
    """
    gaps = {size: found.gap(arm, FROZEN, size) for size in found.sizes}
    known = {size: gap for size, gap in gaps.items() if gap is not None}
    claim_id = f"{arm}-overtakes"
    if not known:
        return Claim(id=claim_id, sentence="Not measured.", verdict="not measured")
    ahead = [size for size, gap in known.items() if gap.apart and gap.mean > 0]
    behind = [size for size, gap in known.items() if gap.apart and gap.mean < 0]
    sizes = list(known)
    stays = [each for each in ahead if _stays(known, sizes[sizes.index(each) + 1 :])]
    told = "; ".join(f"with {found.told(size)} {difference(gap)}" for size, gap in known.items())
    who = f"{name} ({found.steps(arm)})"
    verdict: Verdict
    if stays:
        said = f"{who} overtakes the frozen network at {found.told(stays[0])}"
        verdict, shown = "holds", known[stays[0]]
    elif ahead and behind:
        said = f"{who} is ahead of the frozen network with {found.told(ahead[-1])}, "
        said += f"but behind it with {found.told(behind[-1])}"
        verdict, shown = "does not hold", known[behind[-1]]
    elif len(behind) == len(known):
        said = f"{who} does not overtake the frozen network within these data"
        verdict, shown = "does not hold", known[behind[-1]]
    elif ahead:
        said = f"{who} is ahead of the frozen network with {found.told(ahead[-1])}; "
        said += f"whether it stays so {_open(known.values())}"
        verdict, shown = "cannot be told", known[sizes[-1]]
    else:
        said = f"Whether {who[0].lower()}{who[1:]} overtakes the frozen network "
        said += _open(known.values())
        verdict, shown = "cannot be told", known[sizes[-1]]
    return Claim(id=claim_id, sentence=f"{said}: {told}.", verdict=verdict, difference=shown)


def _stays(known: dict[str, Spread], later: list[str]) -> bool:
    return all(enough(known[size]) and known[size].mean >= 0 for size in later)


def _open(gaps: Iterable[Spread]) -> str:
    """Return why it is open: too few seeds somewhere, or intervals that reach over nought."""
    if all(enough(gap) for gap in gaps):
        return "cannot be told from these seeds"
    return "is not measured well enough"


def scratch_claim(found: Found) -> Claim:
    """Return how many pictures a network from scratch needs to equal the frozen one's fewest.

    Each network from scratch at each size is paired, seed by seed, with the frozen one at `ASKED`;
    only intervals decide.
    """
    bar = found.accuracy(FROZEN, ASKED)
    gaps = {
        (size, arm): gap
        for size in found.sizes
        for arm in (SCRATCH, SMALL)
        if (gap := _to_the_bar(found, arm, size)) is not None
    }
    if bar is None or not gaps:
        return Claim(id="scratch-needs", sentence="Not measured.", verdict="not measured")
    frozen = f"the frozen network with {found.told(ASKED)}, {share(bar)},"
    ahead = [where for where, gap in gaps.items() if gap.apart and gap.mean > 0]
    verdict: Verdict = "cannot be told"
    size, arm = ahead[0] if ahead else max(gaps, key=lambda where: gaps[where].mean)
    best = (
        f"{NAMES[arm]} ({found.steps(arm)}) with {found.told(size)}: {difference(gaps[size, arm])}"
    )
    if ahead:
        fewer = [gap for (other, _), gap in gaps.items() if _is_smaller(found, other, size)]
        said = f"Better than {frozen} is {best}; {_of_fewer(fewer)}"
        verdict = "holds"
    elif all(_behind(gap) for gap in gaps.values()):
        said = f"No network from scratch equals {frozen} within these data and steps; "
        said += f"the best is {best}"
        verdict = "does not hold"
    else:
        said = f"How many pictures it takes from scratch to equal {frozen} "
        said += f"{_open(gaps.values())}; the best is {best}"
    return Claim(
        id="scratch-needs", sentence=f"{said}.", verdict=verdict, difference=gaps[size, arm]
    )


def _to_the_bar(found: Found, arm: str, size: str) -> Spread | None:
    return found.trials.difference("accuracy", found.at(arm, size), found.at(FROZEN, ASKED))


def _is_smaller(found: Found, one: str, other: str) -> bool:
    return found.sizes.index(one) < found.sizes.index(other)


def _behind(gap: Spread) -> bool:
    return gap.apart and gap.mean < 0


def _of_fewer(fewer: list[Spread]) -> str:
    if not fewer:
        return "fewer were not tried"
    if all(_behind(gap) for gap in fewer):
        return "fewer that were tried are not enough"
    return "whether fewer are enough cannot be told"
