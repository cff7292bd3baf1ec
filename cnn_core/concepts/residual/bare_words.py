"""How the three networks without BatchNorm ended, and what that says of He's weights."""

import math
from collections.abc import Mapping
from typing import Literal

from cnn_core.concepts.residual.arms import BARE, condition
from cnn_core.concepts.residual.settings import ResidualSettings
from cnn_core.data.pictures.wording import listed
from cnn_core.results.trial_words import among, diverged
from cnn_core.results.trials import Place, Trials
from cnn_core.results.twins import twins

GUESSING = math.log(10)
"""Cross-entropy of a guess among the ten classes of every data set of the experiment."""

LITTLE = 0.1
"""A training that ends so little below guessing hardly learned."""

_NAMES = ("plain", "residual", "residual with branches that start at zero")
Learned = Literal["yes", "hardly", "diverged", ""]


def of_bare(settings: ResidualSettings, trials: Trials) -> str:
    """Return how the three ended and what follows; "" where one was not trained."""
    places = [Place(arm=arm.id, condition=condition("fit", settings.bare_depth)) for arm in BARE]
    if not settings.bare_depth or not all(trials.at(place) for place in places):
        return ""
    ends = [f"{name} {_end(trials, place)}" for name, place in zip(_NAMES, places, strict=True)]
    learned = {name: _learned(trials, at) for name, at in zip(_NAMES, places, strict=True)}
    said = [
        f"Without BatchNorm, at {settings.bare_depth} layers with He's weights, the mean training "
        f"loss of the last pass is: {', '.join(ends)} (guessing among ten: {GUESSING:.2f}).",
        _of_learning(learned),
        _of_breaking(learned),
        _of_zero(trials, places[1], places[2]),
    ]
    return " ".join(sentence for sentence in said if sentence)


def _end(trials: Trials, place: Place) -> str:
    """Return the mean training loss at the end, and in how many seeds the training diverged."""
    found = trials.spread("loss", place)
    burst = diverged(trials, place)
    told = "no number" if found is None else f"{found.mean:.2f}"
    return f"{told} (diverged in {burst.text})" if burst.count else told


def _learned(trials: Trials, place: Place) -> Learned:
    """Return whether a network learned; "" where the seeds do not say."""
    found, burst = trials.spread("loss", place), diverged(trials, place)
    if burst.count:
        return "diverged" if burst.interval[0] > 0.5 else ""
    if found is None or found.interval is None:
        return ""
    low, high = found.interval
    if high < GUESSING - LITTLE:
        return "yes"
    return "hardly" if low > GUESSING - LITTLE else ""


def _of_learning(learned: Mapping[str, Learned]) -> str:
    hardly = [name for name, so in learned.items() if so == "hardly"]
    if not hardly:
        return ""
    if len(hardly) == 2:
        text = f"Neither {hardly[0]} nor {hardly[1]} learned"
    else:
        text = f"{listed(hardly)} did not learn"
    return f"{text[0].upper()}{text[1:]} to speak of: at most {LITTLE:g} below guessing."


def _of_breaking(learned: Mapping[str, Learned]) -> str:
    """Return whether He's weights broke the residual network, as they were once seen to do."""
    plain, residual = learned["plain"], learned["residual"]
    if plain == "yes" and residual in ("hardly", "diverged"):
        return "He's weights break the residual network here: the plain one learns with them."
    if plain == residual == "yes":
        return "He's weights do not break the residual network here: both learn."
    told = "not shown" if plain == "hardly" else "not decided"
    return (
        "That He's weights break the residual network alone, which was seen elsewhere, is "
        f"{told} here."
    )


def _of_zero(trials: Trials, residual: Place, zero: Place) -> str:
    held = twins(trials, residual, zero)
    if held is None or held.first_fits(LITTLE) != "worse":
        return ""
    by = ""
    if held.less is not None and not any(share.count for share in held.diverged):
        by = f", its loss by {held.less.mean:.2f} lower{among(held.less, scale=1, digits=2)}"
    return f"Started at zero, a residual network fits better{by}."
