"""How soon the networks come to the target, in sentences."""

from collections.abc import Iterable

from cnn_core.concepts.lenet_1998.pairs import reached, told_steps
from cnn_core.concepts.lenet_1998.settings import ARMS, BASE, GLANCE, Lenet1998Settings
from cnn_core.concepts.lenet_1998.words import NAMES
from cnn_core.data.pictures.wording import listed
from cnn_core.results.trials import Place, Share, Trials


def speed(compared: Iterable[str], trials: Trials, settings: Lenet1998Settings) -> str:
    """Say which changes come to the target sooner or later than 1998, and how that is measured.

    Args:
        compared: the changes that have a pair with 1998.
        trials: done so far.
        settings: of the run.
    """
    base = trials.spread("steps", Place(arm=BASE))
    done = len(trials.at(Place(arm=BASE)))
    target = f"{settings.target:g} %"
    if base is None:
        start = f"LeNet-5 of 1998 did not come to {target} in any seed"
    elif base.n < done:
        start = (
            f"LeNet-5 of 1998 came to {target} in {Share(count=base.n, of=done).text}, there after "
            f"{base.mean:.0f} steps on average"
        )
    else:
        start = f"To {target} LeNet-5 of 1998 takes {base.mean:.0f} steps on average"
    ways = {arm: told_steps(trials, arm) for arm in compared}
    always = {arm: reached(trials, arm).always for arm in ways}
    groups = (
        ("fewer are needed with", -1, True),
        ("more are needed with", 1, True),
        ("it is reached in more seeds with", -1, False),
        ("in fewer seeds with", 1, False),
    )
    parts = [
        f"{words} {_named([arm for arm in ways if (ways[arm], always[arm]) == (way, whole)])}"
        for words, way, whole in groups
        if (way, whole) in {(ways[arm], always[arm]) for arm in ways}
    ]
    told = "; ".join(parts) or "no change differs by more than the seeds can tell"
    return " ".join(filter(None, (f"{start}; {told}.", _missed(trials, target), looks(settings))))


def looks(settings: Lenet1998Settings) -> str:
    """Return how closely steps are known.

    >>> looks(Lenet1998Settings())
    'Accuracy is read every 50 steps, on 500 held-out images, and taken to change evenly between.'
    """
    every = -(-settings.images // settings.batch)
    return (
        f"Accuracy is read every {every:,} steps, on {min(GLANCE, settings.judged):,} held-out "
        "images, and taken to change evenly between."
    )


def _missed(trials: Trials, target: str) -> str:
    """Say which changes did not come so far in every seed; "" where all did."""
    parts = []
    for arm in ARMS[1:]:
        done = len(trials.at(Place(arm=arm)))
        count = len(trials.values("steps", Place(arm=arm)))
        if count < done:
            parts.append(f"{NAMES[arm]} in {Share(count=count, of=done).text}")
    return f"{target} was not reached in every seed: {'; '.join(parts)}." if parts else ""


def _named(arms: Iterable[str]) -> str:
    return listed([NAMES[arm] for arm in arms], most=len(ARMS))
