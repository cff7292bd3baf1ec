"""The statements that the experiment of convolutions looks at, with what was found."""

from collections.abc import Iterator
from dataclasses import replace

from cnn_core.concepts.convolutions.needed import needed_claim
from cnn_core.concepts.convolutions.plan import (
    CNN,
    LARGE,
    LOCAL,
    MACS,
    MLPS,
    NAMES,
    PARAMETERS,
    condition,
)
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.concepts.convolutions.sizes import size_of
from cnn_core.concepts.convolutions.tolerance_claims import ASKED, tolerance_claim
from cnn_core.results.experiment_reading import Claim, Verdict
from cnn_core.results.trial_pairs import trained_pairs
from cnn_core.results.trial_words import among, counted, difference, of_difference, of_share
from cnn_core.results.trials import Place, Spread, Trials

STILL = 0.015
"""An MLP that changes by less than 1.5 points is called unmoved."""

_TO_MLPS = (("parameters", PARAMETERS), ("macs", MACS))


def claims_of(settings: ConvolutionSettings, trials: Trials) -> tuple[Claim, ...]:
    """Return the statements, in the order of the page; of any trials, none included."""
    plain, permuted = condition(settings.most), condition(settings.most, permuted=True)
    return (
        *(
            _more(
                f"ahead-{name}",
                ahead_of(trials, arm, plain),
                f"Of digits as they are the CNN reads {{more}} than the {NAMES[arm]}",
            )
            for name, arm in _TO_MLPS
        ),
        *(needed_claim(settings, trials, arm) for arm in MLPS),
        *(
            _below(
                f"permuted-below-{name}",
                ahead_of(trials, arm, permuted),
                f"With permuted pixels the CNN reads {{more}} than the {NAMES[arm]}",
            )
            for name, arm in _TO_MLPS
        ),
        *(_unmoved(settings, trials, arm) for arm in MLPS),
        *(tolerance_claim(trials, plain, kind, at) for kind, at in ASKED.items()),
        *_taken_away(settings, trials, plain, permuted),
    )


def ahead_of(trials: Trials, arm: str, where: str) -> Spread | None:
    """Return by how much more the CNN reads than another network, seed by seed.

    Without an interval where one of a pair diverged: the seeds that are left tell nothing.
    """
    return _difference(trials, Place(arm=CNN, condition=where), Place(arm=arm, condition=where))


def _difference(trials: Trials, first: Place, second: Place) -> Spread | None:
    found = trials.difference("accuracy", first, second)
    if found is None or found.n == len(trained_pairs(trials, first, second)):
        return found
    return replace(found, interval=None)


def counts(arm: str, settings: ConvolutionSettings) -> str:
    """Return what a network is made of, for a sentence.

    >>> counts(LARGE, ConvolutionSettings())
    '54,218 parameters and 1,203,240 MACs'
    """
    size = size_of(arm, settings)
    return f"{size.parameters:,} parameters and {size.macs:,} MACs"


def _taken_away(
    settings: ConvolutionSettings, trials: Trials, plain: str, permuted: str
) -> Iterator[Claim]:
    """Yield what sharing and locality do; the counts say what else changes with them."""
    side = f"{settings.side}x{settings.side}"

    def beside(arm: str) -> str:
        return f": {counts(CNN, settings)} against {counts(arm, settings)}"

    yield _more(
        "sharing",
        ahead_of(trials, LOCAL, plain),
        "Weight sharing: the CNN reads {more} than the locally connected network",
        made_of=beside(LOCAL),
    )
    yield _more(
        "sharing-permuted",
        ahead_of(trials, LOCAL, permuted),
        "With permuted pixels the CNN reads {more} than the locally connected network",
        wanted=-1,
    )
    yield _more(
        "locality",
        ahead_of(trials, LARGE, plain),
        f"Locality: the CNN with 5x5 kernels reads {{more}} than with {side}",
        made_of=beside(LARGE),
    )
    yield _more(
        "locality-permuted",
        ahead_of(trials, LARGE, permuted),
        f"With permuted pixels 5x5 kernels read {{more}} than {side}",
        wanted=-1,
    )


def _more(
    name: str, found: Spread | None, text: str, *, wanted: int = 1, made_of: str = ""
) -> Claim:
    """Return a statement about a difference of shares; `{more}` is what it came to."""
    if found is None:
        return _not_measured(name, text)
    said = of_difference(found, wanted)
    alike = "; they cannot be told apart" if said == "cannot be told" and found.interval else ""
    return Claim(
        id=name,
        sentence=f"{_came_to(found, text)}{alike}{made_of}.",
        verdict=said,
        share=counted(found, lambda each: each * wanted > 0),
        difference=found,
    )


def _below(name: str, found: Spread | None, text: str) -> Claim:
    """Return the statement that the CNN reads fewer in at least 19 of 20 seeds."""
    if found is None:
        return _not_measured(name, text)
    share = counted(found, lambda each: each < 0)
    return Claim(
        id=name,
        sentence=f"{_came_to(found, text)}, fewer in {share.text}.",
        verdict=of_share(share) if found.interval else "cannot be told",
        share=share,
        difference=found,
    )


def _not_measured(name: str, text: str) -> Claim:
    sentence = f"{text.format(more='more or fewer')}: not measured yet."
    return Claim(id=name, sentence=sentence, verdict="not measured")


def _came_to(found: Spread, text: str) -> str:
    more = f"{abs(100 * found.mean):.1f} points {'more' if found.mean >= 0 else 'fewer'}"
    return f"{text.format(more=more)}{among(found, unsigned=True)}"


def _unmoved(settings: ConvolutionSettings, trials: Trials, arm: str) -> Claim:
    """Return whether an MLP reads permuted digits as well as those that are not."""
    name, network = f"unmoved-{arm}", f"the {NAMES[arm]}"
    change = _difference(
        trials,
        Place(arm=arm, condition=condition(settings.most, permuted=True)),
        Place(arm=arm, condition=condition(settings.most)),
    )
    still = f"{100 * STILL:.1f} points"
    asked = f"Whether {network} changes by less than {still} when the pixels are permuted"
    if change is None:
        return Claim(id=name, sentence=f"{asked}: not measured yet.", verdict="not measured")
    said = _within(change)
    text = {
        "holds": f"T{network[1:]} changes by less than {still} when the pixels are permuted",
        "does not hold": f"T{network[1:]} changes by {still} or more when the pixels are permuted",
    }.get(said, f"{asked} cannot be told from these seeds")
    share = counted(change, lambda each: abs(each) < STILL)
    return Claim(
        id=name,
        sentence=f"{text}: on average by {difference(change)}, by less than {still} in "
        f"{share.text}.",
        verdict=said,
        share=share,
        difference=change,
    )


def _within(change: Spread) -> Verdict:
    """Return whether the whole interval of a change lies within `STILL`, or beyond it."""
    if change.interval is None:
        return "cannot be told"
    low, high = change.interval
    if max(-low, high) < STILL:
        return "holds"
    return "does not hold" if low >= STILL or high <= -STILL else "cannot be told"
