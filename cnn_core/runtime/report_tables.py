"""The tables of a study's report as plain words; the template escapes them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cnn_core.charts import wording
from cnn_core.charts.film_flow import ROLE_NAMES, role_rows
from cnn_core.charts.film_rows import class_measures
from cnn_core.charts.film_titles import ece_sentence, measures_title
from cnn_core.charts.film_words import between, figure, labelled, measured
from cnn_core.results.checklist_items import STATUSES, AnsweredItem
from cnn_core.results.films import FilmSet
from cnn_core.results.protocol_words import SEEN_WORDS
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_audit import PARTS, XrayAudit
from cnn_core.results.xray_evaluation import Evaluation
from cnn_core.results.xray_plan import StudyPlan, resembles
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.report_figures import Figure, evaluation_figures, interval_figures
from cnn_core.runtime.report_words import day
from cnn_core.xray.characteristics import ClassCharacteristics, characteristics

NOT_STATED = "not stated"


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """One class of a table of scores: `values` as `EvaluationTable.measures` names them."""

    name: str
    films: str
    patients: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EvaluationTable:
    """One evaluation, as a report prints it."""

    title: str
    summary: str
    measures: tuple[str, ...]
    classes: tuple[ClassRow, ...]
    confusion: tuple[tuple[str, tuple[int, ...]], ...]
    calibration: str
    figures: list[Figure]
    rows: list[Figure]


def evaluation_table(evaluation: Evaluation) -> EvaluationTable:
    """Return the scores of an evaluation in words, with its figures."""
    said = [class_measures(row) for row in evaluation.classes]
    return EvaluationTable(
        title=f"{evaluation.what.capitalize()}: {wording.plural(evaluation.films, 'film')} of "
        f"{wording.plural(evaluation.patients, 'patient')}",
        summary=f"Macro AUROC {measured(evaluation.macro_auroc)}. {measures_title(evaluation)}.",
        measures=tuple(said[0]) if said else (),
        classes=tuple(
            ClassRow(
                name=resembles(row.label),
                films=f"{row.films:,}",
                patients=f"{row.patients:,}",
                values=tuple(measured(found) for found in measures.values()),
            )
            for row, measures in zip(evaluation.classes, said, strict=True)
        ),
        confusion=tuple(
            (labelled(row.label), counts)
            for row, counts in zip(evaluation.classes, evaluation.confusion, strict=True)
        ),
        calibration=ece_sentence(evaluation.calibration, evaluation.films),
        figures=evaluation_figures(evaluation),
        rows=interval_figures(evaluation),
    )


def people_tables(
    film_set: FilmSet, plan: StudyPlan
) -> dict[str, tuple[ClassCharacteristics, ...]]:
    """Return who is on the films: all of them, and the two sides that scores compare."""
    pairs = list(zip(plan.films, plan.roles, strict=True))
    sides = {
        "development": [film for film, role in pairs if role != "locked"],
        "locked test": [film for film, role in pairs if role == "locked"],
    }
    tables = {"All films": characteristics(film_set)}
    for name, places in sides.items():
        if places:
            tables[f"Of these, {name}"] = characteristics(film_set, places)
    return tables


def role_table(result: StudyResult) -> dict[str, tuple[int, ...]]:
    """Return patients by role and class, roles named for a person."""
    rows = {ROLE_NAMES[role]: counts for role, counts in role_rows(result).items()}
    return rows | ({"all": result.patients["all"]} if "all" in result.patients else {})


def licence_table(film_set: FilmSet) -> list[tuple[str, tuple[int, ...]]]:
    """Return films by licence and class, the most frequent licence first.

    Where the table has no licence, the set's stands for all its films.
    """
    own = film_set.column("licence")
    counts: dict[str, Counter[str]] = {}
    for film, licence in zip(film_set.films, own, strict=True):
        name = licence.strip() or film_set.licence or NOT_STATED
        counts.setdefault(name, Counter())[film.label] += 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return [(name, tuple(by[label] for label in film_set.classes)) for name, by in ordered]


def flag_table(audit: XrayAudit) -> list[tuple[str, str, str]]:
    """Return level, part of the audit and sentence of every flag, the gravest first."""
    return [(flag.level, PARTS[flag.part].lower(), flag.sentence) for flag in audit.flags]


def blind_table(audit: XrayAudit) -> list[tuple[str, str]]:
    """Return what tells the classes without the lungs, with its interval."""
    return [
        (SEEN_WORDS.get(row.what, row.what), f"{figure(row.auroc)} ({between(row.interval)})")
        for row in audit.blind
    ]


def site_lines(audit: XrayAudit | None, result: StudyResult) -> list[str]:
    """Return what is known of single sites and of one that was never seen."""
    lines = []
    for row in audit.sources if audit is not None else ():
        carried = ", ".join(map(labelled, row.carries)) or "no class"
        lines.append(f"{row.source}: carries {carried} (30 patients or more).")
        lines += [
            f"{row.source}, {labelled(each.first)} against {labelled(each.second)}: AUROC "
            f"{figure(each.auroc)} ({between(each.interval)}) of the audit's small model."
            for each in row.within
        ]
    for left in audit.left_out if audit is not None else ():
        lines.append(
            f"{left.source} left out of training: AUROC {figure(left.auroc)} "
            f"({between(left.interval)}) of the audit's small model."
        )
    return [*lines, result.unseen] if result.unseen else lines


def hash_table(
    result: StudyResult, film_set: FilmSet, plan: StudyPlan, records: Sequence[RunRecord]
) -> list[tuple[str, str]]:
    """Return what names data, plan, weights and runs: the digests that make them the same again."""
    folds = {record.id: record.config.fold for record in records}
    rows = [
        ("film set", film_set.id),
        ("pictures of the films", film_set.snapshot),
        ("plan: who saw which patient", plan.id),
        ("served run", result.run or "none"),
        *(
            (f"run of fold {folds[run]}" if run in folds else "run of a fold", run)
            for run in result.fold_runs
        ),
    ]
    rows += [(f"data of run {record.id}", record.dataset.fingerprint) for record in records]
    rows += [
        (f"locked test opened {day(opening.at)}, weights", opening.weights)
        for opening in result.openings
    ]
    return rows


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """A checklist as it is printed."""

    summary: str
    answers: tuple[AnsweredItem, ...]


def checklist_table(answers: tuple[AnsweredItem, ...]) -> Checklist:
    """Return the answers with how many of each status there are."""
    counts = Counter(answer.status for answer in answers)
    summary = ", ".join(f"{counts[status]} {status}" for status in STATUSES)
    return Checklist(summary=f"{summary}, of {len(answers)}", answers=answers)
