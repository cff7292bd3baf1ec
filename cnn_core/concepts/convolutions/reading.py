"""What the trials say about convolutions: the answer, what decides it, and what it means."""

from collections.abc import Iterator

from cnn_core.concepts.convolutions.claims import ahead_of, claims_of, counts
from cnn_core.concepts.convolutions.plan import (
    CNN,
    LARGE,
    LOCAL,
    MLPS,
    NAMES,
    PARAMETERS,
    condition,
)
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.concepts.convolutions.tolerance_claims import ASKED, lost
from cnn_core.results.experiment_reading import Claim, ExperimentReading
from cnn_core.results.trial_words import (
    among,
    difference,
    divergences,
    of_difference,
    percent,
    signed,
)
from cnn_core.results.trials import Place, Spread, Trials

GUESSING = 0.2
"""Twice chance: a network below it reads nothing."""
LEVEL = 0.015

_AGAINST = ("parameters", "macs")


def read(settings: ConvolutionSettings, trials: Trials) -> ExperimentReading:
    """Return what the trials say; any number of them may be done."""
    plain, permuted = condition(settings.most), condition(settings.most, permuted=True)
    claims = claims_of(settings, trials)
    cnn = trials.spread("accuracy", Place(arm=CNN, condition=permuted))
    mlp = trials.spread("accuracy", Place(arm=PARAMETERS, condition=permuted))
    gap = ahead_of(trials, PARAMETERS, permuted)
    before = ahead_of(trials, PARAMETERS, plain)
    diverged = divergences(trials, lambda place: f"the {NAMES[place.arm]} ({place.condition})")
    if cnn is None or mlp is None or gap is None or before is None:
        return ExperimentReading(
            answer="",
            headline="No two networks have learned from shuffled digits yet.",
            meaning=(diverged,) if diverged else (),
            claims=claims,
        )
    return ExperimentReading(
        answer=_answer(cnn.mean, mlp.mean, gap.interval),
        headline=(
            f"With the pixels shuffled (permuted) the CNN reads {percent(cnn.mean)}, the fully "
            f"connected network of equal parameters {percent(mlp.mean)}: a difference of "
            f"{difference(gap)}, where it was {signed(100 * before.mean)} before."
        ),
        meaning=tuple(
            sentence for sentence in (*_meaning(claims, trials, settings), diverged) if sentence
        ),
        claims=claims,
    )


def _answer(cnn: float, mlp: float, gap: tuple[float, float] | None) -> str:
    if gap is None:
        return ""
    if max(cnn, mlp) < GUESSING:
        return "guess"
    low, high = gap
    if low > 0:
        return "ahead"
    if high < 0:
        return "behind"
    return "level" if max(-low, high) <= LEVEL else ""


def _meaning(
    claims: tuple[Claim, ...], trials: Trials, settings: ConvolutionSettings
) -> Iterator[str]:
    """Yield what it means, a sentence for each thing that these trials decide."""
    yield _order({each.id: each for each in claims})
    yield from _taken_away(trials, settings)
    shifted = lost(trials, condition(settings.most), "shift", ASKED["shift"])
    if shifted is None or shifted.verdict != "holds":
        return
    tolerant = "Convolutions make a network more tolerant of shifts"
    if shifted.invariant is False:
        yield (
            f"{tolerant}, not invariant: nothing in the training asked it to be, no digit was "
            "moved."
        )
    elif shifted.invariant:
        yield f"{tolerant}: at {ASKED['shift']} pixels the CNN loses less than a point."


def _order(claims: dict[str, Claim]) -> str:
    """Return what shuffling shows, by the intervals of the differences."""
    unmoved = {claims[f"unmoved-{arm}"].verdict for arm in MLPS}
    below, ahead = (
        {of_difference(claims[f"{name}-{against}"].difference, wanted) for against in _AGAINST}
        for name, wanted in (("permuted-below", -1), ("ahead", 1))
    )
    if below == {"holds"}:
        costs = "shuffled, they do not, and the assumption costs more than it gives."
        assumed = "that neighbouring pixels belong together"
        if ahead != {"holds"}:
            return (
                f"A CNN assumes {assumed}: {costs} On digits as they are these trials show no lead "
                "over both fully connected networks."
            )
        said = f"The CNN's lead comes from assuming {assumed}: {costs}"
        if unmoved == {"holds"}:
            said += " A fully connected network assumes nothing about places and does not notice."
        return said
    if below == {"does not hold"}:
        return "Even where neighbours do not belong together, the CNN reads more here."
    return "These trials do not decide who reads shuffled digits better; more seeds may."


def _taken_away(trials: Trials, settings: ConvolutionSettings) -> Iterator[str]:
    """Yield what sharing and locality come with, as is and permuted, and what else differs."""
    plain, permuted = condition(settings.most), condition(settings.most, permuted=True)
    parts = (
        (LOCAL, "Weight sharing", "weights of their own at every place"),
        (LARGE, "Locality", f"{settings.side}x{settings.side} kernels"),
    )
    for other, what, instead in parts:
        given, kept = ahead_of(trials, other, plain), ahead_of(trials, other, permuted)
        if given is not None and kept is not None:
            yield (
                f"{what} is worth {_worth(given)} on digits as they are and {_worth(kept)} on "
                f"shuffled ones. With it the network has {counts(CNN, settings)}, with {instead} "
                f"{counts(other, settings)}: more differs than that one thing."
            )


def _worth(gain: Spread) -> str:
    """Return what a part is worth in points, and whether that may be nothing."""
    if gain.interval is None or gain.apart:
        return difference(gain)
    interval = among(gain).removesuffix(")")
    return f"{signed(100 * gain.mean)} points{interval}, so it may be none)"
