"""What is claimed of each change: fewer errors, and fewer steps, than LeNet-5 of 1998."""

from collections.abc import Mapping

from cnn_core.concepts.lenet_1998.settings import BASE, Lenet1998Settings
from cnn_core.concepts.lenet_1998.words import NAMES, capital, points, steps
from cnn_core.results.experiment_reading import Claim, Verdict
from cnn_core.results.trials import Place, Share, Spread, Trials


def against_base(trials: Trials, figure: str, arm: str) -> Spread | None:
    """Return a figure of an arm less that of 1998, seed by seed; None where no seed has both."""
    return trials.difference(figure, Place(arm=arm), Place(arm=BASE))


def claims(
    compared: Mapping[str, Spread], trials: Trials, settings: Lenet1998Settings
) -> tuple[Claim, ...]:
    """Return two claims an arm: of errors, and of steps where both networks came so far."""
    found = [
        Claim(
            id=f"error-{arm}",
            sentence=f"{capital(NAMES[arm])}: {_judged(each, points(each), 'errors')}",
            verdict=_verdict(each),
            share=_share(each),
            difference=each,
        )
        for arm, each in compared.items()
    ]
    for arm in compared:
        taken = against_base(trials, "steps", arm)
        if taken is None:
            continue
        found.append(
            Claim(
                id=f"steps-{arm}",
                sentence=(
                    f"{capital(NAMES[arm])}, up to {settings.target:g} %: "
                    f"{_judged(taken, steps(taken), 'steps')}"
                ),
                verdict=_verdict(taken),
                share=_share(taken),
                difference=taken,
            )
        )
    return tuple(found)


def _judged(difference: Spread, text: str, what: str) -> str:
    if difference.interval is None:
        return f"{text}."
    if not difference.apart:
        return f"cannot be told apart from 1998, {text}."
    word = "fewer" if difference.mean < 0 else "more"
    share = _share(difference, difference.mean < 0)
    return f"{word} {what} than 1998, {text}, {word} in {share.text}."


def _share(difference: Spread, fewer: bool = True) -> Share:
    count = sum((value < 0) if fewer else (value > 0) for value in difference.values.values())
    return Share(count=count, of=difference.n)


def _verdict(difference: Spread) -> Verdict:
    """Say whether "this change makes it fewer" holds."""
    if not difference.apart:
        return "cannot be told"
    return "holds" if difference.mean < 0 else "does not hold"
