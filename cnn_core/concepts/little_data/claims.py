"""The statements that "little-data" looks at, computed from its trials."""

from cnn_core.concepts.little_data.found import Found, points
from cnn_core.concepts.little_data.settings import FROZEN, RANDOM, SCRATCH, SMALL
from cnn_core.results.experiment_reading import Claim, Verdict
from cnn_core.results.trials import Share

MARGIN = 0.20
"""By so much the frozen trained network is said to be better than the frozen random one."""

_NEARLY_ALL = 0.95  # of the seeds: 19 of 20
_FEWEST = 3  # seeds from which on a share says something
_ROUNDING = 1e-9  # 0.6 - 0.4 is a little less than 0.2


def features_claim(found: Found) -> Claim:
    """Return in how many seeds trained features are `MARGIN` better than random ones."""
    gap = found.gap(FROZEN, RANDOM, found.smallest)
    if gap is None:
        return Claim(id="features", sentence="Not measured.", verdict="not measured")
    wide = sum(value >= MARGIN - _ROUNDING for value in gap.values.values())
    share = Share(count=wide, of=gap.n)
    verdict: Verdict = "holds" if wide >= _NEARLY_ALL * gap.n else "does not hold"
    return Claim(
        id="features",
        sentence=(
            f"With {found.told(found.smallest)}, a last layer on frozen ImageNet features beats "
            f"one on frozen random weights by {100 * MARGIN:.0f} points or more in {share.text}; "
            f"on average by {points(gap)}."
        ),
        verdict=verdict if gap.n >= _FEWEST else "cannot be told",
        share=share,
        difference=gap,
    )


def overtaking_claim(found: Found, arm: str, name: str) -> Claim:
    """Return from how many pictures on an arm is better than the frozen network, and stays so."""
    gaps = {size: found.gap(arm, FROZEN, size) for size in found.sizes}
    known = {size: gap for size, gap in gaps.items() if gap is not None}
    claim_id = f"{arm}-overtakes"
    if not known:
        return Claim(id=claim_id, sentence="Not measured.", verdict="not measured")
    ahead = [size for size, gap in known.items() if gap.apart and gap.mean > 0]
    behind = [size for size, gap in known.items() if gap.apart and gap.mean < 0]
    sizes = list(known)
    stays = [
        each
        for each in ahead
        if all(known[later].mean >= 0 for later in sizes[sizes.index(each) + 1 :])
    ]
    told = "; ".join(f"with {found.told(size)} {points(gap)}" for size, gap in known.items())
    steps = f"in {found.settings.steps} steps"
    verdict: Verdict
    if stays:
        said = f"{name} ({steps}) overtakes the frozen network at {found.told(stays[0])}"
        verdict, shown = "holds", known[stays[0]]
    elif ahead and behind:
        said = f"{name} ({steps}) is ahead of the frozen network with {found.told(ahead[-1])}, "
        said += f"but behind it with {found.told(behind[-1])}"
        verdict, shown = "does not hold", known[behind[-1]]
    elif len(behind) == len(known):
        said = f"{name} ({steps}) does not overtake the frozen network within these data"
        verdict, shown = "does not hold", known[behind[-1]]
    elif ahead:
        said = f"{name} ({steps}) is ahead of the frozen network with {found.told(ahead[-1])}; "
        said += "whether it stays so cannot be told from these seeds"
        verdict, shown = "cannot be told", known[sizes[-1]]
    else:
        said = f"Whether {name[0].lower()}{name[1:]} ({steps}) overtakes the frozen network cannot "
        said += "be told from these seeds"
        verdict, shown = "cannot be told", known[sizes[-1]]
    return Claim(id=claim_id, sentence=f"{said}: {told}.", verdict=verdict, difference=shown)


def scratch_claim(found: Found) -> Claim:
    """Return how many pictures a network from scratch needs to equal the frozen one's fewest."""
    bar = found.mean(FROZEN, found.smallest)
    best = {
        size: max(
            (mean for arm in (SCRATCH, SMALL) if (mean := found.mean(arm, size)) is not None),
            default=None,
        )
        for size in found.sizes
    }
    known = {size: mean for size, mean in best.items() if mean is not None}
    if bar is None or not known:
        return Claim(id="scratch-needs", sentence="Not measured.", verdict="not measured")
    frozen = f"the frozen network with {found.told(found.smallest)} ({100 * bar:.1f} %)"
    for size, mean in known.items():
        if mean >= bar:
            return Claim(
                id="scratch-needs",
                sentence=(
                    f"From scratch it takes {found.told(size)} to equal {frozen}: "
                    f"{100 * mean:.1f} %; fewer were not enough or not tried."
                ),
                verdict="holds",
            )
    size = list(known)[-1]
    return Claim(
        id="scratch-needs",
        sentence=(
            f"No network from scratch equals {frozen} within these data and steps: the better one "
            f"comes to {100 * known[size]:.1f} % with {found.told(size)}."
        ),
        verdict="does not hold",
    )
