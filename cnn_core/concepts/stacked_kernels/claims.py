"""What was looked at: a question each, and what the pairs of networks answer."""

from collections.abc import Iterator, Mapping

from cnn_core.concepts.stacked_kernels.pairs import difference, told
from cnn_core.concepts.stacked_kernels.shapes import LINEAR, ONE, STACK, WIDE
from cnn_core.concepts.stacked_kernels.words import large_name, stack_name
from cnn_core.results import trial_words
from cnn_core.results.experiment_reading import Claim, Verdict
from cnn_core.results.trials import Trials

_ASKED = (
    ("equal-channels", STACK, ONE, "at equal channels, do {stack} read more right than {large}"),
    ("equal-weights", WIDE, ONE, "at equal weights, do {stack} read more right than {large}"),
    ("relu", STACK, LINEAR, "do {stack} read more right with a ReLU between than without"),
    ("depth-alone", LINEAR, ONE, "without a ReLU between, do {stack} read more right than {large}"),
)
_VERDICTS: Mapping[int, Verdict] = {-1: "does not hold", 0: "cannot be told", 1: "holds"}
_ANSWERS = {-1: "No, fewer", 0: "That cannot be told", 1: "Yes"}


def claims(trials: Trials, field: str) -> Iterator[Claim]:
    """Yield the claims of a receptive field."""
    names = {"stack": stack_name(field), "large": large_name(field)}
    for name, first, second, words in _ASKED:
        asked = f"{field}: {words.format(**names)}?"
        found = difference(trials, "accuracy", first, second, field)
        if found is None:
            yield Claim(
                id=f"{name}-{field}", sentence=f"{asked} Not measured yet.", verdict="not measured"
            )
            continue
        way = told(trials, "accuracy", first, second, field)
        share = trial_words.counted(found, lambda value: value > 0)
        yield Claim(
            id=f"{name}-{field}",
            sentence=(
                f"{asked} {_ANSWERS[way]}: {trial_words.difference(found)}, more in {share.text}."
            ),
            verdict=_VERDICTS[way],
            share=share,
            difference=found,
        )
