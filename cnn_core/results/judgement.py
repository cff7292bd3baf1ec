"""What is found out about a network that was trained on a person's own pictures.

Plain values and NumPy arrays, free of torch. `Judged` is what the network said of one part;
`Judgement` is what follows from it, as kept in the run's folder (`judgement.json`).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.pictures import Part

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """What a network said of the pictures of one part.

    Attributes:
        part: "train", "valid" or "test".
        pictures: places in `Snapshot.pictures`, int64 `(N,)`.
        labels: true classes, int64 `(N,)`.
        probabilities: float32 `(N, C)`, each row adds up to 1.
        embeddings: what the backbone makes of each picture, averaged over its places, float32
            `(N, D)`.
    """

    part: Part
    pictures: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    embeddings: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """One class of one part: shares from 0 to 1, None where nothing can be said (0 of 0).

    Attributes:
        recall_interval: 95 % Wilson interval of the recall, None without pictures.
        precision_interval: likewise of the precision, None where nothing was taken for it.
    """

    label: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None
    recall_interval: Interval | None
    precision_interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """Predictions of about one confidence: how many, how sure, how often right."""

    count: int
    confidence: float
    accuracy: float
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class PartScore:
    """A network's score on one part.

    Attributes:
        accuracy: with its 95 % Wilson interval.
        loss: mean cross entropy.
        confusion: counts, rows true, columns predicted.
        calibration: bins of equal numbers of pictures, by rising confidence.
        calibration_error: expected calibration error over these bins, 0 to 1.
        top_losses: places in `Judged` of the pictures with the greatest loss, worst first.
    """

    part: Part
    size: int
    correct: int
    accuracy: float
    interval: Interval
    loss: float
    macro_f1: float
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration: tuple[CalibrationBin, ...]
    calibration_error: float
    top_losses: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Something simpler on the same validation pictures.

    Attributes:
        sentence: how it fares, and whether the network's lead is more than chance.
        won: pictures that the network gets right and the baseline does not.
        lost: pictures that the baseline gets right and the network does not.
    """

    id: Literal["most-frequent", "nearest-neighbours", "from-scratch"]
    title: str
    accuracy: float
    interval: Interval
    sentence: str
    won: int = 0
    lost: int = 0


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """Validation accuracy with so many training pictures of each class (or all it has).

    Attributes:
        low: lower end of the 95 % band over draws of training and of validation pictures.
        high: its upper end.
        repeats: how many draws of training pictures.
        gain: 95 % interval of the gain over the point before, on the same validation pictures;
            None for the first point.
    """

    images_a_class: int
    images: int
    mean: float
    low: float
    high: float
    repeats: int
    gain: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence of the reading, computed from the figures; `weight` orders them."""

    text: str
    kind: Literal["score", "confusion", "fit", "calibration", "data", "baseline", "curve"]
    weight: float
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Everything that is said of a run, as it is kept with it.

    Attributes:
        scores: of "train" (with the weights kept, without augmentation), "valid", and "test" where
            there is one.
        curve: the learning curve, by rising `images_a_class`; () where it cannot be drawn.
        curve_sentence: with what and on what it was measured.
        reading: the most telling sentence first.
    """

    classes: tuple[str, ...]
    scores: tuple[PartScore, ...]
    baselines: tuple[Baseline, ...]
    curve: tuple[CurvePoint, ...]
    curve_sentence: str
    reading: tuple[Sentence, ...]


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A training picture near to one that was asked about; `similarity` is the cosine, -1 to 1."""

    picture: int
    label: str
    similarity: float


@dataclass(frozen=True, kw_only=True)
class TriedPicture:
    """What a trained network says of one new picture.

    Attributes:
        probabilities: by class, in the classes' order.
        neighbours: the nearest training pictures, nearest first.
        distance: mean cosine distance to the nearest training pictures, 0 to 2.
        typical_share: part of the validation pictures that are farther away than this one, 0 to 1.
        none_of_these: whether it lies farther away than almost all validation pictures.
        sentence: what speaks for the most probable class, or why it is none of these.
    """

    name: str
    probabilities: dict[str, float]
    neighbours: tuple[Neighbour, ...]
    distance: float
    typical_share: float
    none_of_these: bool
    sentence: str


@dataclass(frozen=True, kw_only=True)
class FeatureEntry:
    """One file of the feature cache, as it is shown.

    Attributes:
        key: its name, a digest of weights, pictures, preprocessing, precision and cut.
        title: which network on which pictures, for a person.
        pictures: how many outputs are in it, all views counted.
        bytes: on the disk.
        used: when it was last used, seconds since 1970.
        complete: whether all outputs are there.
    """

    key: str
    title: str
    pictures: int
    bytes: int
    used: float
    complete: bool


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run would cost; `sentence` says all of it and where the figures are from.

    Attributes:
        seconds: until the scores are there, None if nothing is known.
        cached_share: part of the frozen outputs that are in the cache already, 0 to 1.
        memory_bytes: of the worker, at most.
        disk_bytes: cache, checkpoints and weights.
        measured_here: whether the pace was measured on this machine.
    """

    seconds: float | None
    cached_share: float
    memory_bytes: int
    disk_bytes: int
    measured_here: bool
    sentence: str
