"""What the trials say about convolutions: the answer, what decides it, and what it means."""

from cnn_core.concepts.convolutions.claims import claims_of
from cnn_core.concepts.convolutions.figures import among, percent, points
from cnn_core.concepts.convolutions.plan import CNN, LARGE, LOCAL, MACS, PARAMETERS, condition
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.results.experiment_reading import Claim, ExperimentReading
from cnn_core.results.trials import Place, Spread, Trials

GUESSING = 0.2
"""Twice chance: a network below it reads nothing."""
LEVEL = 0.015


def read(settings: ConvolutionSettings, trials: Trials) -> ExperimentReading:
    """Return what the trials say; any number of them may be done."""
    plain, permuted = condition(settings.most), condition(settings.most, permuted=True)
    claims = claims_of(settings, trials)
    cnn = trials.spread("accuracy", Place(arm=CNN, condition=permuted))
    mlp = trials.spread("accuracy", Place(arm=PARAMETERS, condition=permuted))
    gap = trials.difference(
        "accuracy", Place(arm=CNN, condition=permuted), Place(arm=PARAMETERS, condition=permuted)
    )
    before = trials.difference(
        "accuracy", Place(arm=CNN, condition=plain), Place(arm=PARAMETERS, condition=plain)
    )
    if cnn is None or mlp is None or gap is None or before is None:
        return ExperimentReading(
            answer="",
            headline="No two networks have learned from shuffled digits yet.",
            meaning=(),
            claims=claims,
        )
    return ExperimentReading(
        answer=_answer(cnn.mean, mlp.mean, gap.interval),
        headline=(
            f"With the pixels shuffled (permuted) the CNN reads {percent(cnn.mean)} %, the fully "
            f"connected network of equal parameters {percent(mlp.mean)} %: a difference of "
            f"{points(gap.mean)} points{among(gap)}, where it was {points(before.mean)} before."
        ),
        meaning=_meaning({each.id: each for each in claims}, trials, settings),
        claims=claims,
    )


def _answer(cnn: float, mlp: float, gap: tuple[float, float] | None) -> str:
    if max(cnn, mlp) < GUESSING:
        return "guess"
    if gap is None:
        return ""
    low, high = gap
    if low > 0:
        return "ahead"
    if high < 0:
        return "behind"
    return "level" if max(-low, high) <= LEVEL else ""


def _meaning(
    claims: dict[str, Claim], trials: Trials, settings: ConvolutionSettings
) -> tuple[str, ...]:
    """Return what it means, a sentence for each thing that these trials decide."""
    sentences = [_order(claims)]
    plain, permuted = condition(settings.most), condition(settings.most, permuted=True)
    sentences += _taken_away(trials, plain, permuted, settings.side)
    if claims["shift"].verdict == "holds":
        sentences.append(
            "Convolutions make a network more tolerant of shifts, not invariant: nothing in these "
            "digits asked it to be, since each was centred."
        )
    return tuple(each for each in sentences if each)


def _order(claims: dict[str, Claim]) -> str:
    """Return what shuffling shows."""
    unmoved = {claims[f"unmoved-{arm}"].verdict for arm in (PARAMETERS, MACS)}
    below = {claims[f"permuted-below-{against}"].verdict for against in ("parameters", "macs")}
    if below == {"holds"}:
        fall = "The CNN's lead comes from assuming that neighbouring pixels belong together"
        if unmoved == {"holds"}:
            return (
                f"{fall}: shuffled, they do not, and the assumption costs more than it gives. A "
                "fully connected network assumes nothing about places and does not notice."
            )
        return f"{fall}: shuffled, they do not, and the assumption costs more than it gives."
    if below == {"does not hold"}:
        return "Even where neighbours do not belong together, the CNN reads more here."
    return "These trials do not decide who reads shuffled digits better; more seeds may."


def _taken_away(trials: Trials, plain: str, permuted: str, side: int) -> list[str]:
    """Return what sharing and locality give, each with its difference, as is and permuted."""

    def gain(other: str, where: str) -> Spread | None:
        return trials.difference(
            "accuracy", Place(arm=CNN, condition=where), Place(arm=other, condition=where)
        )

    told = []
    parts = (
        (LOCAL, "Weight sharing"),
        (LARGE, f"Locality (5x5 kernels in the place of {side}x{side})"),
    )
    for other, what in parts:
        given, kept = gain(other, plain), gain(other, permuted)
        if given is not None and kept is not None:
            told.append(
                f"{what} is worth {_worth(given)} on digits as they are and {_worth(kept)} on "
                "shuffled ones."
            )
    return told


def _worth(gain: Spread) -> str:
    """Return what a part is worth in points, and whether that may be nothing."""
    interval = among(gain)
    if gain.n > 1 and not gain.apart:
        interval = f"{interval.removesuffix(')')}, so it may be none)"
    return f"{points(gain.mean)} points{interval}"
