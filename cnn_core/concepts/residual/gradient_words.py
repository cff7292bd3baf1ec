"""Which of He's weights, BatchNorm and shortcuts bring the gradient to the first block, in words.

The ratio is the norm of the first block's gradient over the last block's. What is said follows from
the 95 % interval of its geometric mean over seeds: without one (fewer than three seeds) the ratios
are told and nothing follows.
"""

import math
from collections.abc import Sequence
from typing import Literal

from cnn_core.concepts.residual.arms import condition
from cnn_core.concepts.residual.settings import ResidualSettings
from cnn_core.data.pictures.wording import listed
from cnn_core.results.ratio_words import times
from cnn_core.results.trial_words import seeds
from cnn_core.results.trials import Place, Spread, Trials, spread_of

LOST, THERE = 1e-4, 1e-2
"""Of the ratio: below the first the gradient is lost, above the second it arrives."""

EVEN = (0.1, 10.0)
"""Between these the gradient is about as large at the first block as at the last."""

_BARE = "plain-none-default"
_ALONE = {
    "He's weights": "plain-none-he",
    "BatchNorm": "plain-bn-default",
    "shortcuts": "residual-none-default",
}
_WITH_SHORTCUTS = {"BatchNorm": "residual-bn-default", "He's weights": "residual-none-he"}

Came = Literal["lost", "shrunk", "even", "grown", ""]


def typical_ratio(trials: Trials, arm: str, depth: int) -> float | None:
    """Return the geometric mean over seeds of "ratio", None where it was not measured."""
    found = _powers(trials, arm, depth)
    return None if found is None else 10**found.mean


def _powers(trials: Trials, arm: str, depth: int) -> Spread | None:
    values = trials.values("ratio", Place(arm=arm, condition=condition("gradient", depth)))
    return spread_of({seed: math.log10(value) for seed, value in values.items() if value > 0})


def came(trials: Trials, arm: str, depth: int) -> Came:
    """Return how the gradient comes to the first block; "" where the seeds do not say.

    "lost": below `LOST`; "even": within `EVEN`; "grown": above it; "shrunk": below it, not lost.
    """
    found = _powers(trials, arm, depth)
    if found is None or found.interval is None:
        return ""
    low, high = (10**end for end in found.interval)
    if high < LOST:
        return "lost"
    if low > EVEN[1]:
        return "grown"
    if low >= EVEN[0] and high <= EVEN[1]:
        return "even"
    return "shrunk" if high < EVEN[0] and low >= LOST else ""


def arrives(trials: Trials, arm: str, depth: int) -> bool:
    """Return whether the gradient of the first block is above `THERE` times the last block's."""
    found = _powers(trials, arm, depth)
    return found is not None and found.interval is not None and 10 ** found.interval[0] > THERE


def of_gradient(settings: ResidualSettings, trials: Trials) -> tuple[str, ...]:
    """Return what the first block gets without anything, and what each alone makes of it."""
    measured = [each for each in settings.depths if _powers(trials, _BARE, each)]
    if not measured:
        return ()
    depth = max(measured)
    found = _powers(trials, _BARE, depth)
    if found is None:
        raise AssertionError("a depth that was not measured")
    first = (
        f"Before the first step, the first block of a plain network of {depth} layers with "
        f"PyTorch's default weights gets {times(10**found.mean)} the gradient of the last one"
    )
    if found.interval is None:
        told = [
            f"{name} {times(ratio)} the last one's"
            for name, arm in _ALONE.items()
            if (ratio := typical_ratio(trials, arm, depth)) is not None
        ]
        others = f"; with one thing added: {', '.join(told)}" if told else ""
        return (f"{first}{others} ({seeds(found.n)}: nothing follows from so few).",)
    if came(trials, _BARE, depth) != "lost":
        so = ": it arrives" if arrives(trials, _BARE, depth) else ""
        return (f"{first}{so}.",)
    return (f"{first}: it is lost. {_mending(trials, depth)}".rstrip(),)


def _mending(trials: Trials, depth: int) -> str:
    """Return what each alone makes of a gradient that is lost, a sentence a kind."""
    kinds: dict[Came, list[str]] = {}
    for name, arm in _ALONE.items():
        if typical_ratio(trials, arm, depth) is not None:
            kinds.setdefault(came(trials, arm, depth), []).append(name)
    said = []
    if even := kinds.get("even"):
        each = "each mend that alone" if len(even) > 1 else "alone mend that"
        if even == ["BatchNorm"]:
            each = "alone mends that"
        said.append(f"{_named(even)} {each} ({_ratios(trials, even, depth)}).")
    for name in kinds.get("grown", ()):
        ratio = typical_ratio(trials, _ALONE[name], depth) or 0.0
        verbs = ("brings", "overshoots") if name == "BatchNorm" else ("bring", "overshoot")
        said.append(
            f"{_named([name])} {verbs[0]} it back and {verbs[1]}: {times(ratio)} as large at the "
            f"input as at the output{_kept(trials, name, depth)}."
        )
    less = [*kinds.get("shrunk", ()), *kinds.get("lost", ())]
    if less:
        said.append(f"Not mended by {listed(less)} alone ({_ratios(trials, less, depth)}).")
    if unknown := kinds.get(""):
        said.append(f"Not decided of {listed(unknown)} ({_ratios(trials, unknown, depth)}).")
    return " ".join(said)


def _kept(trials: Trials, name: str, depth: int) -> str:
    """Return what shortcuts make of a gradient that has grown."""
    arm = _WITH_SHORTCUTS.get(name, "")
    ratio = typical_ratio(trials, arm, depth) if arm else None
    if ratio is None:
        return ""
    if came(trials, arm, depth) == "even":
        return f"; shortcuts with it keep it at {times(ratio)}"
    return f"; with shortcuts too it is {times(ratio)} the last one's"


def _named(names: Sequence[str]) -> str:
    text = listed(names)
    return f"{text[0].upper()}{text[1:]}"


def _ratios(trials: Trials, names: Sequence[str], depth: int) -> str:
    ratios = (typical_ratio(trials, _ALONE[name], depth) or 0.0 for name in names)
    return ", ".join(f"{times(ratio)} the last one's" for ratio in ratios)
