"""What the trials on residual connections say, in sentences computed from them.

An answer needs an interval that decides it; from fewer than three seeds none follows.
"""

from cnn_core.concepts.residual.arms import FITTED, condition
from cnn_core.concepts.residual.bare_words import of_bare
from cnn_core.concepts.residual.claims import bare_claims, fit_claims, gradient_claims
from cnn_core.concepts.residual.gradient_words import arrives, came, of_gradient, typical_ratio
from cnn_core.concepts.residual.settings import ResidualSettings
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.ratio_words import times
from cnn_core.results.trial_words import difference
from cnn_core.results.trials import Place, Spread, Trials
from cnn_core.results.twins import Twins, twins, within

LOSS_MARGIN = 0.1
"""Two losses whose difference lies within it, interval and all, fit alike."""

RIGHT_MARGIN = 0.02
"""Likewise of the share of new pictures that is right."""

_PLAIN, _RESIDUAL = (arm.id for arm in FITTED)


def read(settings: ResidualSettings, trials: Trials) -> ExperimentReading:
    """Return what the trials say, fewer than planned too; none gives no answer."""
    depth = _deepest(settings, trials)
    claims = (
        *gradient_claims(settings, trials),
        *fit_claims(settings, trials),
        *bare_claims(settings, trials),
    )
    held = twins(trials, *_fits(depth)) if depth else None
    meaning = [*of_gradient(settings, trials)]
    if held:
        meaning.append(_of_fit(trials, depth, held))
    if bare := of_bare(settings, trials):
        meaning.append(bare)
    return ExperimentReading(
        answer=_answer(trials, depth, held) if held else "",
        headline=_headline(trials, depth, held) if held else _without_fit(trials),
        meaning=tuple(meaning),
        claims=tuple(claim for claim in claims if claim.verdict != "not measured"),
    )


def _deepest(settings: ResidualSettings, trials: Trials) -> int:
    """Return the depth of the deepest pair that was trained, 0 where there is none."""
    trained = [depth for depth in settings.fit_depths if twins(trials, *_fits(depth))]
    return max(trained, default=0)


def _fits(depth: int) -> tuple[Place, Place]:
    place = condition("fit", depth)
    return Place(arm=_PLAIN, condition=place), Place(arm=_RESIDUAL, condition=place)


def _more_right(trials: Trials, depth: int) -> Spread | None:
    plain, residual = _fits(depth)
    return trials.difference("accuracy", residual, plain)


def _answer(trials: Trials, depth: int, held: Twins) -> str:
    if came(trials, _PLAIN, depth) == "lost":
        return "gradient"
    fits = held.first_fits(LOSS_MARGIN)
    if fits == "worse":
        return "fit" if arrives(trials, _PLAIN, depth) else ""
    if fits != "no worse":
        return ""
    right = _more_right(trials, depth)
    if right is not None and right.apart and right.mean > 0:
        return "test"
    below = right is not None and right.apart and right.mean < 0
    return "nothing" if below or within(right, -RIGHT_MARGIN, RIGHT_MARGIN) else ""


def _headline(trials: Trials, depth: int, held: Twins) -> str:
    ends = [trials.spread("loss", place) for place in _fits(depth)]
    plain, residual = ("no number" if each is None else f"{each.mean:.2f}" for each in ends)
    burst = held.burst("the plain network", "the residual one")
    return (
        f"With {depth} layers and BatchNorm the plain network's mean training loss of the last "
        f"pass is {plain}, the residual one's {residual}: lower in {held.lower.text}."
        f"{burst and f' {burst}'}"
    )


def _without_fit(trials: Trials) -> str:
    if not trials.done:
        return "No trial is done yet."
    return "The gradients are measured; no pair of networks has been trained yet."


def _of_fit(trials: Trials, depth: int, held: Twins) -> str:
    """Return what the pair of the most layers says of fitting, gradient and new pictures."""
    answer, fits = _answer(trials, depth, held), held.first_fits(LOSS_MARGIN)
    ratio = typical_ratio(trials, _PLAIN, depth)
    gets = (
        ""
        if ratio is None
        else f"The first block of the plain network with BatchNorm gets {times(ratio)} the "
        "gradient of the last one"
    )
    if answer == "gradient":
        return f"{gets}: too little to learn from."
    if answer == "fit":
        return (
            f"{gets}: it arrives, and still the network fits its own training pictures worse after "
            "as many steps. That is no overfitting: what shortcuts mend here is the fitting of a "
            f"deep network.{_not_disentangled(trials, depth)}"
        )
    if fits == "worse":
        return (
            "The plain network fits its own training pictures worse after as many steps. Whether "
            "the gradient arrives at its first block these trials do not say."
        )
    less = held.less
    told = "" if less is None else f" (plain less residual: {_loss(less)})"
    if fits == "":
        return f"Whether the plain network fits worse these trials do not decide{told}."
    fitted = (
        f"The plain network fits its training pictures no worse than the residual one{told}, "
        f"{LOSS_MARGIN:g} counting as no difference"
    )
    right = _more_right(trials, depth)
    new = "" if right is None else f" (residual less plain: {difference(right)})"
    if answer == "test":
        return f"{fitted}; of new pictures it gets fewer right{new}."
    if answer == "nothing":
        return f"{fitted}, and gets as many new pictures right or more{new}."
    return f"{fitted}; whether it gets fewer new pictures right is not decided{new}."


def _not_disentangled(trials: Trials, depth: int) -> str:
    """Return that shortcuts change the gradient too, where it has grown without them."""
    if came(trials, _PLAIN, depth) != "grown":
        return ""
    ratio = typical_ratio(trials, _RESIDUAL, depth)
    keeps = ratio is not None and came(trials, _RESIDUAL, depth) == "even"
    also = (
        f" They also keep that ratio at {times(ratio)}: whether" if keeps and ratio else " Whether"
    )
    return (
        f"{also} the plain network fits worse because its gradient grows so much towards the "
        "input, or for another reason, is not disentangled here."
    )


def _loss(found: Spread) -> str:
    return difference(found, "", scale=1, digits=2)
