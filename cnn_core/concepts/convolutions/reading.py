"""What the trials say about convolutions: sentences and verdicts computed from the figures."""

from cnn_core.concepts.convolutions.claims import claims_of
from cnn_core.concepts.convolutions.plan import CNN, PARAMETERS, condition
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.trials import Place, Trials

_GUESSING = 0.2  # twice chance
_LEVEL = 0.015


def read(settings: ConvolutionSettings, trials: Trials) -> ExperimentReading:
    """Return what the trials say; any number of them may be done."""
    permuted = condition(settings.most, permuted=True)
    cnn, mlp = (
        trials.spread("accuracy", Place(arm=a, condition=permuted)) for a in (CNN, PARAMETERS)
    )
    gap = trials.difference(
        "accuracy", Place(arm=CNN, condition=permuted), Place(arm=PARAMETERS, condition=permuted)
    )
    if cnn is None or mlp is None or gap is None:
        return ExperimentReading(
            answer="", headline="No pair of networks has read shuffled digits yet.", meaning=()
        )
    headline = (
        f"On shuffled digits the CNN reads {100 * cnn.mean:.1f} % and the fully connected network "
        f"{100 * mlp.mean:.1f} %."
    )
    return ExperimentReading(
        answer=_answer(cnn.mean, mlp.mean, gap.interval),
        headline=headline,
        meaning=(),
        claims=claims_of(settings, trials),
    )


def _answer(cnn: float, mlp: float, gap: tuple[float, float] | None) -> str:
    if max(cnn, mlp) < _GUESSING:
        return "guess"
    if gap is None:
        return ""
    if gap[0] > 0:
        return "ahead"
    if gap[1] < 0:
        return "behind"
    return "level" if gap[0] >= -_LEVEL and gap[1] <= _LEVEL else ""
