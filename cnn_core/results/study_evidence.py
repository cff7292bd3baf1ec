"""What a chest X-ray study has to show, for the checklists of reporting."""

from collections.abc import Mapping

from cnn_core.results import claim2024, tripod_ai
from cnn_core.results.checklist_items import AnsweredItem, Evidence, answered
from cnn_core.results.films import MISSING, FilmSet
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.results.xray_plan import StudyPlan
from cnn_core.results.xray_study import StudyResult


def study_evidence(
    result: StudyResult,
    film_set: FilmSet,
    plan: StudyPlan | None,
    audit: XrayAudit | None,
    *,
    failures: int | None = None,
    records: int = 0,
    commit: str = "",
) -> frozenset[Evidence]:
    """Return what a study has.

    Args:
        result: the study.
        film_set: its films.
        plan: who saw which patient.
        audit: of the films.
        failures: failed films that a report shows, 0 where no film was taken for another class;
            None where they were not looked for.
        records: training runs that a report describes.
        commit: of the code, "" where it is not known.
    """
    evaluations = [each for each in (result.cross_validation, result.locked) if each is not None]
    there: dict[Evidence, bool] = {
        "sources": _any_of(film_set, "source", "site"),
        "dates": _any_of(film_set, "study_date"),
        "established": bool(film_set.labels)
        and all(row.established and "not stated" not in row.established for row in film_set.labels),
        "demographics": _any_of(film_set, "age") and _any_of(film_set, "sex"),
        "plan": plan is not None,
        "records": records > 0,
        "evaluation": bool(evaluations),
        "calibration": any(each.calibration.classes for each in evaluations),
        "subgroups": any(each.subgroups for each in evaluations),
        "audit": audit is not None,
        "failures": failures is not None,
        "operating point": result.operating_point.threshold is not None,
        "licence": bool(film_set.licence) or _any_of(film_set, "licence"),
        "commit": bool(commit),
    }
    return frozenset(name for name, present in there.items() if present)


def _any_of(film_set: FilmSet, *columns: str) -> bool:
    return any(value != MISSING for name in columns for value in film_set.column(name))


def checklists(evidence: frozenset[Evidence]) -> Mapping[str, tuple[AnsweredItem, ...]]:
    """Return both checklists with the status of every item, by citation."""
    return {
        claim2024.CITATION: answered(claim2024.ITEMS, evidence),
        tripod_ai.CITATION: answered(tripod_ai.ITEMS, evidence),
    }
