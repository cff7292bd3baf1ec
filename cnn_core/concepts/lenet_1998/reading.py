"""What the trials say: each change against the network of 1998, seed by seed."""

from cnn_core.concepts.lenet_1998.claims import against_base, claims
from cnn_core.concepts.lenet_1998.settings import (
    ARMS,
    BASE,
    CHANGES,
    TODAY,
    Lenet1998Settings,
)
from cnn_core.concepts.lenet_1998.words import NAMES, capital, listed, points
from cnn_core.results.experiment_reading import ExperimentReading
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
_BASE = Place(arm=BASE)


def read(settings: Lenet1998Settings, trials: Trials) -> ExperimentReading:
    """Return what finished or partial trials say; an answer only where the seeds bear it out."""
    errors = {arm: against_base(trials, "error", arm) for arm in (*CHANGES, TODAY)}
    compared = {arm: each for arm, each in errors.items() if each is not None}
    base = trials.spread("error", _BASE)
    if base is None or not compared:
        return ExperimentReading(
            answer="", headline="No change can be compared with 1998 yet.", meaning=()
        )
    answer = _answer(compared, trials)
    return ExperimentReading(
        answer=answer,
        headline=_headline(compared, base, settings),
        meaning=_meaning(compared, trials, settings),
        claims=claims(compared, trials, settings),
    )


def _best(compared: dict[str, Spread]) -> str | None:
    """Return the single change with the fewest errors, None where none is compared."""
    single = [arm for arm in CHANGES if arm in compared]
    return min(single, key=lambda arm: compared[arm].mean) if single else None


def _answer(compared: dict[str, Spread], trials: Trials) -> str:
    """Return the answer that the seeds bear out, "" where they bear out none.

    A part saves the most where its errors are told apart from 1998 and from those of every change
    that another answer stands for.
    """
    best = _best(compared)
    if best is None or any(arm not in compared for arm in CHANGES):
        return ""
    found = compared[best]
    if not (found.apart and found.mean < 0):
        return "none" if min(compared[arm].n for arm in CHANGES) >= _ENOUGH else ""
    for arm in CHANGES:
        if ANSWERS[arm] != ANSWERS[best]:
            ahead = trials.difference("error", Place(arm=best), Place(arm=arm))
            if ahead is None or not ahead.apart:
                return ""
    return ANSWERS[best]


def _headline(compared: dict[str, Spread], base: Spread, settings: Lenet1998Settings) -> str:
    seeds = "seed" if base.n == 1 else "seeds"
    start = (
        f"After {settings.images:,} training images LeNet-5 of 1998 reads {base.mean:.1f} % of new "
        f"digits wrong ({base.n} {seeds})"
    )
    best = _best(compared)
    if best is None:
        return f"{start}."
    found = compared[best]
    if found.apart and found.mean < 0:
        return f"{start}; of single changes {NAMES[best]} helps most: {points(found)}."
    if found.interval is None:
        return f"{start}; one seed cannot tell what a single change does to that."
    return f"{start}; no single change makes that fewer by more than these seeds can tell."


def _meaning(
    compared: dict[str, Spread], trials: Trials, settings: Lenet1998Settings
) -> tuple[str, ...]:
    fewer = [NAMES[arm] for arm, each in compared.items() if each.apart and each.mean < 0]
    more = [NAMES[arm] for arm, each in compared.items() if each.apart and each.mean > 0]
    same = [NAMES[arm] for arm, each in compared.items() if not each.apart]
    told = [
        capital(f"{words} {listed(names)}.")
        for words, names in (
            ("fewer errors than 1998:", fewer),
            ("more errors:", more),
            ("cannot be told apart from 1998:", same),
        )
        if names
    ]
    sentences = [" ".join(told)]
    stuck = _stuck(trials)
    if stuck:
        sentences.append(stuck)
    quicker = _speed(trials, settings)
    if quicker:
        sentences.append(quicker)
    second = _second(compared, trials)
    if second:
        sentences.append(second)
    together = _together(compared, trials)
    if together:
        sentences.append(together)
    return tuple(sentences)


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


def _speed(trials: Trials, settings: Lenet1998Settings) -> str:
    base = trials.spread("steps", _BASE)
    if base is None:
        return f"LeNet-5 of 1998 did not come to {settings.target:g} % in any seed."
    fastest = {
        arm: each
        for arm in (*CHANGES, TODAY)
        if (each := against_base(trials, "steps", arm)) is not None and each.apart
    }
    start = f"To {settings.target:g} % LeNet-5 of 1998 takes {base.mean:.0f} steps on average"
    fewer = [arm for arm, each in fastest.items() if each.mean < 0]
    more = [arm for arm, each in fastest.items() if each.mean > 0]
    parts = [
        f"{words} are needed with {listed([NAMES[arm] for arm in arms])}"
        for words, arms in (("fewer", fewer), ("more", more))
        if arms
    ]
    return f"{start}; {'; '.join(parts) or 'no change differs by more than the seeds can tell'}."


def _second(compared: dict[str, Spread], trials: Trials) -> str:
    """Say whether the best single change is told apart from the next one."""
    order = sorted((arm for arm in CHANGES if arm in compared), key=lambda a: compared[a].mean)
    if len(order) < 2 or not compared[order[1]].apart or compared[order[1]].mean >= 0:
        return ""
    first, next_ = order[:2]
    ahead = trials.difference("error", Place(arm=first), Place(arm=next_))
    if ahead is None or ahead.interval is None:
        return ""
    told = "" if ahead.apart else ": the two cannot be told apart"
    return f"{capital(NAMES[first])} against {NAMES[next_]}: {points(ahead)}{told}."


def _together(compared: dict[str, Spread], trials: Trials) -> str:
    best = _best(compared)
    if best is None or TODAY not in compared:
        return ""
    beyond = trials.difference("error", Place(arm=TODAY), Place(arm=best))
    if beyond is None:
        return ""
    start = f"{capital(NAMES[TODAY])} together against {NAMES[best]} alone: {points(beyond)}"
    if beyond.interval is None:
        return f"{start}."
    if not beyond.apart:
        return f"{start}, which cannot be told apart."
    verb = "gain" if beyond.mean < 0 else "lose"
    return f"{start}: the other changes {verb} something on top of it."
