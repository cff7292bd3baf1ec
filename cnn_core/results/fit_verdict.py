"""What the curves of a run say of its fit: one of six verdicts, with the figures that decided it.

The thresholds (`verdict_thresholds`) are held against intervals, not against values: where an
interval leaves a question open, so does the verdict ("cannot-tell"). Training accuracy is always
that of training pictures scored as the validation pictures are (evaluation mode, no augmentation,
the weights after the epoch). The figure that is counted while a network trains is never taken for
it: dropout, augmentation and weights that were worse earlier in the epoch push it down, which is
the commonest false "underfitting".

Whether a run is still improving is not asked of one whose learning rate has come to nought as it
was planned (one-cycle): its curve rises because the rate falls, and then lies flat for any network.
"""

from cnn_core.results.studied import Studied
from cnn_core.results.verdict import FitVerdict, VerdictKind
from cnn_core.results.verdict_evidence import evidence_of
from cnn_core.results.verdict_figures import Figures, Measured, figures
from cnn_core.results.verdict_sentences import sentence_of
from cnn_core.results.verdict_thresholds import (
    ALL_LEARNED,
    GIVEN_BACK,
    IMPROVING,
    LEARNED,
    LEARNED_NOTHING,
    LOSS_TURNED,
    OVERFITTING_GAP,
    SHOT_UP,
    TOLERATED_GAP,
    WORSE_THAN_UNTRAINED,
)


def fit_verdict(studied: Studied, *, chance: float | None = None) -> FitVerdict:
    """Return what the curves of `studied` say.

    Args:
        studied: runs that differ in their seed alone; those under way are read as far as they are.
        chance: share of the most frequent class, which blind guessing gets right; None: unknown.
    """
    found = figures(studied)
    annealed = is_annealed(studied, found)
    kind, reason = decide(found, annealed=annealed)
    return FitVerdict(
        kind=kind,
        sentence=sentence_of(found, kind, reason, runs=len(studied.records)),
        evidence=evidence_of(found, kind, reason, annealed=annealed, chance=chance),
        seeds=found.runs,
        epochs=found.epochs,
    )


def is_annealed(studied: Studied, found: Figures) -> bool:
    """Whether the learning rate of the runs has come to nought as their schedule planned."""
    config = studied.records[0].config
    return config.schedule == "one-cycle" and found.epochs >= config.epochs


def decide(found: Figures, *, annealed: bool) -> tuple[VerdictKind, str]:
    """Return the verdict, and the id of the evidence that decided it."""
    if reason := _diverging(found):
        return "diverging", reason
    if not found.last or found.valid is None:
        return "cannot-tell", "epochs"
    turned = valid_loss_turned(found)
    learned_all = found.train is not None and found.train.value >= ALL_LEARNED
    if not annealed and not turned and not learned_all and is_rising(found.valid_rise):
        return "still-improving", "valid-rise"
    if found.train is None or found.gap is None:
        return _without_train_accuracy(found, turned=turned)
    over = _low(found.gap) > OVERFITTING_GAP
    under = _high(found.train) < LEARNED
    if over and not (under and LEARNED - found.train.value > found.gap.value):
        return "overfitting", "gap"
    if under:
        return "underfitting", "train-accuracy"
    if _high(found.gap) <= TOLERATED_GAP:
        return "well-fitted", "gap"
    return ("overfitting", "valid-loss") if turned and _falling(found) else ("cannot-tell", "gap")


def is_rising(rise: Measured | None) -> bool:
    """Whether an accuracy has clearly risen over the last epochs, by an amount that matters."""
    return rise is not None and _low(rise) > 0 and rise.value >= IMPROVING


def valid_loss_turned(found: Figures) -> bool:
    """Whether the validation loss rises, and lies clearly above its lowest epoch."""
    if found.loss_rise is None or found.last_valid_loss is None or found.lowest_valid_loss is None:
        return False
    higher = found.last_valid_loss > (1 + LOSS_TURNED) * found.lowest_valid_loss
    return higher and _low(found.loss_rise) > 0


def _diverging(found: Figures) -> str:
    """Return what shows that training has gone off, "" where nothing does."""
    if found.diverged:
        return "diverged"
    start, last, lowest = found.start_loss, found.last_loss, found.lowest_loss
    if start is None or last is None or lowest is None:
        return ""
    shot_up = found.peak_loss is not None and found.peak_loss >= SHOT_UP * start
    limit = LEARNED_NOTHING if shot_up else WORSE_THAN_UNTRAINED
    if last >= limit * start:
        return "start-loss"
    learned = lowest < LEARNED_NOTHING * start
    return "given-back" if learned and last - lowest > GIVEN_BACK * (start - lowest) else ""


def _without_train_accuracy(found: Figures, *, turned: bool) -> tuple[VerdictKind, str]:
    """Decide by what a run tells whose training pictures were not scored."""
    if found.valid is not None and _low(found.valid) >= 1 - TOLERATED_GAP:
        return "well-fitted", "valid-accuracy"  # nothing is right more often than always
    if turned and _falling(found):
        return "overfitting", "valid-loss"
    start, last = found.start_loss, found.last_loss
    if start is not None and last is not None and last >= LEARNED_NOTHING * start:
        return "underfitting", "start-loss"
    return "cannot-tell", "train-accuracy"


def _falling(found: Figures) -> bool:
    """Whether the training loss clearly falls."""
    return found.train_loss_rise is not None and _high(found.train_loss_rise) < 0


def _low(measured: Measured) -> float:
    return measured.value if measured.low is None else measured.low


def _high(measured: Measured) -> float:
    return measured.value if measured.high is None else measured.high
