"""The one sentence of a fit verdict, with its figures."""

from collections.abc import Callable

from cnn_core.results.chance import percent, points, span
from cnn_core.results.groups import FEWEST_FOR_INTERVAL
from cnn_core.results.verdict import VerdictKind
from cnn_core.results.verdict_figures import FEWEST_EPOCHS, Figures, Measured
from cnn_core.results.verdict_thresholds import (
    LEARNED,
    OVERFITTING_GAP,
    SHOT_UP,
    TOLERATED_GAP,
)


def sentence_of(found: Figures, kind: VerdictKind, reason: str, *, runs: int) -> str:
    """Return the verdict with its figures.

    Args:
        found: the figures.
        kind: the verdict.
        reason: id of the evidence that decided it.
        runs: how many runs there are, read or not.
    """
    text = _sentence(found, kind, reason, runs)
    some = kind != "diverging" and 0 < found.runs < runs  # that one counts its runs itself
    return f"{text} (Read from {found.runs} of {runs} runs.)" if some else text


def _sentence(found: Figures, kind: VerdictKind, reason: str, runs: int) -> str:
    match kind:
        case "diverging":
            return _diverging(found, reason, runs)
        case "still-improving":
            return _improving(found)
        case "overfitting":
            return _overfitting(found, reason)
        case "underfitting":
            return _underfitting(found, reason)
        case "well-fitted":
            return _well_fitted(found, reason)
        case _:
            return _cannot_tell(found, reason)


def right(measured: Measured) -> str:
    """Return a share with its interval.

    >>> right(Measured(value=0.5, low=0.4, high=0.6)), right(Measured(value=0.5))
    ('50 % (95 % interval 40 to 60 %)', '50 %')
    """
    if measured.interval is None:
        return percent(measured.value)
    return f"{percent(measured.value)} (95 % interval {span(measured.interval)})"


def in_points(measured: Measured) -> str:
    """Return a difference of shares in points, with its interval.

    >>> in_points(Measured(value=0.104, low=0.08, high=0.125))
    '10.4 points (95 % interval 8 to 12.5 points)'
    """
    value = f"{100 * measured.value:.1f}".removesuffix(".0")
    value = "0" if value == "-0" else value
    if measured.interval is None:
        return f"{value} points"
    return f"{value} points (95 % interval {points(measured.interval)})"


def _diverging(found: Figures, reason: str, runs: int) -> str:
    if reason == "diverged":
        who = "The run has" if runs == 1 else f"{found.diverged} of {runs} runs have"
        return f"{who} diverged: the loss ceased to be a number, and training ended there."
    start, last = found.start_loss or 0.0, found.last_loss or 0.0
    if reason == "start-loss":
        peak = found.peak_loss or 0.0
        shot = f" A step's loss shot up to {peak:.3g}." if peak >= SHOT_UP * start else ""
        return (
            f"Training diverges: the loss of the last epoch is {last:.3g}, and that of the "
            f"untrained network was {start:.3g}.{shot}"
        )
    return (
        f"Training diverges: the training loss had come down to {found.lowest_loss or 0.0:.3g}, "
        f"and has risen to {last:.3g} again."
    )


def _improving(found: Figures) -> str:
    gap = "" if found.gap is None else f" The gap is {in_points(found.gap)}."
    return (
        f"It is still improving: over the last {found.last} of {found.epochs} epochs validation "
        f"accuracy rose by {_measured(found.valid_rise, in_points)}.{gap}"
    )


def _overfitting(found: Figures, reason: str) -> str:
    if reason == "valid-loss":
        return (
            f"It overfits: the validation loss rose from {found.lowest_valid_loss or 0.0:.3g} at "
            f"its lowest to {found.last_valid_loss or 0.0:.3g}, while the training loss fell."
        )
    return (
        f"It overfits: {_measured(found.train, percent_of)} of the training pictures are right, "
        f"but {_measured(found.valid, percent_of)} of the validation pictures, a gap of "
        f"{_measured(found.gap, in_points)} where {100 * OVERFITTING_GAP:.0f} count."
    )


def _underfitting(found: Figures, reason: str) -> str:
    if reason == "start-loss":
        return (
            f"It underfits: the training loss is {found.last_loss or 0.0:.3g}, and that of the "
            f"untrained network was {found.start_loss or 0.0:.3g}. It has learned next to nothing."
        )
    gap = "" if found.gap is None else f" The gap to validation is {in_points(found.gap)}."
    return (
        f"It underfits: even of its own training pictures {_measured(found.train, right)} are "
        f"right, and {percent(LEARNED)} count as learned.{gap}"
    )


def _well_fitted(found: Figures, reason: str) -> str:
    if reason == "valid-accuracy":
        return (
            f"It fits well: {_measured(found.valid, right)} of the validation pictures are right, "
            f"so that no gap above {100 * TOLERATED_GAP:.0f} points can be hidden, though the "
            "training pictures were not scored."
        )
    return (
        f"It fits well: {_measured(found.train, percent_of)} of the training pictures and "
        f"{_measured(found.valid, percent_of)} of the validation pictures are right, a gap of "
        f"{_measured(found.gap, in_points)} where up to {100 * TOLERATED_GAP:.0f} are tolerated."
    )


def _cannot_tell(found: Figures, reason: str) -> str:
    if reason == "epochs":
        have = f"{found.epochs} epoch{'' if found.epochs == 1 else 's'}"
        return f"The curves cannot tell yet: they have {have}, and {FEWEST_EPOCHS} are needed."
    if reason == "gap":
        seeds = "three" if found.runs < FEWEST_FOR_INTERVAL else "more"
        return (
            f"The curves cannot tell: the gap is {_measured(found.gap, in_points)}, which leaves "
            f"open whether it overfits. More validation pictures, or {seeds} seeds, would tell."
        )
    return (
        "The curves cannot tell: the training pictures were not scored as the validation pictures "
        "are, so the gap between them is not known. Train with train_sample=2000, which scores "
        "2,000 of them after each epoch."
    )


def percent_of(measured: Measured) -> str:
    """Return a share alone.

    >>> percent_of(Measured(value=0.5, low=0.4, high=0.6))
    '50 %'
    """
    return percent(measured.value)


def _measured(measured: Measured | None, words: Callable[[Measured], str]) -> str:
    """Return `measured` in `words`; a verdict is not given without what its sentence says."""
    return "" if measured is None else words(measured)
