"""The statements that the experiment of convolutions looks at, with what was found."""

from collections.abc import Callable

from cnn_core.concepts.convolutions.figures import (
    among,
    images_needed,
    names,
    percent,
    points,
    shown,
)
from cnn_core.concepts.convolutions.plan import CNN, LARGE, LOCAL, MACS, PARAMETERS, condition
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.concepts.convolutions.sizes import size_of
from cnn_core.results.experiment_reading import Claim, Verdict
from cnn_core.results.trials import Place, Share, Spread, Trials, paired, spread_of

STILL = 0.015
"""An MLP that changes by less than 1.5 points is called unmoved."""
_INVARIANT = 0.01  # lost at most
ASKED_SHIFT, ASKED_ROTATION, ASKED_NOISE = 3, 30, 40


def claims_of(settings: ConvolutionSettings, trials: Trials) -> tuple[Claim, ...]:
    """Return the statements, in the order of the page; of any trials, none included."""
    plain = condition(settings.most)
    permuted = condition(settings.most, permuted=True)

    def against(first: str, second: str, where: str) -> Spread | None:
        return trials.difference(
            "accuracy", Place(arm=first, condition=where), Place(arm=second, condition=where)
        )

    return (
        _more(
            "ahead-parameters",
            against(CNN, PARAMETERS, plain),
            "Of digits as they are the CNN reads {more} than the MLP of equal parameters",
        ),
        _more(
            "ahead-macs",
            against(CNN, MACS, plain),
            "Of digits as they are the CNN reads {more} than the MLP of equal MACs",
        ),
        _needed(settings, trials, PARAMETERS),
        _needed(settings, trials, MACS),
        _more(
            "permuted-below-parameters",
            against(CNN, PARAMETERS, permuted),
            "With permuted pixels the CNN reads {more} than the MLP of equal parameters",
            wanted=-1,
        ),
        _more(
            "permuted-below-macs",
            against(CNN, MACS, permuted),
            "With permuted pixels the CNN reads {more} than the MLP of equal MACs",
            wanted=-1,
        ),
        _unmoved(settings, trials, PARAMETERS),
        _unmoved(settings, trials, MACS),
        *(
            _tolerance(trials, plain, kind, at)
            for kind, at in (
                ("shift", ASKED_SHIFT),
                ("rotation", ASKED_ROTATION),
                ("noise", ASKED_NOISE),
            )
        ),
        _more(
            "sharing",
            against(CNN, LOCAL, plain),
            "Weight sharing alone: the CNN reads {more} than the locally connected network, which "
            f"makes as many MACs with {size_of(LOCAL, settings).parameters:,} parameters",
        ),
        _more(
            "sharing-permuted",
            against(CNN, LOCAL, permuted),
            "With permuted pixels the CNN reads {more} than the locally connected network",
            wanted=-1,
        ),
        _more(
            "locality",
            against(CNN, LARGE, plain),
            f"Less locality alone: the CNN with 5x5 kernels reads {{more}} than with "
            f"{settings.side}x{settings.side}",
        ),
        _more(
            "locality-permuted",
            against(CNN, LARGE, permuted),
            f"With permuted pixels 5x5 kernels read {{more}} than {settings.side}x{settings.side}",
            wanted=-1,
        ),
    )


def verdict(difference: Spread | None, wanted: int = 1) -> Verdict:
    """Return whether a paired difference is above nought (`wanted` 1) or below it (-1)."""
    if difference is None:
        return "not measured"
    if not difference.apart:
        return "cannot be told"
    return "holds" if difference.mean * wanted > 0 else "does not hold"


def _counted(difference: Spread, so: Callable[[float], bool]) -> Share:
    return Share(count=sum(map(so, difference.values.values())), of=difference.n)


def _more(name: str, difference: Spread | None, text: str, *, wanted: int = 1) -> Claim:
    """Return a statement about a difference of shares; `{more}` is what it came to."""
    if difference is None:
        return Claim(
            id=name,
            sentence=f"{text.format(more='more or fewer')}: not measured yet.",
            verdict="not measured",
        )
    found = verdict(difference, wanted)
    more = f"{abs(100 * difference.mean):.1f} points {'more' if difference.mean >= 0 else 'fewer'}"
    interval = among(difference, turned=difference.mean < 0)
    told = "; they cannot be told apart" if found == "cannot be told" and difference.n > 1 else ""
    return Claim(
        id=name,
        sentence=f"{text.format(more=more)}{interval}{told}.",
        verdict=found,
        share=_counted(difference, lambda each: each * wanted > 0),
        difference=difference,
    )


