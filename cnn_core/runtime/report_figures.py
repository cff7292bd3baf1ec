"""The figures of a study's report, inline SVG: every word in them is escaped by `charts.svg`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cnn_core.charts import palette, svg, svg_flow
from cnn_core.charts.film_flow import flow_steps
from cnn_core.charts.film_rows import (
    MEASURES,
    IntervalRow,
    fold_rows,
    gate_rows,
    path_rows,
    subgroup_rows,
)
from cnn_core.charts.film_titles import (
    benefit_range,
    decision_title,
    fold_title,
    gate_title,
    path_title,
    precision_recall_title,
    predictive_title,
    reliability_title,
    roc_title,
    subgroup_title,
)
from cnn_core.charts.film_words import labelled, measured
from cnn_core.results.films import FilmSet
from cnn_core.results.xray_evaluation import ClassResult, CurveLine, Evaluation, Measured
from cnn_core.results.xray_plan import Scored, StudyPlan
from cnn_core.results.xray_prevalence import DecisionCurve
from cnn_core.results.xray_study import StudyResult

Figure = tuple[str, svg.Drawing]
"""What a figure says, and the figure."""

AUROC = MEASURES["auroc"]
SITE_COLUMNS = ("source", "site")
_GRID = tuple(0.01 * step for step in range(1, 51))


def flow_figure(result: StudyResult, film_set: FilmSet, plan: StudyPlan) -> Figure:
    """Return the patient flow."""
    steps = flow_steps(result, film_set, plan)
    title = f"{steps[0].films:,} {steps[0].unit} found, {steps[1].films:,} films taken in"
    return (title, svg_flow.flow_svg(steps, alt=title))


def _class_lines(
    evaluation: Evaluation, line: str, which: str
) -> tuple[list[svg.SvgLine], Sequence[ClassResult]]:
    lines = []
    for index, row in enumerate(evaluation.classes):
        curve: CurveLine = getattr(row, line)
        found: Measured = getattr(row, which)
        lines.append(
            svg.SvgLine(
                name=f"{labelled(row.label)}: {measured(found)}",
                x=curve.x,
                y=curve.y,
                color=palette.SERIES[index % len(palette.SERIES)],
                dash=svg.DASHES[index % len(svg.DASHES)],
            )
        )
    return lines, evaluation.classes


def evaluation_figures(evaluation: Evaluation) -> list[Figure]:
    """Return ROC, precision-recall, reliability of each class, folds and subgroups."""
    roc, _ = _class_lines(evaluation, "roc", "auroc")
    precision, _ = _class_lines(evaluation, "precision_recall", "average_precision")
    title = roc_title(evaluation)
    figures = [
        (
            title,
            svg.line_svg(
                roc, alt=title, x_title="1 - specificity", y_title="sensitivity", diagonal=True
            ),
        )
    ]
    title = precision_recall_title(evaluation)
    figures.append(
        (
            title,
            svg.line_svg(
                precision,
                alt=title,
                x_title="sensitivity (recall)",
                y_title="precision at these films' shares",
            ),
        )
    )
    for index, row in enumerate(evaluation.calibration.classes):
        title = reliability_title(row)
        line = svg.SvgLine(
            name="smoothed, with its 95 % band",
            x=[point.predicted for point in row.curve],
            y=[point.observed for point in row.curve],
            color=palette.SERIES[index % len(palette.SERIES)],
            band=[(point.low, point.high) for point in row.curve],
        )
        figures.append(
            (
                title,
                svg.line_svg(
                    [line],
                    alt=title,
                    x_title="predicted probability",
                    y_title="observed share",
                    diagonal=True,
                    counts=row.counts,
                ),
            )
        )
    return figures


def interval_figures(evaluation: Evaluation) -> list[Figure]:
    """Return folds, and the subgroups that are no site, as rows of intervals."""
    figures = []
    if evaluation.folds:
        title = fold_title(evaluation)
        figures.append(_rows(title, fold_rows(evaluation), "macro AUROC", (0.45, 1.0)))
    others = tuple(row for row in evaluation.subgroups if row.column not in SITE_COLUMNS)
    if others:
        part = replace(evaluation, subgroups=others)
        figures.append(_rows(subgroup_title(part), subgroup_rows(part), AUROC, (0.4, 1.0)))
    return figures


def site_figure(evaluation: Evaluation) -> Figure | None:
    """Return the results by source and site; None where the films name neither."""
    sites = tuple(row for row in evaluation.subgroups if row.column in SITE_COLUMNS)
    if not sites:
        return None
    rows = subgroup_rows(replace(evaluation, subgroups=sites))
    known = sum(row.found.value is not None for row in rows)
    title = f"By site, {evaluation.what}, {AUROC}: estimable at {known} of {len(rows)}"
    return _rows(title, rows, AUROC, (0.4, 1.0))


def _rows(title: str, rows: Sequence[IntervalRow], x_title: str, x: tuple[float, float]) -> Figure:
    return (title, svg.interval_svg(rows, alt=title, x_title=x_title, x=x))


def decision_figures(result: StudyResult) -> list[Figure]:
    """Return the gate by kind and the whole path, where they were measured."""
    figures = []
    if result.path is not None:
        title = path_title(result.path)
        figures.append(_rows(title, path_rows(result.path), f"share, {result.path.on}", (0, 1)))
    if result.gate:
        figures.append(_rows(gate_title(result.gate), gate_rows(result.gate), "refused", (0, 1)))
    return figures


def prevalence_figures(
    evaluation: Evaluation,
    classes: Sequence[str],
    prevalences: Mapping[str, float],
    scored: Scored | None,
) -> list[Figure]:
    """Return predictive values and, where scores are given, the decision curve of each disease.

    Args:
        evaluation: whose confusion matrix gives sensitivity and specificity.
        classes: of the study, in the order of the matrix.
        prevalences: assumed share of every class, adding up to 1.
        scored: the scores behind `evaluation`, or None.
    """
    from cnn_core.xray.prevalence import decision_curve, predictive_curve, predictive_values

    shares = [prevalences[label] for label in classes]
    scores = scored is not None and len(set(scored.labels.tolist())) == len(classes)
    figures = []
    for place, chosen in enumerate(predictive_values(evaluation.confusion, classes, shares)):
        if chosen.label == "normal":
            continue
        curve = predictive_curve(evaluation.confusion, classes, shares, place, _GRID)
        title = predictive_title(chosen)
        named = (("PPV", "ppv", palette.SERIES[0], ""), ("NPV", "npv", palette.SERIES[1], "8 5"))
        lines = []
        for name, which, color, dash in named:
            known = [each for each in curve if getattr(each, which) is not None]
            x = [100 * each.prevalence for each in known]
            y = [getattr(each, which) for each in known]
            lines.append(svg.SvgLine(name=name, x=x, y=y, color=color, dash=dash))
        drawing = svg.line_svg(
            lines,
            alt=title,
            x_title="assumed prevalence in %",
            y_title="predictive value",
            x=(0, 100 * _GRID[-1]),
        )
        figures.append((title, drawing))
        if scored is None or not scores:
            continue
        benefit = decision_curve(
            scored.labels,
            scored.probabilities,
            place,
            classes,
            prior=scored.prior,
            prevalences=shares,
        )
        figures.append(_benefit(benefit))
    return figures


def _benefit(curve: DecisionCurve) -> Figure:
    title = decision_title(curve)
    x = [100 * threshold for threshold in curve.thresholds]
    first, second = palette.SERIES[:2]
    lines = [
        svg.SvgLine(name="this model", x=x, y=curve.model, color=first),
        svg.SvgLine(name="call every film", x=x, y=curve.everyone, color=second, dash="8 5"),
        svg.SvgLine(name="call none", x=x, y=[0.0] * len(x), color=palette.REFERENCE, dash="2 4"),
    ]
    drawing = svg.line_svg(
        lines,
        alt=title,
        x_title="threshold probability in %",
        y_title="net benefit per film",
        x=(0, x[-1]),
        y=benefit_range(curve),
    )
    return (title, drawing)
