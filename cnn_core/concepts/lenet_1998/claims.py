"""What is asked of each change: fewer errors, and fewer steps, than LeNet-5 of 1998?"""

from collections.abc import Mapping

from cnn_core.concepts.lenet_1998.pairs import against, reached, told, told_steps
from cnn_core.concepts.lenet_1998.settings import Lenet1998Settings
from cnn_core.concepts.lenet_1998.words import NAMES, points, steps
from cnn_core.results.experiment_reading import Claim, Verdict
from cnn_core.results.trial_words import counted, seeds
from cnn_core.results.trials import Share, Spread, Trials

_VERDICTS: Mapping[int, Verdict] = {-1: "holds", 0: "cannot be told", 1: "does not hold"}
_ANSWERS = {-1: "Yes", 0: "That cannot be told", 1: "No"}


def claims(
    compared: Mapping[str, Spread], trials: Trials, settings: Lenet1998Settings
) -> tuple[Claim, ...]:
    """Return two claims an arm: of errors, and of steps to the target.

    Args:
        compared: the difference of errors from 1998, by arm.
        trials: done so far.
        settings: of the run.
    """
    errors = [_of_errors(arm, each, trials) for arm, each in compared.items()]
    found = [_of_steps(arm, trials, settings) for arm in compared]
    return (*errors, *(claim for claim in found if claim is not None))


def _of_errors(arm: str, found: Spread, trials: Trials) -> Claim:
    way, share = told(trials, "error", arm), _fewer(found)
    return Claim(
        id=f"error-{arm}",
        sentence=(
            f"Fewer errors than 1998 with {NAMES[arm]}? {_answer(way, 'more')}: "
            f"{points(found)}, fewer in {share.text}."
        ),
        verdict=_VERDICTS[way],
        share=share,
        difference=found,
    )


def _of_steps(arm: str, trials: Trials, settings: Lenet1998Settings) -> Claim | None:
    """Return the claim on steps; None where neither network came so far in any seed."""
    came, found, way = reached(trials, arm), against(trials, "steps", arm), told_steps(trials, arm)
    asked = f"Sooner at {settings.target:g} % than 1998 with {NAMES[arm]}?"
    if came.always and found is not None:
        share = _fewer(found)
        said = f"{_answer(way, 'later')}: {steps(found)}, fewer in {share.text}."
    elif came.change.count or came.base.count:
        share = came.change
        said = (
            f"{_ANSWERS[way]}: it came so far in {share.text}, 1998 in {came.base.count} of "
            f"{came.base.of}; one alone in {came.change_alone} and {came.base_alone} (sign test, "
            f"p = {came.chance:.2g})."
        )
        if found is not None:
            said += f" Where both did ({seeds(found.n)}): {steps(found)}."
    else:
        return None
    return Claim(
        id=f"steps-{arm}",
        sentence=f"{asked} {said}",
        verdict=_VERDICTS[way],
        share=share,
        difference=found,
    )


def _answer(way: int, otherwise: str) -> str:
    return f"No, {otherwise}" if way > 0 else _ANSWERS[way]


def _fewer(found: Spread) -> Share:
    return counted(found, lambda value: value < 0)