def _unmoved(settings: ConvolutionSettings, trials: Trials, arm: str) -> Claim:
    """Return whether an MLP reads permuted digits as well as those that are not."""
    text = f"The {names(arm)} changes by less than 1.5 points when the pixels are permuted"
    before = Place(arm=arm, condition=condition(settings.most))
    after = Place(arm=arm, condition=condition(settings.most, permuted=True))
    change = trials.difference("accuracy", after, before)
    if change is None:
        return Claim(
            id=f"unmoved-{arm}", sentence=f"{text}: not measured yet.", verdict="not measured"
        )
    found: Verdict = "cannot be told"
    if change.interval is not None:
        low, high = change.interval
        if max(-low, high) < STILL:
            found = "holds"
        elif low >= STILL or high <= -STILL:
            found = "does not hold"
    share = _counted(change, lambda each: abs(each) < STILL)
    return Claim(
        id=f"unmoved-{arm}",
        sentence=f"{text}: it changes by {points(change.mean)} points{among(change)}, by less than "
        f"1.5 in {share.text}.",
        verdict=found,
        share=share,
        difference=change,
    )


_ALTERED = {
    "shift": "a shift of {} pixels",
    "rotation": "a rotation of {} degrees",
    "noise": "noise of {} %",
}


def _tolerance(trials: Trials, plain: str, kind: str, at: int) -> Claim:
    """Return whether the CNN loses less than both MLPs when pictures are altered."""
    what = _ALTERED[kind].format(at)
    lost: dict[str, dict[int, float]] = {}
    told = []
    for arm in (CNN, PARAMETERS, MACS):
        place = Place(arm=arm, condition=plain)
        before, after = trials.spread(f"{kind} 0", place), trials.spread(f"{kind} {at}", place)
        if before is not None and after is not None:
            lost[arm] = paired(before.values, after.values)
            told.append(f"the {names(arm)} from {percent(before.mean)} to {percent(after.mean)} %")
    own = spread_of(lost.get(CNN, {}))
    spared, beside = (
        spread_of(paired(lost.get(arm, {}), lost.get(CNN, {}))) for arm in (PARAMETERS, MACS)
    )
    if own is None or spared is None or beside is None:
        sentence = f"What is left at {what}: not measured yet."
        return Claim(id=kind, sentence=sentence, verdict="not measured")
    verdicts = {verdict(spared), verdict(beside)}
    found: Verdict = verdicts.pop() if len(verdicts) == 1 else "cannot be told"
    word = {"holds": "More tolerant", "does not hold": "Less tolerant"}.get(
        found, "In the one seed" if spared.n == 1 else "No more tolerant that can be told"
    )
    ending = "invariant within a point" if own.mean < _INVARIANT else "not invariant"
    way = "less" if spared.mean >= 0 else "more"
    return Claim(
        id=kind,
        sentence=f"{word}, {ending}: at {what} {told[0].replace(' from', ' goes from', 1)}, "
        f"{told[1]} and {told[2]}; the CNN loses {abs(100 * spared.mean):.1f} points {way} than "
        f"the {names(PARAMETERS)}{among(spared, turned=spared.mean < 0)}.",
        verdict=found,
        share=_counted(spared, lambda each: each > 0),
        difference=spared,
    )


def _needed(settings: ConvolutionSettings, trials: Trials, arm: str) -> Claim:
    """Return how many images the CNN needs for what an MLP reaches with most of them."""
    needed = images_needed(settings, trials, arm)
    text = f"For the accuracy that the {names(arm)} reaches with {settings.most:,} images"
    name = f"images-{arm}"
    if not needed.by_seed:
        return Claim(id=name, sentence=f"{text}: not measured yet.", verdict="not measured")
    share = Share(
        count=sum(each < settings.most for each in needed.by_seed.values()), of=len(needed.by_seed)
    )
    low, _ = share.interval
    found: Verdict = "holds" if low > 0.5 else "cannot be told"
    if share.interval[1] < 0.5:
        found = "does not hold"
    return Claim(
        id=name, sentence=f"{text}, the CNN needs {shown(needed)}.", verdict=found, share=share
    )
