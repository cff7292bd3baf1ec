"""What the trials say: each change against the network of 1998, seed by seed."""

from collections.abc import Sequence

from cnn_core.concepts.lenet_1998.claims import claims
from cnn_core.concepts.lenet_1998.pairs import against, told, trained_pairs
from cnn_core.concepts.lenet_1998.settings import (
    ARMS,
    BASE,
    CHANGES,
    TODAY,
    Lenet1998Settings,
)
from cnn_core.concepts.lenet_1998.speed import speed
from cnn_core.concepts.lenet_1998.words import NAMES, capital, points
from cnn_core.data.pictures.wording import listed
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.trial_words import divergences, seeds
from cnn_core.results.trials import Place, Share, Spread, Trials

ANSWERS = {
    "relu": "inside",
    "max-pool": "inside",
    "softmax": "outputs",
    "full-c3": "connections",
}
"""Which answer each change stands for."""
_ENOUGH = 10  # paired seeds from which on "no part can be told apart" is an answer
_STUCK = 50.0  # percent wrong, above which a network has learned next to nothing


def read(settings: Lenet1998Settings, trials: Trials) -> ExperimentReading:
    """Return what finished or partial trials say; an answer only where the seeds bear it out."""
    errors = {arm: against(trials, "error", arm) for arm in (*CHANGES, TODAY)}
    compared = {arm: each for arm, each in errors.items() if each is not None}
    base = trials.spread("error", Place(arm=BASE))
    diverged = divergences(trials, lambda place: NAMES.get(place.arm, place.arm))
    if base is None or not compared:
        return ExperimentReading(
            answer="",
            headline="No change can be compared with 1998 yet.",
            meaning=(diverged,) if diverged else (),
        )
    sentences = (
        diverged,
        _against_1998(compared, trials),
        _stuck(trials),
        speed(compared, trials, settings),
        _second(compared, trials),
        _together(compared, trials),
    )
    return ExperimentReading(
        answer=_answer(compared, trials),
        headline=_headline(compared, base, trials, settings),
        meaning=tuple(sentence for sentence in sentences if sentence),
        claims=claims(compared, trials, settings),
    )


def _best(compared: dict[str, Spread], trials: Trials) -> str | None:
    """Return the single change with the fewest errors, None where none is compared in full."""
    single = [
        arm
        for arm in CHANGES
        if arm in compared and compared[arm].n == len(trained_pairs(trials, arm))
    ]
    return min(single, key=lambda arm: compared[arm].mean) if single else None


def _answer(compared: dict[str, Spread], trials: Trials) -> str:
    """Return the answer that the seeds bear out, "" where they bear out none.

    A part saves the most where its errors are told apart from 1998 and from those of every change
    that another answer stands for.
    """
    best = _best(compared, trials)
    full = {arm: trained_pairs(trials, arm) for arm in CHANGES}
    if best is None or any(
        arm not in compared or compared[arm].n < len(full[arm]) for arm in CHANGES
    ):
        return ""
    if told(trials, "error", best) >= 0:
        return "none" if min(compared[arm].n for arm in CHANGES) >= _ENOUGH else ""
    others = [arm for arm in CHANGES if ANSWERS[arm] != ANSWERS[best]]
    ahead = all(told(trials, "error", best, arm) < 0 for arm in others)
    return ANSWERS[best] if ahead else ""


def _headline(
    compared: dict[str, Spread], base: Spread, trials: Trials, settings: Lenet1998Settings
) -> str:
    start = (
        f"After {settings.images:,} training images LeNet-5 of 1998 reads {base.mean:.1f} % of new "
        f"digits wrong ({seeds(base.n)})"
    )
    best = _best(compared, trials)
    if best is None:
        return f"{start}."
    if compared[best].interval is None:
        return f"{start}; {seeds(base.n)} cannot tell what a single change does to that."
    if told(trials, "error", best) >= 0:
        return f"{start}; no single change makes that fewer by more than these seeds can tell."
    return f"{start}; of single changes {_helping(best, compared, trials)}."


def _helping(best: str, compared: dict[str, Spread], trials: Trials) -> str:
    """Say which changes help most: the best, and all that cannot be told apart from it."""
    level = [
        arm
        for arm in CHANGES
        if arm in compared and arm != best and not told(trials, "error", best, arm)
    ]
    fewer = [best, *(arm for arm in level if told(trials, "error", arm) < 0)]
    names = _listed([NAMES[arm] for arm in fewer])
    figures = _listed([points(compared[arm]) for arm in fewer])
    if len(fewer) == 1:
        text = f"{names} helps most: {figures}"
    else:
        text = f"{names} help most, and cannot be told apart: {figures}"
    unsure = [NAMES[arm] for arm in level if arm not in fewer]
    return f"{text}; nor can {_listed(unsure)} be told apart from that" if unsure else text


def _against_1998(compared: dict[str, Spread], trials: Trials) -> str:
    ways = {arm: told(trials, "error", arm) for arm in compared}
    parts = [
        capital(f"{words} {_listed([NAMES[arm] for arm in compared if ways[arm] == way])}.")
        for way, words in (
            (-1, "fewer errors than 1998:"),
            (1, "more errors than 1998:"),
            (0, "cannot be told apart from 1998:"),
        )
        if way in ways.values()
    ]
    return " ".join(parts)


def _stuck(trials: Trials) -> str:
    """Say which networks stayed near chance in some seeds; "" where none did."""
    parts = []
    for arm in ARMS:
        errors = trials.values("error", Place(arm=arm))
        count = sum(error > _STUCK for error in errors.values())
        if count:
            parts.append(f"{NAMES[arm]} in {Share(count=count, of=len(errors)).text}")
    if not parts:
        return ""
    return f"Above {_STUCK:.0f} % wrong, so hardly trained at all: {'; '.join(parts)}."


def _second(compared: dict[str, Spread], trials: Trials) -> str:
    """Say whether the best single change is told apart from the next one."""
    order = sorted((arm for arm in CHANGES if arm in compared), key=lambda a: compared[a].mean)
    if len(order) < 2 or told(trials, "error", order[1]) >= 0:
        return ""
    first, next_ = order[:2]
    ahead = against(trials, "error", first, next_)
    if ahead is None or ahead.interval is None:
        return ""
    way = told(trials, "error", first, next_)
    apart = "" if way else ": the two cannot be told apart"
    return f"{capital(NAMES[first])} against {NAMES[next_]}: {points(ahead)}{apart}."


def _together(compared: dict[str, Spread], trials: Trials) -> str:
    best = _best(compared, trials)
    if best is None or TODAY not in compared:
        return ""
    beyond = against(trials, "error", TODAY, best)
    if beyond is None:
        return ""
    start = f"{capital(NAMES[TODAY])} together against {NAMES[best]} alone: {points(beyond)}"
    if beyond.interval is None:
        return f"{start}."
    way = told(trials, "error", TODAY, best)
    if not way:
        return f"{start}, which cannot be told apart."
    verb = "gain" if way < 0 else "lose"
    return f"{start}: the other changes {verb} something on top of it."


def _listed(names: Sequence[str]) -> str:
    return listed(names, most=len(ARMS))
