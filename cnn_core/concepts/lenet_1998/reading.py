"""What the trials say: each change against the network of 1998, seed by seed."""

from cnn_core.concepts.lenet_1998.settings import (
    ARMS,
    BASE,
    CHANGES,
    TODAY,
    Lenet1998Settings,
)
from cnn_core.concepts.lenet_1998.words import NAMES, capital, listed, points, steps
from cnn_core.results.experiment_reading import Claim, ExperimentReading, Verdict
from cnn_core.results.trials import Place, Share, Spread, Trials

_ENOUGH = 10  # paired seeds from which on "no part can be told apart" is an answer
_STUCK = 50.0  # percent wrong, above which a network has learned next to nothing
_BASE = Place(arm=BASE)


def read(settings: Lenet1998Settings, trials: Trials) -> ExperimentReading:
    """Return what finished or partial trials say; an answer only where the seeds bear it out."""
    errors = {arm: _against(trials, "error", arm) for arm in (*CHANGES, TODAY)}
    compared = {arm: each for arm, each in errors.items() if each is not None}
    base = trials.spread("error", _BASE)
    if base is None or not compared:
        return ExperimentReading(
            answer="", headline="No change can be compared with 1998 yet.", meaning=()
        )
    answer = _answer(compared)
    return ExperimentReading(
        answer=answer,
        headline=_headline(compared, base, settings),
        meaning=_meaning(compared, trials, settings),
        claims=_claims(compared, trials, settings),
    )


def _against(trials: Trials, figure: str, arm: str) -> Spread | None:
    return trials.difference(figure, Place(arm=arm), _BASE)


def _best(compared: dict[str, Spread]) -> str | None:
    """Return the single change with the fewest errors, None where none is compared."""
    single = [arm for arm in CHANGES if arm in compared]
    return min(single, key=lambda arm: compared[arm].mean) if single else None


def _answer(compared: dict[str, Spread]) -> str:
    best = _best(compared)
    if best is None or any(arm not in compared for arm in CHANGES):
        return ""
    found = compared[best]
    if found.apart and found.mean < 0:
        return best if best in ("relu", "max-pool") else "other"
    return "none" if min(compared[arm].n for arm in CHANGES) >= _ENOUGH else ""


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
        return f"1998 did not come to {settings.target:g} % in any seed."
    fastest = {
        arm: each
        for arm in (*CHANGES, TODAY)
        if (each := _against(trials, "steps", arm)) is not None and each.apart
    }
    start = f"To {settings.target:g} % it takes 1998 {base.mean:.0f} steps on average"
    fewer = [arm for arm, each in fastest.items() if each.mean < 0]
    more = [arm for arm, each in fastest.items() if each.mean > 0]
    parts = [
        f"{words} are needed with {listed([NAMES[arm] for arm in arms])}"
        for words, arms in (("fewer", fewer), ("more", more))
        if arms
    ]
    return f"{start}; {'; '.join(parts) or 'no change differs by more than the seeds can tell'}."


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


def _claims(
    compared: dict[str, Spread], trials: Trials, settings: Lenet1998Settings
) -> tuple[Claim, ...]:
    found = [
        Claim(
            id=f"error-{arm}",
            sentence=f"{capital(NAMES[arm])}: {_judged(each, points(each), 'errors')}",
            verdict=_verdict(each),
            share=_share(each),
            difference=each,
        )
        for arm, each in compared.items()
    ]
    for arm in compared:
        taken = _against(trials, "steps", arm)
        if taken is None:
            continue
        found.append(
            Claim(
                id=f"steps-{arm}",
                sentence=(
                    f"{capital(NAMES[arm])}, up to {settings.target:g} %: "
                    f"{_judged(taken, steps(taken), 'steps')}"
                ),
                verdict=_verdict(taken),
                share=_share(taken),
                difference=taken,
            )
        )
    return tuple(found)


def _judged(difference: Spread, text: str, what: str) -> str:
    if difference.interval is None:
        return f"{text}."
    if not difference.apart:
        return f"cannot be told apart from 1998, {text}."
    word = "fewer" if difference.mean < 0 else "more"
    share = _share(difference, difference.mean < 0)
    return f"{word} {what} than 1998, {text}, {word} in {share.text}."


def _share(difference: Spread, fewer: bool = True) -> Share:
    count = sum((value < 0) if fewer else (value > 0) for value in difference.values.values())
    return Share(count=count, of=difference.n)


def _verdict(difference: Spread) -> Verdict:
    """Say whether "this change makes it fewer" holds."""
    if not difference.apart:
        return "cannot be told"
    return "holds" if difference.mean < 0 else "does not hold"
