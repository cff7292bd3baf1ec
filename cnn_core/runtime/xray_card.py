"""The model card of a chest X-ray study, Markdown: what goes along with its weights.

After Mitchell et al. (2019), "Model cards for model reporting", FAT*, arXiv:1810.03993, section 4.
Every sentence is computed from the study; what comes from outside is escaped, names of patients and
files are withheld, and the statement and the red flags stand at the top and under the scores.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from cnn_core.charts.film_rows import class_measures, coverage_words
from cnn_core.charts.film_titles import ece_sentence, slope_words
from cnn_core.charts.film_words import figure, labelled, measured, under_every_result
from cnn_core.charts.wording import plural
from cnn_core.results.films import FilmSet
from cnn_core.results.markdown import plain_markdown
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.results.xray_evaluation import Evaluation
from cnn_core.results.xray_plan import STATEMENT, resembles
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.card_tables import table
from cnn_core.runtime.report_privacy import withholding
from cnn_core.runtime.report_tables import blind_table, licence_table, role_table
from cnn_core.runtime.report_words import NO_LEAKAGE_STAMP, audit_words, day, intended_use

Say = Callable[[str], str]


def study_card(
    result: StudyResult,
    film_set: FilmSet,
    audit: XrayAudit | None,
    licences: Mapping[str, str] | None = None,
    *,
    command: str = "",
) -> str:
    """Return the card of a study's model, Markdown.

    Args:
        result: the study.
        film_set: the films; they are counted by licence.
        audit: of the films.
        licences: of what else went in, by what it is ("Weights that it began with").
        command: trains it again; "" where that is not known.
    """
    withheld = withholding(film_set)

    def say(sentence: str) -> str:
        return plain_markdown(withheld(sentence))

    blocks = [
        *_head(result, film_set, say),
        *_data(result, film_set, say),
        *_audit(audit, say),
        "## Scores",
        *_scores(result.cross_validation, say),
        *_scores(result.locked, say),
        _bullets(under_every_result(result), say),
        *_decision(result, say),
        "## Limits",
        _bullets(result.warnings, say),
        "## Licences of what else went in",
        _bullets([f"{what}: {terms}" for what, terms in (licences or {}).items()], say)
        or "Not stated here.",
        *(["## Command", f"    {command}"] if command else []),
        "## Digests",
        f"Film set `{result.film_set}`, plan `{result.plan}`, run `{result.run or 'none'}`.",
        _bullets([f"{name} {version}" for name, version in sorted(result.versions.items())], say),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _bullets(sentences: Sequence[str], say: Say) -> str:
    return "\n".join(f"* {say(sentence)}" for sentence in sentences)


def _head(result: StudyResult, film_set: FilmSet, say: Say) -> Iterator[str]:
    yield f"# Model card: {say(result.model)} on {say(film_set.title)}"
    yield f"**{say(STATEMENT)}**"
    if film_set.synthetic:
        yield "**Synthetic films: drawn by a program. Of radiographs nothing is known.**"
    if not film_set.patients_known:
        yield f"**{say(NO_LEAKAGE_STAMP)}**"
    if result.red:
        yield f"**Red audit.**\n\n{_bullets(result.red, say)}"
    yield "## Use"
    yield "\n\n".join(
        f"**{name}.** {say(words)}" for name, words in intended_use(result.classes).items()
    )
    yield "It is there to demonstrate a workflow."


def _data(result: StudyResult, film_set: FilmSet, say: Say) -> Iterator[str]:
    yield "## Data"
    yield say(
        f"{plural(len(film_set.films), 'film')} of {film_set.title}, "
        f"{plural(len(film_set.rejected), 'file')} left out. {film_set.citation}".rstrip()
    )
    yield table(
        ["class", "finding", "films", "patients", "established by"],
        [
            [
                say(resembles(row.label)),
                say(row.finding) or "not stated",
                f"{row.films:,}",
                f"{row.patients:,}",
                say(row.established) or "not stated",
            ]
            for row in film_set.labels
        ],
    )
    yield "Films by licence (all films of the set; each keeps its own terms):"
    yield table(
        ["licence", *(say(labelled(label)) for label in film_set.classes), "all"],
        [
            [say(name), *(f"{count:,}" for count in counts), f"{sum(counts):,}"]
            for name, counts in licence_table(film_set)
        ],
    )
    yield "Patients by role; one with films of several classes counts in each:"
    yield table(
        ["role", *(say(labelled(label)) for label in result.classes)],
        [[say(role), *(f"{n:,}" for n in counts)] for role, counts in role_table(result).items()],
    )


def _audit(audit: XrayAudit | None, say: Say) -> Iterator[str]:
    yield "## Audit"
    yield say(audit_words(audit))
    if audit is None:
        return
    yield _bullets([f"{flag.level}: {flag.sentence}" for flag in audit.flags], say)
    if audit.blind:
        yield "What tells the classes without the lungs (macro AUROC, patients kept together):"
        yield table(
            ["what was seen", "macro AUROC"],
            [[say(name), say(words)] for name, words in blind_table(audit)],
        )


def _scores(evaluation: Evaluation | None, say: Say) -> Iterator[str]:
    if evaluation is None:
        return
    yield (
        f"**{say(evaluation.what.capitalize())}**, {plural(evaluation.films, 'film')} of "
        f"{plural(evaluation.patients, 'patient')} (kept together): macro AUROC "
        f"{say(measured(evaluation.macro_auroc))}, macro F1 {say(measured(evaluation.macro_f1))}. "
        f"{say(evaluation.covers)}"
    )
    names = list(class_measures(evaluation.classes[0]))
    yield table(
        ["class", "patients", *names],
        [
            [
                say(resembles(row.label)),
                f"{row.patients:,}",
                *(say(measured(found)) for found in class_measures(row).values()),
            ]
            for row in evaluation.classes
        ],
    )
    yield "Precision and NPV hold at these films' shares, not in a clinic."
    calibration = evaluation.calibration
    yield say(ece_sentence(calibration, evaluation.films))
    yield _bullets(
        [f"{labelled(row.label)}: {slope_words(row)}" for row in calibration.classes], say
    )


def _decision(result: StudyResult, say: Say) -> Iterator[str]:
    yield "## Decision"
    point = result.operating_point
    if point.threshold is not None:
        yield f"Threshold on the triage score: {figure(point.threshold)}."
    yield _bullets([point.sentence, *(each.sentence for each in point.diseases)], say)
    yield say(result.conformal.sentence)
    yield table(
        ["class", "calibration patients", "coverage of its prediction sets"],
        [[say(cell) for cell in row] for row in coverage_words(result.conformal, result.classes)],
    )
    if result.path is not None:
        yield say(result.path.sentence)
    if result.gate:
        yield "Gate, by kind (share refused):"
        yield table(
            ["kind", "should", "refused", "films or pictures"],
            [
                [say(row.kind), row.wanted, say(measured(row.refused)), f"{row.refused.films:,}"]
                for row in result.gate
            ],
        )
    yield (
        _bullets(
            [
                f"Locked test opened {day(each.at)}, weights {each.weights}"
                for each in result.openings
            ],
            say,
        )
        or "The locked test was not opened."
    )
