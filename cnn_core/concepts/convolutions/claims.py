"""The statements that the experiment of convolutions looks at, with what was found."""

from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.results.experiment_reading import Claim
from cnn_core.results.trials import Trials


def claims_of(settings: ConvolutionSettings, trials: Trials) -> tuple[Claim, ...]:
    """Return the statements, in the order of the page."""
    return ()
