"""What the trials say, in sentences computed from them."""

from cnn_core.concepts.stacked_kernels.settings import StackedKernelSettings
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.trials import Trials


def read(settings: StackedKernelSettings, trials: Trials) -> ExperimentReading:
    """Return what finished or partial trials say."""
    return ExperimentReading(answer="", headline="No pair of networks is trained yet.", meaning=())
