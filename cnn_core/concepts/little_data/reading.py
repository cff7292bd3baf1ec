"""What the trials of "little-data" say, in sentences computed from them."""

from cnn_core.concepts.little_data.settings import LittleDataSettings
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.trials import Trials


def read(settings: LittleDataSettings, trials: Trials) -> ExperimentReading:
    """Return what the trials say."""
    del settings
    if not trials.done:
        return ExperimentReading(answer="", headline="No trial has ended yet.", meaning=())
    return ExperimentReading(answer="", headline=f"{len(trials.done)} trials are done.", meaning=())
