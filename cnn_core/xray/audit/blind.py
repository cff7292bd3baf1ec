"""What tells the classes apart without the picture: the table alone, the file alone (part 4).

The same small model as everywhere in the audit, with the same folds of whole groups, on columns in
the place of pixels. Where it comes near the image model, nobody can say that the image model needed
the image.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import DataError
from cnn_core.results.auroc import auroc as area
from cnn_core.results.films import FilmSet
from cnn_core.results.xray_audit import AuditFlag, BlindScore, Level
from cnn_core.xray.audit.columns import Column, audited_columns, column_levels, one_hot
from cnn_core.xray.audit.flags import figure, with_interval
from cnn_core.xray.auroc import auroc_over_folds
from cnn_core.xray.intervals import FEWEST_PATIENTS
from cnn_core.xray.small_model import small_model_folds, small_model_scores
from cnn_core.xray.splits import patient_numbers, patients_by_class

WITHIN = 0.10
"""Red where the table or the file comes so near the image model's macro-averaged AUROC."""
TELLS = 0.60
"""Amber from here on (the lower end of the interval): it tells, if less than the image."""

Integers = NDArray[np.int64]
Floats = NDArray[np.floating]


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """What all models of an audit are fitted and judged with.

    Attributes:
        labels: classes `(N,)`, from 0.
        groups: what is never divided `(N,)`, from 0; also what a bootstrap draws.
        classes: their names.
        draws: of a bootstrap.
        seed: of folds and draws.
        folds: how many.
    """

    labels: Integers
    groups: Integers
    classes: tuple[str, ...]
    draws: int
    seed: int
    folds: int = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldScores:
    """What models said of films that they were not trained on.

    Attributes:
        probabilities: float64 `(N, C)`.
        folds: which model said it, int64 `(N,)`, from 1.
    """

    probabilities: NDArray[np.float64]
    folds: Integers


def fold_scores(features: Floats, material: Material) -> FoldScores:
    """Return what the small model says of each film from these features, out of fold.

    Args:
        features: about 0 to 1, `(N, P)`.
        material: labels and groups; the same seed gives the same folds for all features.

    Raises:
        DataError: too few patients for two folds.
    """
    probabilities, folds = small_model_scores(
        features,
        material.labels,
        material.groups,
        folds=material.folds,
        seed=material.seed,
        classes=material.classes,
    )
    return FoldScores(probabilities=probabilities, folds=folds)


def too_few_patients(material: Material) -> bool:
    """Return whether nothing can be fitted: fewer than ten groups of some class, or no folds."""
    there = patients_by_class(material.labels, material.groups, len(material.classes))
    if min(there) < FEWEST_PATIENTS:
        return True
    try:
        small_model_folds(
            material.labels,
            material.groups,
            folds=material.folds,
            seed=material.seed,
            classes=material.classes,
        )
    except DataError:  # the patients of several classes are the same
        return True
    return False


def blind_score(
    what: str, scores: FoldScores, material: Material, columns: Sequence[str] = ()
) -> BlindScore | None:
    """Return how well scores tell the classes; None where there are too few patients to say."""
    found = auroc_over_folds(
        material.labels,
        scores.probabilities,
        material.groups,
        scores.folds,
        draws=material.draws,
        seed=material.seed,
    )
    if found.value is None or found.interval is None:
        return None
    by_class = [
        _mean_over_folds(material.labels == number, scores.probabilities[:, number], scores.folds)
        for number in range(len(material.classes))
    ]
    return BlindScore(
        what=what,
        auroc=found.value,
        interval=found.interval,
        by_class=tuple(by_class),
        columns=tuple(columns),
    )


def _mean_over_folds(positive: NDArray[np.bool_], scores: Floats, folds: Integers) -> float | None:
    areas = [area(positive[folds == fold], scores[folds == fold]) for fold in np.unique(folds)]
    known = [value for value in areas if value is not None]
    return sum(known) / len(known) if known else None


def table_columns(film_set: FilmSet) -> tuple[Column, ...]:
    """Return the columns of the table that may tell a class of a film that is new."""
    patients = patient_numbers(film_set)
    found = [
        column_levels(name, film_set.column(name), patients) for name in audited_columns(film_set)
    ]
    return tuple(column for column in found if not column.identifies and len(column.levels) > 1)


def file_columns(film_set: FilmSet) -> tuple[Column, ...]:
    """Return what the files tell, those that differ: size, form, mode, bit depth, compression."""
    files = [film.file for film in film_set.films]
    told: dict[str, list[str]] = {
        "size": [f"{file.bytes}" for file in files],
        "format": [f"{file.format}" for file in files],
        "mode": [file.mode for file in files],
        "bit depth": [f"{file.bits} bits" for file in files],
        "compression": [file.compression for file in files],
        "width": [f"{file.width}" for file in files],
        "height": [f"{file.height}" for file in files],
        "width by height": [f"{file.width / file.height:.3f}" for file in files],
        "bytes a pixel": [f"{file.bytes / (file.width * file.height):.4f}" for file in files],
    }
    found = [column_levels(name, values) for name, values in told.items()]
    return tuple(column for column in found if len(column.levels) > 1)


def features_of(columns: Sequence[Column]) -> NDArray[np.float64]:
    """Return columns as the small model takes them, float64 `(N, levels of all)`, 0 or 1."""
    return one_hot(columns)


def blind_flag(
    what: str, found: BlindScore | None, *, image: BlindScore | None, model_auroc: float | None
) -> AuditFlag:
    """Judge the table or the file against the image model.

    Red if it tells something (the lower end of its interval is above 0.5) and comes within 0.10 of
    the image model, or above it. Not judged where neither can be told from chance.

    Args:
        what: "table" or "file".
        found: its score; None where there is nothing to judge.
        image: the small model's score on the whole film.
        model_auroc: macro-averaged AUROC of a trained model, where there is one.
    """
    name = f"{what}-alone"
    if found is None or image is None:
        nothing = "no column" if what == "table" else "nothing in which the files differ"
        return AuditFlag(
            part=4,
            name=name,
            level="not judged" if what == "table" or image is None else "green",
            value=None,
            sentence=f"The {what} alone: there is {nothing} to tell the classes by."
            if image is not None
            else f"The {what} alone: too few patients to judge it.",
        )
    trained = model_auroc is not None and model_auroc >= image.auroc
    rival = model_auroc if trained and model_auroc is not None else image.auroc
    near = found.auroc >= rival - WITHIN
    low = found.interval[0]
    level: Level = "red" if near and low > 0.5 else "amber" if low > TELLS else "green"
    if low <= 0.5 and not trained and image.interval[0] <= 0.5:
        level = "not judged"
    model = "the trained model" if trained else "the small model on the whole film"
    sentence = (
        f"The {what} alone, without any picture, reaches a macro-averaged AUROC of "
        f"{with_interval(found.auroc, found.interval)}; {model} has {figure(rival)}."
    )
    if level == "red":
        sentence += " The score of a model on these films may owe nothing to the lungs."
    elif level == "not judged":
        sentence += " It cannot be told from chance, and neither can the picture."
    elif level == "green":
        sentence += (
            " It cannot be told from chance." if near else " It is no match for the picture."
        )
    return AuditFlag(part=4, name=name, level=level, value=found.auroc, sentence=sentence)
