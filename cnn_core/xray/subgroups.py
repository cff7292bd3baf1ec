"""A model by source, view, age and sex: "not estimable" below 20 patients. Pure."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.wording import counted
from cnn_core.results.films import MISSING
from cnn_core.results.xray_evaluation import Measured, SubgroupRow
from cnn_core.results.xray_plan import Scored
from cnn_core.xray.auroc import auroc, auroc_over_folds
from cnn_core.xray.intervals import no_figure, proportion

FEWEST_PATIENTS = 20
COLUMNS = ("source", "site", "view", "age", "sex")
"""The columns of a manifest that are looked at, in this order."""
MISSING_LEVEL = "missing"

_AGES = ((18, "below 18"), (40, "18 to 39"), (60, "40 to 59"), (75, "60 to 74"), (1_000, "from 75"))


def age_group(text: str) -> str:
    """Return which group an age in years belongs to.

    >>> age_group("39"), age_group("61.0"), age_group(""), age_group("adult")
    ('18 to 39', '60 to 74', 'missing', 'missing')
    """
    try:
        years = float(text)
    except ValueError:
        return MISSING_LEVEL
    return next((name for limit, name in _AGES if 0 <= years < limit), MISSING_LEVEL)


def levels_of(column: str, values: Sequence[str]) -> tuple[str, ...]:
    """Return the level of each value: ages in groups, what is not known as "missing"."""
    if column == "age":
        return tuple(age_group(value) for value in values)
    return tuple(MISSING_LEVEL if value == MISSING else value for value in values)


def subgroups(
    scored: Scored,
    classes: Sequence[str],
    columns: Mapping[str, Sequence[str]],
    *,
    draws: int,
    seed: int,
) -> tuple[SubgroupRow, ...]:
    """Return a row for each level of each of `COLUMNS` that is there, the most frequent first.

    Discrimination is of the diseased from the normal, as the triage does it: the score is
    1 - P(normal), sensitivity and specificity are at the most probable class. (Without a class
    "normal": of the first class from the rest.)

    Args:
        scored: films that the model was not trained on.
        classes: names of the outputs.
        columns: what each of the films has in a column, `(N,)`.
        draws: of each bootstrap.
        seed: of the draws.
    """
    normal = classes.index("normal") if "normal" in classes else 0
    sick = scored.labels != normal
    score = 1 - scored.probabilities[:, normal]
    named = scored.probabilities.argmax(axis=1) != normal
    rows = []
    for column in COLUMNS:
        if column not in columns:
            continue
        values = np.array(levels_of(column, columns[column]), dtype=object)
        levels, counts = np.unique(values, return_counts=True)
        for level in levels[np.argsort(-counts, kind="stable")].tolist():
            inside = values == level
            rows.append(_row(column, level, scored, inside, sick, score, named, draws, seed))
    return tuple(rows)


def _row(
    column: str,
    level: str,
    scored: Scored,
    inside: NDArray[np.bool_],
    sick: NDArray[np.bool_],
    score: NDArray[np.float64],
    named: NDArray[np.bool_],
    draws: int,
    seed: int,
) -> SubgroupRow:
    patients = scored.patients
    count = len(np.unique(patients[inside]))

    def share(of: NDArray[np.bool_], good: NDArray[np.bool_]) -> Measured:
        if count < FEWEST_PATIENTS:
            return _not_estimable(int(of.sum()), count)
        return proportion(good[of], patients[of], draws=draws, seed=seed)

    return SubgroupRow(
        column=column,
        level=level,
        films=int(inside.sum()),
        patients=count,
        auroc=_area(scored, inside, sick, score, count, draws, seed),
        sensitivity=share(inside & sick, named),
        specificity=share(inside & ~sick, ~named),
    )


def _area(
    scored: Scored,
    inside: NDArray[np.bool_],
    sick: NDArray[np.bool_],
    score: NDArray[np.float64],
    count: int,
    draws: int,
    seed: int,
) -> Measured:
    if count < FEWEST_PATIENTS:
        return _not_estimable(int(inside.sum()), count)
    patients, folds = scored.patients[inside], scored.folds[inside]
    if len(np.unique(folds)) > 1:
        return auroc_over_folds(
            sick[inside], score[inside], patients, folds, draws=draws, seed=seed
        )
    return auroc(sick[inside], score[inside], patients, draws=draws, seed=seed)


def _not_estimable(films: int, patients: int) -> Measured:
    return no_figure(films, patients, f"not estimable: {counted(patients, 'patient')}")
