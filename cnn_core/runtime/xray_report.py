"""The report of a chest X-ray study: one HTML file that needs nothing else and can be printed.

No script, no font and no picture from outside (its own content policy forbids them); everything
that came from outside is escaped by the template, and names of patients and files are withheld
(`report_privacy`). The statement and the red flags stand at the top and under every score.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnn_core.charts.film_rows import coverage_words
from cnn_core.charts.film_words import figure, labelled, under_every_result
from cnn_core.results.films import FilmSet
from cnn_core.results.runs import RunRecord
from cnn_core.results.study_evidence import checklists, study_evidence
from cnn_core.results.xray_audit import Protocols, XrayAudit
from cnn_core.results.xray_plan import PREVALENCES, STATEMENT, Scored, StudyPlan
from cnn_core.results.xray_prevalence import ASSUMES
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime import report_figures, report_tables, report_words
from cnn_core.runtime.report_failures import FailedFilm, mistaken
from cnn_core.runtime.report_privacy import withholding
from cnn_core.runtime.xray_card import study_card as study_card

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
TEMPLATE = "xray_report.html.j2"


def study_report(
    result: StudyResult,
    film_set: FilmSet,
    plan: StudyPlan,
    audit: XrayAudit | None,
    *,
    records: Sequence[RunRecord] = (),
    failures: Sequence[FailedFilm] = (),
    scored: Scored | None = None,
    protocols: Protocols | None = None,
    prevalences: Mapping[str, float] = PREVALENCES,
    written: float | None = None,
) -> str:
    """Return the report of a study, HTML.

    Args:
        result: the study.
        film_set: its films.
        plan: who saw which patient.
        audit: of the films; None where there is none.
        records: the runs of the study, the served one first.
        failures: films that were taken for another class (`report_failures.failed_films`).
        scored: the scores behind the last evaluation, for the decision curve.
        protocols: the naive and the honest score.
        prevalences: assumed share of every class; left out where a class has none.
        written: when, seconds since 1970; now where None.
    """
    withheld = withholding(film_set)
    flawless = not failures and scored is not None and not mistaken(scored).any()
    page = _environment(withheld).get_template(TEMPLATE)
    opening = _opening(result, film_set, plan, audit)
    middle = _scores(result, scored, prevalences)
    evidence = study_evidence(
        result,
        film_set,
        plan,
        audit,
        failures=len(failures) if failures or flawless else None,
        records=len(records),
        commit=report_words.versions(result, records).get("commit", ""),
    )
    return page.render(
        **opening,
        **middle,
        failures=[_failure(film) for film in failures],
        flawless=flawless,
        protocols="" if protocols is None else protocols.sentence,
        methods=report_words.methods(result, film_set, plan, records[0] if records else None),
        hashes=report_tables.hash_table(result, film_set, plan, records),
        licences=report_tables.licence_table(film_set),
        citation=film_set.citation,
        checklists={
            name: report_tables.checklist_table(answers)
            for name, answers in checklists(evidence).items()
        },
        versions=report_words.versions(result, records),
        written=report_words.day(time.time() if written is None else written),
    )


def _environment(withheld: Callable[[str], str]) -> "Environment":
    """Return the templates' environment: everything is escaped, whatever a template forgets."""
    import jinja2

    def finished(value: object) -> object:
        if not isinstance(value, str) or value.startswith("data:"):
            return value
        return type(value)(withheld(value))  # markup (drawings, macros) stays markup

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finished,
        trim_blocks=True,
    )


def _opening(
    result: StudyResult, film_set: FilmSet, plan: StudyPlan, audit: XrayAudit | None
) -> dict[str, Any]:
    """Return what stands on page one, and the audit."""
    under = under_every_result(result)
    return {
        "title": f"Deep learning on chest X-rays: {result.model} on {film_set.title}",
        "statement": STATEMENT,
        "synthetic": film_set.synthetic,
        "leakage": "" if film_set.patients_known else report_words.NO_LEAKAGE_STAMP,
        "red": result.red,
        "under_every_result": under,
        "at_the_top": [line for line in under if not (result.red and line.startswith("red audit"))],
        "in_short": report_words.in_short(result, film_set, plan),
        "intended": report_words.intended_use(result.classes),
        "flow": report_figures.flow_figure(result, film_set, plan),
        "roles": report_tables.role_table(result),
        "class_names": [labelled(label) for label in result.classes],
        "labels": film_set.labels,
        "people": report_tables.people_tables(film_set, plan),
        "sample": report_words.sample_size(result),
        "site_lines": report_tables.site_lines(audit, result),
        "audit_words": report_words.audit_words(audit),
        "flags": [] if audit is None else report_tables.flag_table(audit),
        "blind": [] if audit is None else report_tables.blind_table(audit),
        "limits": report_words.limits(result, film_set, plan, audit),
    }


def _scores(
    result: StudyResult, scored: Scored | None, prevalences: Mapping[str, float]
) -> dict[str, Any]:
    """Return what was measured and what is decided."""
    evaluations = [each for each in (result.cross_validation, result.locked) if each is not None]
    sites = [report_figures.site_figure(each) for each in evaluations]
    best = report_words.best_evaluation(result)
    assumed = best is not None and all(label in prevalences for label in result.classes)
    return {
        "evaluations": [report_tables.evaluation_table(each) for each in evaluations],
        "sites": [each for each in sites if each is not None],
        "no_sites": "the films name neither source nor site"
        if evaluations
        else "nothing was evaluated yet",
        "claims": report_words.published_claims(),
        "prevalence_figures": report_figures.prevalence_figures(
            best, result.classes, prevalences, scored
        )
        if best is not None and assumed
        else [],
        "prevalence_words": ""
        if best is None
        else report_words.prevalence_words(prevalences, best.what),
        "assumes": ASSUMES,
        "operating_point": result.operating_point.sentence,
        "disease_points": [point.sentence for point in result.operating_point.diseases],
        "conformal": result.conformal.sentence,
        "coverage": coverage_words(result.conformal, result.classes),
        "path": "" if result.path is None else result.path.sentence,
        "decisions": report_figures.decision_figures(result),
        "intervals": report_words.interval_methods(result),
    }


def _failure(film: FailedFilm) -> dict[str, str]:
    return {
        "digest": film.digest,
        "truth_words": labelled(film.truth),
        "said_words": labelled(film.said),
        "sure": figure(film.probability),
        "source": film.source,
        "uri": film.uri,
    }
