"""Who is on the films, class by class, in words that identify nobody: for page one of a report.

Ages are given by median and quartiles and dates by year, never by their extremes of one person.
What a table does not say is "missing", a level of its own. Pure, standard library alone.
"""

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnn_core.results.films import FilmSet

MOST_LEVELS = 6
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=\D|\d{4}(?!\d)|$)")
_OLDEST = 125
_LEAST_WITH_QUARTILES = 5


@dataclass(frozen=True, kw_only=True)
class ClassCharacteristics:
    """One class: how many, from where, when, of which age and sex; "missing" where not known."""

    label: str
    films: int
    patients: int
    sites: str
    dates: str
    age: str
    sex: str


def characteristics(
    film_set: FilmSet, places: Sequence[int] | None = None
) -> tuple[ClassCharacteristics, ...]:
    """Return who is on the films, a row a class.

    Args:
        film_set: the films.
        places: of `FilmSet.films`, those that count; all of them where None.

    Films without a patient count as a patient each.
    """
    chosen = range(len(film_set.films)) if places is None else places
    site = "source" if "source" in film_set.columns else "site"
    columns = {name: film_set.column(name) for name in (site, "study_date", "age", "sex")}
    rows = []
    for label in film_set.classes:
        own = [place for place in chosen if film_set.films[place].label == label]
        values = {name: [column[place] for place in own] for name, column in columns.items()}
        people = {film_set.films[place].patient or f"\0{place}" for place in own}
        rows.append(
            ClassCharacteristics(
                label=label,
                films=len(own),
                patients=len(people),
                sites=_levels(values[site]),
                dates=_years(values["study_date"]),
                age=_ages(values["age"]),
                sex=_levels(values["sex"]),
            )
        )
    return tuple(rows)


def _age(text: str) -> float | None:
    """Return an age in years, written as a number; None where it is none."""
    try:
        years = float(text)
    except ValueError:
        return None
    return years if 0 <= years <= _OLDEST else None


def _levels(values: Iterable[str]) -> str:
    counts = Counter(value or "missing" for value in values)
    ordered = sorted(counts.items(), key=lambda pair: (pair[0] == "missing", -pair[1], pair[0]))
    said = [f"{name} {count:,}" for name, count in ordered[:MOST_LEVELS]]
    rest = len(ordered) - MOST_LEVELS
    return ", ".join([*said, f"{rest} more"] if rest > 0 else said) or "none"


def _missing(count: int) -> str:
    return f", {count:,} missing" if count else ""


def _years(values: Sequence[str]) -> str:
    found = [year[1] for value in values if (year := _YEAR.search(value))]
    if not found:
        return "missing" if values else "none"
    first, last = min(found), max(found)
    span = first if first == last else f"{first} to {last}"
    return f"{span}{_missing(len(values) - len(found))}"


def _ages(values: Sequence[str]) -> str:
    ages = sorted(age for value in values if (age := _age(value)) is not None)
    if not ages:
        return "missing" if values else "none"
    if len(ages) < _LEAST_WITH_QUARTILES:
        return f"{len(ages)} known, too few to say{_missing(len(values) - len(ages))}"
    low, middle, high = statistics.quantiles(ages, n=4, method="inclusive")
    return (
        f"median {middle:.0f} (quartiles {low:.0f} to {high:.0f})"
        f"{_missing(len(values) - len(ages))}"
    )
