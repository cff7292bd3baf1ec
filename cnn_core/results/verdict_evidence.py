"""All that a fit verdict was looked for in: each figure, what it is held against, what follows."""

from collections.abc import Iterator

from cnn_core.results.chance import percent
from cnn_core.results.verdict import Evidence, VerdictKind
from cnn_core.results.verdict_figures import FEWEST_EPOCHS, Figures, Measured
from cnn_core.results.verdict_sentences import in_points, right
from cnn_core.results.verdict_thresholds import (
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

_OF_PICTURES = (
    "The interval is of the pictures alone: what another seed gives, three seeds would tell."
)


def evidence_of(
    found: Figures, kind: VerdictKind, reason: str, *, annealed: bool, chance: float | None
) -> tuple[Evidence, ...]:
    """Return what was looked at, that which decided the verdict first.

    Args:
        found: the figures.
        kind: the verdict that was given.
        reason: id of the evidence that decided it.
        annealed: whether the learning rate has come to nought as planned.
        chance: share of the most frequent class, None if unknown.
    """
    every = [
        *_of_divergence(found, kind),
        *_of_epochs(found, kind, annealed=annealed),
        *_of_accuracy(found, kind, chance),
        *_of_slopes(found, kind, annealed=annealed),
    ]
    return tuple(sorted(every, key=lambda one: one.id != reason))


def _of_divergence(found: Figures, kind: VerdictKind) -> Iterator[Evidence]:
    if found.diverged:
        yield Evidence(
            id="diverged",
            what="runs whose loss ceased to be a number",
            value=float(found.diverged),
            threshold=0.0,
            holds=kind == "diverging",
            sentence="A loss that is no number cannot be learned from: training ended there.",
        )
    if found.start_loss is None or found.last_loss is None or found.lowest_loss is None:
        return
    limit = WORSE_THAN_UNTRAINED * found.start_loss
    peak = found.peak_loss or 0.0
    shot = (
        f", after a step's loss of {peak:.3g}, over {SHOT_UP:g} times as much"
        if peak >= SHOT_UP * found.start_loss
        else ""
    )
    yield Evidence(
        id="start-loss",
        what="training loss of the last epoch, against the untrained network's",
        value=found.last_loss,
        threshold=limit,
        holds=kind == "diverging"
        or (kind == "underfitting" and found.last_loss >= LEARNED_NOTHING * found.start_loss),
        sentence=f"The untrained network's loss was {found.start_loss:.3g}, the last epoch's is "
        f"{found.last_loss:.3g}{shot}.",
    )
    allowed = found.lowest_loss + GIVEN_BACK * max(found.start_loss - found.lowest_loss, 0.0)
    yield Evidence(
        id="given-back",
        what="training loss of the last epoch, against the lowest epoch's",
        value=found.last_loss,
        threshold=allowed,
        holds=kind == "diverging" and found.last_loss > allowed,
        sentence=f"The lowest epoch had {found.lowest_loss:.3g}; above {allowed:.3g} a quarter of "
        "what had been gained would be lost again.",
    )


def _of_epochs(found: Figures, kind: VerdictKind, *, annealed: bool) -> Iterator[Evidence]:
    yield Evidence(
        id="epochs",
        what="epochs done",
        value=float(found.epochs),
        threshold=float(FEWEST_EPOCHS),
        holds=kind == "cannot-tell" and found.epochs < FEWEST_EPOCHS,
        sentence=f"Slopes are read over the last {found.last} of {found.epochs} epochs."
        if found.last
        else f"A slope with an interval needs {FEWEST_EPOCHS} epochs, but there are "
        f"{found.epochs}.",
    )
    if annealed:
        yield Evidence(
            id="schedule",
            what="learning rate that is left",
            value=0.0,
            holds=False,
            sentence="The one-cycle schedule has brought the learning rate to nought, which "
            "flattens any curve: whether more epochs help, the slopes do not say here.",
        )


def _of_accuracy(found: Figures, kind: VerdictKind, chance: float | None) -> Iterator[Evidence]:
    if found.valid is None:
        return
    if found.gap is not None:
        yield _gap(found, found.gap, kind)
    if found.train is not None:
        yield _train(found, found.train, kind, chance)
    else:
        yield Evidence(
            id="train-accuracy",
            what="training pictures that are right, scored as validation is",
            value=None,
            threshold=LEARNED,
            holds=kind == "cannot-tell" and found.last > 0,
            sentence="They were not scored (train_sample=0). What is right while a network trains "
            "is another figure: dropout, augmentation and the weights from earlier in the epoch "
            "push it down, so it is not taken in their place.",
        )
    yield _evidence(
        "valid-accuracy",
        "validation pictures that are right",
        found.valid,
        threshold=1 - TOLERATED_GAP if found.train is None else None,
        holds=kind == "well-fitted" and found.train is None,
        sentence=f"{right(found.valid)}"
        + (f"; guessing gets {percent(chance)}." if chance is not None else "."),
    )
    if found.running is not None:
        yield Evidence(
            id="running-accuracy",
            what="training pictures that were right while it trained",
            value=found.running,
            holds=False,
            sentence=_running(found, found.running),
        )


def _gap(found: Figures, gap: Measured, kind: VerdictKind) -> Evidence:
    fitted = kind == "well-fitted"
    return _evidence(
        "gap",
        "generalisation gap: training less validation accuracy, both scored alike",
        gap,
        threshold=TOLERATED_GAP if fitted else OVERFITTING_GAP,
        holds=kind in ("overfitting", "well-fitted", "cannot-tell")
        and (kind != "overfitting" or (gap.low or 0.0) > OVERFITTING_GAP),
        sentence=f"{in_points(gap).capitalize()}. Above {100 * OVERFITTING_GAP:.0f} points the "
        f"whole interval says overfitting, below {100 * TOLERATED_GAP:.0f} none that matters."
        + ("" if found.runs > 2 else f" {_OF_PICTURES}"),
    )


def _train(found: Figures, train: Measured, kind: VerdictKind, chance: float | None) -> Evidence:
    guessing = "" if chance is None else f" Guessing gets {percent(chance)}."
    return _evidence(
        "train-accuracy",
        "training pictures that are right, scored as validation is",
        train,
        threshold=LEARNED,
        holds=(kind == "underfitting") == (train.value < LEARNED)
        and kind in ("underfitting", "well-fitted", "overfitting"),
        sentence=f"{right(train)} of {found.train_size:,} of them; below {percent(LEARNED)} a "
        f"network has not learned its own training pictures.{guessing}",
    )


def _running(found: Figures, running: float) -> str:
    if found.train is None:
        return (
            f"{percent(running)}, counted with augmentation, dropout and the weights of the "
            "moment: no training accuracy, and not used."
        )
    return (
        f"{percent(running)} as they were trained on, {percent(found.train.value)} scored as "
        "validation is: the first is no training accuracy, and not used."
    )


def _of_slopes(found: Figures, kind: VerdictKind, *, annealed: bool) -> Iterator[Evidence]:
    over = f"over the last {found.last} epochs"
    for name, what, rise in (
        ("valid-rise", "validation accuracy", found.valid_rise),
        ("train-rise", "training accuracy", found.train_rise),
    ):
        if rise is not None:
            clear = (rise.low or 0.0) > 0 and rise.value >= IMPROVING
            yield _evidence(
                name,
                f"rise of {what} {over}",
                rise,
                threshold=IMPROVING,
                holds=name == "valid-rise"
                and (clear if kind == "still-improving" else kind == "well-fitted" and not clear),
                sentence=f"{in_points(rise).capitalize()}. "
                + ("The falling learning rate has its part in it." if annealed else _read(rise)),
            )
    if found.loss_rise is not None and found.lowest_valid_loss and found.last_valid_loss:
        limit = (1 + LOSS_TURNED) * found.lowest_valid_loss
        low, high = found.loss_rise.low or 0.0, found.loss_rise.high or 0.0
        yield Evidence(
            id="valid-loss",
            what="validation loss at the end, against its lowest epoch",
            value=found.last_valid_loss,
            threshold=limit,
            holds=kind == "overfitting" and found.last_valid_loss > limit and low > 0,
            sentence=f"Its lowest epoch had {found.lowest_valid_loss:.3g}; {over} it changed by "
            f"{found.loss_rise.value:+.3g} (95 % interval {low:+.3g} to {high:+.3g}).",
        )


def _read(rise: Measured) -> str:
    if (rise.low or 0.0) > 0:
        return "It rises." if rise.value >= IMPROVING else "It rises, but by less than a point."
    if rise.high is not None and rise.high < 0:
        return "It falls."
    return "The noise between epochs, or seeds, is as large: it is not told apart from flat."


def _evidence(
    name: str,
    what: str,
    measured: Measured,
    *,
    threshold: float | None,
    holds: bool,
    sentence: str,
) -> Evidence:
    return Evidence(
        id=name,
        what=what,
        value=measured.value,
        low=measured.low,
        high=measured.high,
        threshold=threshold,
        holds=holds,
        sentence=sentence,
    )
