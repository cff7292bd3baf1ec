"""What is left of shifted, turned and noisy digits: the CNN beside both MLPs."""

from dataclasses import dataclass, replace
from types import MappingProxyType

from cnn_core.concepts.convolutions.plan import CNN, MACS, MLPS, NAMES, PARAMETERS
from cnn_core.results.experiment_reading import Claim, Verdict
from cnn_core.results.trial_words import among, counted, of_difference, percent, seeds
from cnn_core.results.trials import Place, Spread, Trials, paired, spread_of

ASKED = MappingProxyType({"shift": 3, "rotation": 30, "noise": 40})
"""How far pictures are altered in the statements: pixels, degrees, per cent of the span."""

INVARIANT = 0.01
"""A network that loses less than a point is called invariant within a point."""

_ALTERED = {
    "shift": "a shift of {} pixels",
    "rotation": "a rotation of {} degrees",
    "noise": "noise of {} %",
}


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What altered pictures cost.

    Attributes:
        own: share that the CNN loses.
        more: by how much more each MLP loses, in the order of `plan.MLPS`.
    """

    own: Spread
    more: tuple[Spread, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether the CNN loses less than both MLPs."""
        found = {of_difference(each) for each in self.more}
        return found.pop() if len(found) == 1 else "cannot be told"

    @property
    def invariant(self) -> bool | None:
        """Whether the CNN loses less than a point, None where its interval does not say."""
        if self.own.interval is None:
            return None
        low, high = self.own.interval
        if high < INVARIANT:
            return True
        return False if low >= INVARIANT else None


def lost(trials: Trials, plain: str, kind: str, at: int) -> Lost | None:
    """Return what pictures altered by `at` cost; None where not all three were tested."""
    by_arm = {
        arm: paired(*(trials.values(f"{kind} {far}", _place(arm, plain)) for far in (0, at)))
        for arm in (CNN, *MLPS)
    }
    own = spread_of(by_arm[CNN])
    more = [spread_of(paired(by_arm[arm], by_arm[CNN])) for arm in MLPS]
    known = [each for each in more if each is not None]
    if own is None or len(known) < len(more):
        return None
    if any(len(values) < len(trials.at(_place(arm, plain))) for arm, values in by_arm.items()):
        own, *known = (replace(each, interval=None) for each in (own, *known))  # one diverged
    return Lost(own=own, more=tuple(known))


def tolerance_claim(trials: Trials, plain: str, kind: str, at: int) -> Claim:
    """Return whether the CNN loses less than both MLPs when pictures are altered."""
    what, found = _ALTERED[kind].format(at), lost(trials, plain, kind, at)
    if found is None:
        sentence = f"What is left at {what}: not measured yet."
        return Claim(id=kind, sentence=sentence, verdict="not measured")
    spared = found.more[MLPS.index(PARAMETERS)]
    undecided = "It cannot be told whether it is more tolerant"
    if spared.interval is None:
        undecided = f"In {'the ' * (spared.n == 1)}{seeds(spared.n)}"
    word = {"holds": "More tolerant", "does not hold": "Less tolerant"}.get(
        found.verdict, undecided
    )
    ending = ""
    if found.invariant is not None:
        ending = ", invariant within a point" if found.invariant else ", not invariant"
    if word.startswith("It cannot"):
        ending = ending.replace(", ", "; it is ", 1)
    judged = " Judged on the moves that lose no ink, also at 0 pixels." if kind == "shift" else ""
    own, fewer, works = (_went(trials, arm, plain, kind, at) for arm in (CNN, PARAMETERS, MACS))
    way = "less" if spared.mean >= 0 else "more"
    return Claim(
        id=kind,
        sentence=f"{word}{ending}: at {what} the {NAMES[CNN]} goes {own}, the {NAMES[PARAMETERS]} "
        f"{fewer} and the {NAMES[MACS]} {works}; the CNN loses {abs(100 * spared.mean):.1f} points "
        f"{way} than the {NAMES[PARAMETERS]}{among(spared, unsigned=True)}.{judged}",
        verdict=found.verdict,
        share=counted(spared, lambda each: each > 0),
        difference=spared,
    )


def _place(arm: str, where: str) -> Place:
    return Place(arm=arm, condition=where)


def _went(trials: Trials, arm: str, plain: str, kind: str, at: int) -> str:
    means = [trials.spread(f"{kind} {far}", _place(arm, plain)) for far in (0, at)]
    before, after = (percent(each.mean) if each else "unknown" for each in means)
    return f"from {before.removesuffix(' %')} to {after}"
