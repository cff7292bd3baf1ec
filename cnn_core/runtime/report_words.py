"""The sentences of a study's report, computed from the study; nothing is escaped here."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cnn_core.charts import wording
from cnn_core.charts.film_flow import ROLE_NAMES, opened_words
from cnn_core.charts.film_words import figure, labelled, measured
from cnn_core.results.films import SIDE, FilmSet
from cnn_core.results.metrics import wilson_interval
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.results.xray_evaluation import Evaluation, Measured
from cnn_core.results.xray_plan import StudyPlan
from cnn_core.results.xray_study import StudyResult
from cnn_core.xray.conformal import APPROXIMATE

NO_LEAKAGE_STAMP = "patient leakage not excluded"
_SIZES = re.compile(r"\s*\([\d,.]+ of [\d,]+[^)]*\)")
_SUSPICIOUS = 0.95
_TARGET_PATIENTS = 36
_MODES = {
    "frozen": "only the new last layer was trained",
    "last-block": "the last block and the new last layer were trained",
    "all": "all layers were trained",
    "scratch": "all layers were trained, from random weights",
}


def intended_use(classes: Sequence[str]) -> dict[str, str]:
    """Return what the model is for, for whom, and what not."""
    names = ", ".join(labelled(label) for label in classes)
    return {
        "Intended use": "To show how a chest X-ray model is trained and judged. It sorts frontal "
        f"films of adults by how much they resemble {names}, and refers what it is not sure of.",
        "Intended user": "Engineers and researchers who judge such models.",
        "Not for": "Diagnosis, screening or the care of any person; confirming or excluding "
        "COVID-19; children; lateral films; other modalities; films of other sites, unless they "
        "were measured here.",
    }


def best_evaluation(result: StudyResult) -> Evaluation | None:
    """Return the locked test where it was opened, else the cross-validation."""
    return result.locked or result.cross_validation


def in_short(result: StudyResult, film_set: FilmSet, plan: StudyPlan) -> dict[str, str]:
    """Return design, question, result and conclusion, a sentence or two each."""
    patients = len(set(plan.patients))
    names = ", ".join(labelled(label) for label in result.classes)
    folds = f"{plan.fold_count}-fold cross-validation by patient" if plan.fold_count else "no folds"
    return {
        "Design": f"Retrospective: {wording.plural(len(plan.films), 'film')} of "
        f"{wording.plural(patients, 'patient')} that existed already; {folds}; a locked test, "
        f"{opened_words(result)}. Deep learning: {result.model}.",
        "Question": f"How well are {names} told apart, on patients who were not trained on?",
        "Result": " ".join(_results(result)) or "Nothing was evaluated yet.",
        "Conclusion": _conclusion(result),
    }


def _results(result: StudyResult) -> Iterator[str]:
    for evaluation in (result.cross_validation, result.locked):
        if evaluation is None:
            continue
        yield f"Macro AUROC, {evaluation.what}: {measured(evaluation.macro_auroc)}."
        if (evaluation.macro_auroc.value or 0.0) >= _SUSPICIOUS:
            yield "At 0.95 or more, look for the leak before anything else."


def _conclusion(result: StudyResult) -> str:
    reasons = {
        "red": "The audit is red: what the score measures need not be in the lungs.",
        "amber": "The audit is amber: what it found is to be kept beside the score.",
        "green": "The audit found nothing red or amber; that does not show that nothing is there.",
        "not judged": "The films were not audited, so nothing is known of shortcuts.",
    }
    unseen = result.unseen or "An unseen hospital was not measured."
    return f"{reasons[result.audit_level]} {unseen} It is no evidence of clinical use."


def sample_size(result: StudyResult) -> list[str]:
    """Return what the number of patients allows, and what not."""
    least = 0.025 ** (1 / _TARGET_PATIENTS)
    lines = [
        "No sample size was fixed beforehand: these are the films that were brought.",
        f"A sensitivity of {result.operating_point.target:.2f} can be guaranteed from "
        f"{_TARGET_PATIENTS} patients of a disease on: where all are caught, the lower end of the "
        f"two-sided 95 % Clopper-Pearson interval is then {least:.3f}.",
    ]
    for point in result.operating_point.diseases:
        lines.append(
            f"{labelled(point.label)}: {wording.plural(point.patients, 'patient')} to set a "
            "threshold on."
        )
    smallest = min(result.conformal.calibration, default=0)
    lines.append(
        "Prediction sets need 30 calibration patients a class, subgroups 20, any interval 10; the "
        f"smallest class has {wording.plural(smallest, 'calibration patient')}."
    )
    evaluation = best_evaluation(result)
    if evaluation is not None and evaluation.macro_auroc.interval is not None:
        low, high = evaluation.macro_auroc.interval
        lines.append(
            f"With {wording.plural(evaluation.patients, 'patient')} the interval of the macro "
            f"AUROC is {high - low:.2f} wide ({evaluation.what})."
        )
    return lines


def methods(
    result: StudyResult, film_set: FilmSet, plan: StudyPlan, record: RunRecord | None
) -> list[str]:
    """Return how films became scores, a sentence each."""
    prior = ", ".join(
        f"{labelled(label)} {figure(share)}"
        for label, share in zip(result.classes, result.prior, strict=True)
    )
    counts = Counter(plan.roles)
    roles = [f"{wording.plural(counts[role], 'film')} {ROLE_NAMES[role]}" for role in counts]
    lines = [
        "Films: grey values are clipped at percentiles, padded to a square with black and kept at "
        f"{SIDE} pixels a side. Of DICOM headers an allow-list is read; patients are numbers "
        "here. What the table does not say is missing, a level of its own.",
        *film_set.notes,
        "Patients with their near-duplicates are never divided. They were split once, stratified "
        f"by label and source, seed {plan.seed}: {', '.join(roles)}. Folds leave the locked test "
        "out.",
        *plan.notes,
        f"Probabilities belong to the prior {prior}, after division of the logits by "
        f"{figure(result.temperature)}.",
    ]
    if APPROXIMATE in result.operating_point.sentence:  # what was decided, not what was planned
        lines.append("Every guarantee is approximate (cross-fitted): from out-of-fold scores.")
    if record is None:
        return [*lines, f"Network: {result.model}; its training run is not kept with this report."]
    config = record.config
    how = _MODES.get(config.mode, "all layers were trained")
    if config.mode == "all" and config.unfreeze_epochs:
        how = (
            f"the last layer alone for {wording.plural(config.unfreeze_epochs, 'epoch')}, then "
            "block by block from the last to the first"
        )
    began = "" if config.mode == "scratch" else ", from weights of ImageNet"
    lines.append(
        f"Network: {result.model}, {how}{began}; {wording.plural(config.views, 'view')} a film; at "
        f"most {wording.plural(config.epochs, 'epoch')}, batches of "
        f"{config.batch_size}, {config.optimizer} at {config.learning_rate:g} "
        f"({config.schedule}), weight decay {config.weight_decay:g}, class weights "
        f"{config.class_weights}, label smoothing {config.label_smoothing:g}, patience "
        f"{config.patience}, seed {config.seed}; {record.total_seconds:.0f} s on {record.device}. "
        f"The weights are those of the epoch with the best validation "
        f"{'macro AUROC' if config.select == 'auroc' else config.select}."
    )
    return lines


def limits(
    result: StudyResult, film_set: FilmSet, plan: StudyPlan, audit: XrayAudit | None
) -> list[str]:
    """Return what a reader has to keep in mind, a sentence each; notes of the plan are methods."""
    lines = [line for line in result.warnings if line not in plan.notes]
    if not film_set.patients_known:
        lines.append(f"Not every film names its patient: {NO_LEAKAGE_STAMP}.")
    if audit is not None and audit.cross_label_patients:
        count = wording.plural(len(audit.cross_label_patients), "patient")
        lines.append(f"{count} with films of different labels: kept together, and counted.")
    lines += [
        "Labels are those of the table; what they are worth is in the reference standard.",
        "No reader looked at these films for this study.",
        "Scores hold for films that are taken and chosen like these.",
    ]
    return lines


def audit_words(audit: XrayAudit | None) -> str:
    """Return the level of the audit, and of how many flags."""
    if audit is None:
        return "These films were not audited."
    counts = Counter(flag.level for flag in audit.flags)
    said = ", ".join(f"{count} {level}" for level, count in counts.items())
    return f"Level: {audit.level}, of {wording.plural(len(audit.flags), 'flag')} ({said})."


def prevalence_words(prevalences: Mapping[str, float], what: str) -> str:
    """Return the assumed prevalences, and where sensitivity and specificity are from.

    >>> prevalence_words({"normal": 0.8, "covid19": 0.2}, "locked test")
    'Of the locked test; assumed: normal-labelled films 80 %, COVID-19-labelled films 20 %.'
    """
    said = ", ".join(f"{labelled(name)} {100 * share:.3g} %" for name, share in prevalences.items())
    return f"Of the {what}; assumed: {said}."


def interval_methods(result: StudyResult) -> list[str]:
    """Return how intervals were found, each method once, and what they cover."""
    used: dict[str, None] = {}
    covers: dict[str, None] = {}
    for evaluation in (result.cross_validation, result.locked):
        if evaluation is not None:
            covers[evaluation.covers] = None
            for holder in (evaluation, *evaluation.classes, *evaluation.subgroups):
                found = [value for value in vars(holder).values() if isinstance(value, Measured)]
                methods = [each.method for each in found if each.interval is not None]
                used |= {_SIZES.sub("", method): None for method in methods}
    return [*(f"{method[:1].upper()}{method[1:]}." for method in used), *covers]


def published_claims() -> list[str]:
    """Return published figures to compare with, each with its interval."""
    low, high = wilson_interval(191, 200)
    return [
        f"COVID-Net CXR-2: 191 of 200 right, {191 / 200:.3f} ({low:.3f} to {high:.3f}, Wilson), on "
        "films chosen by its authors.",
        "CheXNet's 0.768 for pneumonia is against text-mined labels, and not comparable with an "
        "enriched set of three classes.",
    ]


def day(seconds: float) -> str:
    """Return a time in seconds since 1970 as a date and a time of day, UTC.

    >>> day(0)
    '1970-01-01 00:00 UTC'
    """
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def versions(result: StudyResult, records: Sequence[RunRecord]) -> Mapping[str, str]:
    """Return versions of packages and code; the study's own first, then those of its runs."""
    found = dict(result.versions)
    for record in records:
        for name, value in record.provenance.items():
            found.setdefault(name, value)
    return dict(sorted(found.items()))
