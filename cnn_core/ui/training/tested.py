"""What a finished run said of the test pictures of its data set, and these pictures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.images import ImageSet
from cnn_core.data.shares import test_part
from cnn_core.errors import DataError
from cnn_core.results.judgement import Judged
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.files import PREDICTIONS_FILE, read_probabilities
from cnn_core.ui.lab import Laboratory


@dataclass(frozen=True, kw_only=True, eq=False)
class Tested:
    """The test pictures of a run, and what it said of each.

    Attributes:
        pictures: of which it was tested, in their order in the data set.
        numbers: place of each in the test set, int64 `(N,)`.
        probabilities: float32 `(N, C)`, each row adds up to 1.
    """

    pictures: ImageSet
    numbers: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    @property
    def predictions(self) -> NDArray[np.int64]:
        """The class that each was taken for, int64 `(N,)`."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @property
    def confidences(self) -> NDArray[np.float64]:
        """The probability of that class, float64 `(N,)`, 0 to 1."""
        return np.asarray(self.probabilities.max(axis=1), dtype=np.float64)

    @property
    def judged(self) -> Judged:
        """The same as the scores take it; nothing is embedded."""
        return Judged(
            part="test",
            pictures=self.numbers,
            labels=self.pictures.labels,
            probabilities=self.probabilities,
            embeddings=np.zeros((len(self.numbers), 0), dtype=np.float32),
        )


def tested_of(lab: Laboratory, record: RunRecord) -> Tested:
    """Return what a finished run said of its test pictures.

    Raises:
        DataError, WeightsError: the pictures or the predictions are no longer there, or not the
            same.
    """
    probabilities = read_probabilities(lab.store.folder / record.id / PREDICTIONS_FILE)
    dataset = cached_dataset(record.dataset.source, Path(record.dataset.location or "."))
    if dataset.fingerprint != record.dataset.fingerprint:
        raise DataError(
            "The data set has changed since this run: its mistakes cannot be shown any more.",
            hint="Train a new run with the data as it is now.",
        )
    test = dataset.test
    numbers = test_part(test.labels, record.config.data_share)
    if len(numbers) != len(probabilities):
        raise DataError(
            f"This run was tested on {len(probabilities):,} pictures, but its settings say "
            f"{len(numbers):,}: its mistakes cannot be shown.",
            hint="Train the run again.",
        )
    part = test
    if len(numbers) < len(test):
        part = ImageSet(test.images[numbers], test.labels[numbers], test.classes)
    return Tested(pictures=part, numbers=numbers, probabilities=probabilities)
