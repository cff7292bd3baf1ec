"""The patient flow of a chest X-ray study: found, taken in, in a role, and what left on the way.

Pure and free of plotly; what comes from outside (reasons) is not escaped here.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cnn_core.charts import wording
from cnn_core.results.films import MISSING, FilmSet, reason_to_count
from cnn_core.results.xray_plan import StudyPlan
from cnn_core.results.xray_study import StudyResult

MOST_REASONS = 8

ROLE_NAMES = {
    "fit": "fit the served model",
    "temperature": "set the temperature",
    "decide": "set threshold, sets, gate",
    "locked": "locked test",
}
"""What patients of a role are for, in the order in which they stand."""


def role_rows(result: StudyResult) -> dict[str, tuple[int, ...]]:
    """Return patients by class of every role that has any, in the order of `ROLE_NAMES`."""
    known = {role: result.patients.get(role, ()) for role in ROLE_NAMES}
    return {role: row for role, row in known.items() if any(row)}


def split_title(result: StudyResult) -> str:
    """Return how many patients there are and how many of them are locked away.

    Patients with films of several classes count once for each class, and the title says so.
    """
    rows = role_rows(result)
    total = sum(map(sum, rows.values()))
    if not total:
        return "No patient has been given a role"
    locked = sum(rows.get("locked", ()))
    return (
        f"{wording.plural(total, 'patient')} (one with films of several classes counts in each), "
        f"{locked:,} of them in the locked test, which was {opened_words(result)}"
    )


def opened_words(result: StudyResult) -> str:
    """Return how often the locked test was opened."""
    times = len(result.openings)
    return {0: "never opened", 1: "opened once"}.get(times, f"opened {times:,} times")


@dataclass(frozen=True, kw_only=True)
class FlowStep:
    """One station of the patient flow: what, how many films and patients, and by class.

    Attributes:
        aside: what left at this station, a line each, the most frequent first.
        unit: what `films` counts.
        branch: whether it stands beside the other branches rather than below the one before.
    """

    what: str
    films: int
    patients: int | None
    aside: tuple[str, ...] = ()
    unit: str = "films"
    branch: bool = False


def flow_steps(result: StudyResult, film_set: FilmSet, plan: StudyPlan) -> tuple[FlowStep, ...]:
    """Return the patient flow: found, taken in, in a role; with what was left out and why.

    Files that could not be read are not films: they are counted with what was found.
    """
    rejected = Counter(reason_to_count(each.reason) for each in film_set.rejected)
    unused = {
        name: count
        for name, count in result.excluded.items()
        if reason_to_count(name) not in rejected
    }
    outside = len(film_set.films) - len(plan.films) - sum(unused.values())
    if outside > 0:
        unused["in no role"] = outside
    read = len(film_set.films)
    steps = [
        FlowStep(
            what="files found",
            films=read + len(film_set.rejected),
            patients=None,
            aside=_counted(rejected, "file"),
            unit="files",
        ),
        FlowStep(
            what="films taken in",
            films=read,
            patients=sum(1 if film.patient == MISSING else 0 for film in film_set.films)
            + len({film.patient for film in film_set.films} - {MISSING}),
            aside=_counted(unused, "film"),
        ),
    ]
    for role, name in ROLE_NAMES.items():
        places = [place for place, own in enumerate(plan.roles) if own == role]
        if places:
            patients = len({plan.patients[place] for place in places})
            steps.append(FlowStep(what=name, films=len(places), patients=patients, branch=True))
    return tuple(steps)


def _counted(reasons: Mapping[str, int], noun: str) -> tuple[str, ...]:
    ordered = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [f"{wording.plural(count, noun)}: {reason}" for reason, count in ordered[:MOST_REASONS]]
    rest = sum(count for _, count in ordered[MOST_REASONS:])
    return (*lines, f"{wording.plural(rest, noun)}: other reasons") if rest else tuple(lines)
