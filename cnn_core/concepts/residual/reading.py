"""What the trials on residual connections say, in sentences computed from them."""

import math

from cnn_core.concepts.residual.arms import BARE, FITTED, condition
from cnn_core.concepts.residual.claims import (
    SMALL,
    bare_claims,
    fit_claims,
    gradient_claims,
    typical_ratio,
)
from cnn_core.concepts.residual.settings import ResidualSettings
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.ratio_words import times
from cnn_core.results.trials import Place, Share, Trials

_PLAIN, _RESIDUAL = (arm.id for arm in FITTED)


def read(settings: ResidualSettings, trials: Trials) -> ExperimentReading:
    """Return what the trials say, fewer than planned too; none gives no answer."""
    depth = _deepest(settings, trials)
    claims = (
        *gradient_claims(settings, trials),
        *fit_claims(settings, trials),
        *bare_claims(settings, trials),
    )
    looked_at = tuple(claim for claim in claims if claim.verdict != "not measured")
    return ExperimentReading(
        answer=_answer(trials, depth) if depth else "",
        headline=_headline(trials, depth) if depth else _without_fit(trials),
        meaning=_meaning(settings, trials, depth),
        claims=looked_at,
    )


def _deepest(settings: ResidualSettings, trials: Trials) -> int:
    """Return the depth of the deepest pair that was trained, 0 where there is none."""
    for depth in sorted(settings.fit_depths, reverse=True):
        plain, residual = _fits(depth)
        if trials.difference("loss", plain, residual):
            return depth
    return 0


def _fits(depth: int) -> tuple[Place, Place]:
    place = condition("fit", depth)
    return Place(arm=_PLAIN, condition=place), Place(arm=_RESIDUAL, condition=place)


def _answer(trials: Trials, depth: int) -> str:
    plain, residual = _fits(depth)
    ratio = typical_ratio(trials, _PLAIN, depth)
    if ratio is not None and ratio < SMALL:
        return "gradient"
    loss = trials.difference("loss", plain, residual)
    if loss is not None and loss.mean > 0 and (loss.apart or loss.n == 1):
        return "fit"
    right = trials.difference("accuracy", residual, plain)
    if right is not None and right.mean > 0 and right.apart:
        return "test"
    return "nothing"


def _headline(trials: Trials, depth: int) -> str:
    plain, residual = _fits(depth)
    first, second = trials.spread("loss", plain), trials.spread("loss", residual)
    difference = trials.difference("loss", plain, residual)
    if first is None or second is None or difference is None:
        raise AssertionError("a pair without losses")
    lower = Share(count=sum(v > 0 for v in difference.values.values()), of=difference.n)
    return (
        f"With {depth} layers and BatchNorm the plain network ends at a training loss of "
        f"{first.mean:.2f}, the residual one at {second.mean:.2f}: lower in {lower.text}."
    )


def _without_fit(trials: Trials) -> str:
    if not trials.done:
        return "No trial is done yet."
    return "The gradients are measured; no pair of networks has been trained yet."


def _meaning(settings: ResidualSettings, trials: Trials, depth: int) -> tuple[str, ...]:
    """Return what initialisation and BatchNorm do to the gradient, and what shortcuts do."""
    found: list[str] = []
    gradient = _of_gradient(settings, trials)
    if gradient:
        found.append(gradient)
    if depth:
        found.append(_of_fit(trials, depth))
    bare = _of_bare(settings, trials)
    if bare:
        found.append(bare)
    return tuple(found)


def _of_gradient(settings: ResidualSettings, trials: Trials) -> str:
    """Return which of He's weights, BatchNorm and shortcuts alone bring the gradient through."""
    depth = max(
        (each for each in settings.depths if _ratio(trials, "plain-none-default", each)), default=0
    )
    if not depth:
        return ""
    bare = typical_ratio(trials, "plain-none-default", depth) or 0.0
    first = (
        f"Before the first step, the first block of a plain network of {depth} layers with "
        f"PyTorch's default weights gets {times(bare)} the gradient of the last one"
    )
    mended = {
        "He's weights": _ratio(trials, "plain-none-he", depth),
        "BatchNorm": _ratio(trials, "plain-bn-default", depth),
        "shortcuts": _ratio(trials, "residual-none-default", depth),
    }
    enough = [name for name, ratio in mended.items() if ratio and ratio >= 100 * SMALL]
    if bare >= SMALL:
        return f"{first}: it arrives."
    if not enough:
        return f"{first}: hardly any arrives."
    listed = enough[0] if len(enough) == 1 else f"{', '.join(enough[:-1])} and {enough[-1]}"
    each = " alone mends that." if len(enough) == 1 else " each mend that alone."
    return f"{first}; {listed}{each}"


def _ratio(trials: Trials, arm: str, depth: int) -> float:
    return typical_ratio(trials, arm, depth) or 0.0


def _of_fit(trials: Trials, depth: int) -> str:
    ratio = _ratio(trials, _PLAIN, depth)
    answer = _answer(trials, depth)
    arrives = (
        f"The first block of the plain network with BatchNorm gets {times(ratio)} the "
        "gradient of the last one"
    )
    if answer == "fit":
        begin = f"{arrives}, and still it" if ratio else "The plain network"
        return (
            f"{begin} fits its own training pictures worse after as many steps: that is no "
            "overfitting, and what shortcuts mend here is the fitting of a deep network."
        )
    if answer == "gradient":
        return f"{arrives}: too little to learn from."
    if answer == "test":
        return "Both fit their training pictures; shortcuts help with new pictures here."
    return "Shortcuts did not help to fit the training pictures here."


def _of_bare(settings: ResidualSettings, trials: Trials) -> str:
    """Return how the three networks without BatchNorm ended; "" where one was not trained."""
    places = [Place(arm=arm.id, condition=condition("fit", settings.bare_depth)) for arm in BARE]
    if not all(trials.at(place) for place in places):
        return ""
    words = ("plain", "residual", "with branches that start at zero")
    ends = [f"{_end(trials, place)} {word}" for place, word in zip(places, words, strict=True)]
    gained = trials.difference("loss", places[1], places[2])
    helps = gained is not None and gained.apart and gained.mean > 0
    return (
        f"Without BatchNorm, at {settings.bare_depth} layers with He's weights, the training loss "
        f"ends at {ends[0]}, {ends[1]} and {ends[2]} (guessing among ten: {math.log(10):.2f})"
        f"{': a residual network then learns better with such a start' if helps else ''}."
    )


def _end(trials: Trials, place: Place) -> str:
    """Return the mean training loss at the end, and in how many seeds the training diverged."""
    found = trials.spread("loss", place)
    burst = sum(value > 0 for value in trials.values("diverged", place).values())
    told = "no number" if found is None else f"{found.mean:.2f}"
    return f"{told} (diverged in {burst} of {len(trials.at(place))} seeds)" if burst else told
