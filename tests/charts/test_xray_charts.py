"""The figures of a chest X-ray study: drawn as they were (golden), what they say and escape.

Golden files are written anew with `GOLDEN=write` in the environment (test_judgement_charts.py).
"""

import json
import os
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from cnn_core.charts import palette, svg, svg_flow
from cnn_core.charts.confusion import clicked_cell
from cnn_core.charts.film_calibration import reliability_alt, reliability_figure
from cnn_core.charts.film_decisions import conformal_figure, gate_figure, path_figure
from cnn_core.charts.film_flow import flow_steps, split_title
from cnn_core.charts.film_results import (
    film_confusion_alt,
    film_confusion_figure,
    fold_figure,
    measures_figure,
    subgroup_figure,
)
from cnn_core.charts.film_splits import split_figure
from cnn_core.charts.film_titles import conformal_title, decision_title, roc_title, slope_words
from cnn_core.charts.film_words import under_every_result
from cnn_core.charts.inspection import TEXT_PX
from cnn_core.charts.prevalence_charts import (
    decision_alt,
    decision_figure,
    predictive_alt,
    predictive_values_figure,
)
from cnn_core.charts.roc import precision_recall_figure, roc_alt, roc_figure
from cnn_core.results.films import TWO_LABELS
from cnn_core.results.pictures import Rejected
from cnn_core.results.xray_prevalence import ASSUMES, DecisionCurve
from cnn_core.xray.prevalence import predictive_curve
from tests.charts import film_sample as films
from tests.charts import study_sample as sample
from tests.charts.test_judgement_charts import GOLDEN, plain, texts, title

BENEFIT = DecisionCurve(
    label="covid19",
    prevalence=0.08,
    thresholds=(0.02, 0.1, 0.2, 0.3),
    model=(0.06, 0.05, 0.03, -0.01),
    everyone=(0.061, -0.02, -0.15, -0.31),
)


def predictive(*grid):
    shares = (0.8, 0.08, 0.12)
    matrix = sample.evaluation().confusion
    return predictive_curve(matrix, films.CLASSES, shares, 1, grid)


FIGURES = {
    "xray roc": lambda: roc_figure(sample.evaluation()),
    "xray precision recall": lambda: precision_recall_figure(sample.evaluation()),
    "xray reliability": lambda: reliability_figure(
        sample.evaluation().calibration, "covid19", color_index=1
    ),
    "xray confusion": lambda: film_confusion_figure(sample.evaluation()),
    "xray measures": lambda: measures_figure(sample.evaluation()),
    "xray subgroups": lambda: subgroup_figure(sample.evaluation()),
    "xray folds": lambda: fold_figure(sample.evaluation()),
    "xray conformal": lambda: conformal_figure(
        sample.conformal(), films.CLASSES, {"covid19": sample.known(0.88, 0.8, 0.94)}
    ),
    "xray gate": lambda: gate_figure(sample.gate()),
    "xray path": lambda: path_figure(sample.path()),
    "xray predictive": lambda: predictive_values_figure(
        predictive(0.0, 0.1, 0.5), predictive(0.08)[0]
    ),
    "xray decision": lambda: decision_figure(BENEFIT),
    "xray split": lambda: split_figure(sample.study()),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_as_it_was_with_large_words_and_no_ground_of_its_own(name):
    figure = FIGURES[name]()
    drawn = plain(json.loads(figure.to_json(engine="json")))
    path = GOLDEN / f"{name.replace(' ', '-')}.json"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(json.dumps(drawn, indent=1, sort_keys=True) + "\n")
    assert drawn == json.loads(path.read_text())
    layout = figure.layout
    assert layout.title.text
    assert layout.paper_bgcolor == layout.plot_bgcolor == palette.TRANSPARENT
    assert layout.xaxis.title.text
    assert min(layout.xaxis.title.font.size, layout.xaxis.tickfont.size) >= TEXT_PX
    assert not [text for text in texts(figure.to_dict()["data"]) if "<img" in text or "<b>" in text]


def test_every_curve_has_its_interval_in_the_legend_and_a_dash_of_its_own():
    _, *curves = roc_figure(sample.evaluation()).data
    assert [curve.name for curve in curves] == [
        "normal-labelled films: AUROC 0.87 (0.83 to 0.90)",
        "COVID-19-labelled films: AUROC 0.91 (0.87 to 0.94)",
        "pneumonia-labelled films: AUROC 0.80 (0.76 to 0.83)",
    ]
    assert len({curve.line.dash for curve in curves}) == len(curves)
    assert "0.91 (0.87 to 0.94)" in roc_alt(sample.evaluation())


def test_the_title_of_a_score_has_its_interval_or_says_why_there_is_none():
    evaluation = sample.evaluation()
    assert roc_title(evaluation) == (
        "Macro AUROC 0.86 (0.83 to 0.89), cross-validation; least told apart: "
        "pneumonia-labelled films, 0.80"
    )
    without = replace(evaluation, macro_auroc=sample.unknown())
    assert roc_title(without) == "AUROC cannot be stated (too few: 7 patients)"


@pytest.mark.parametrize(
    ("label", "verdict"),
    [("normal", "1 lies within"), ("covid19", "too extreme"), ("pneumonia", "too cautious")],
)
def test_the_title_of_reliability_says_which_way_probabilities_err(label, verdict):
    calibration = sample.evaluation().calibration
    row = next(each for each in calibration.classes if each.label == label)
    assert slope_words(row).endswith(verdict)
    said = reliability_alt(calibration, label, 200)
    assert verdict in said
    assert "a perfectly calibrated model shows 0.04" in said
    with pytest.raises(ValueError, match="got 'asthma'"):
        reliability_figure(calibration, "asthma")


def test_counts_stand_below_the_reliability_curve():
    bars = reliability_figure(sample.evaluation().calibration, "normal").data[-1]
    assert list(bars.y) == [80, 30, 12, 8, 10, 5, 7, 9, 14, 25]
    assert bars.yaxis == "y2"


def test_a_click_on_the_confusion_names_true_and_predicted_class():
    figure = film_confusion_figure(sample.evaluation())
    point = {"customdata": list(figure.data[-1].customdata[5])}
    assert clicked_cell({"selection": {"points": [point]}}) == (1, 2)
    assert "pneumonia taken for normal (14 times)" in film_confusion_alt(sample.evaluation())


def test_a_subgroup_of_too_few_says_so_in_its_row_and_names_are_escaped():
    figure = subgroup_figure(sample.evaluation())
    assert "not estimable: 7 patients" in figure.layout.annotations[0].text
    assert figure.layout.annotations[0].y == 3
    assert figure.layout.yaxis.ticktext[0] == "source: &lt;b&gt;General&lt;/b&gt;"
    assert title(figure).endswith("(source: County); 1 of 4 not estimable")


def test_folds_are_drawn_beside_their_mean_and_never_pooled():
    folds, mean = fold_figure(sample.evaluation()).data
    assert list(folds.x) == [0.84, 0.88, 0.81, 0.91]
    assert list(mean.x) == [0.86]
    assert folds.marker.symbol != mean.marker.symbol


def test_kinds_that_were_not_tested_say_so_and_are_in_no_figure():
    figure = gate_figure(sample.gate())
    assert title(figure).startswith("Gate at its worst: ")
    assert title(figure).endswith("1 of 3 kinds not tested")
    assert sum(len(trace.x) for trace in figure.data) == 2
    assert "not tested" in figure.layout.annotations[0].text
    said = [text.split("<br>")[1] for trace in figure.data for text in trace.text]
    counts = re.compile(r"\d+ pictures, \d+ patients or single pictures")
    assert all(counts.fullmatch(each) for each in said)


def test_sets_of_too_few_patients_are_off_and_say_so():
    off = conformal_figure(sample.conformal(on=False), films.CLASSES)
    assert "off for 1 of 3 classes" in conformal_title(sample.conformal(on=False))
    assert any("off: 12 calibration patients" in note.text for note in off.layout.annotations)


def test_predictive_values_never_stand_without_the_prevalence_they_assume():
    chosen = predictive(0.08)[0]
    said = predictive_alt(chosen)
    assert f"{chosen.ppv:.2f} at an assumed prevalence of 8 %" in said
    assert ASSUMES in said
    figure = predictive_values_figure(predictive(0.0, 0.1, 0.5), chosen)
    assert figure.data[-1].name == "assumed: 8 %"
    assert list(figure.data[-1].x) == [8.0, 8.0]


def test_the_decision_curve_says_where_the_model_helps():
    assert decision_title(BENEFIT) == (
        "Net benefit for COVID-19-labelled films at thresholds of 10 to 20 %, at an assumed "
        "prevalence of 8 %"
    )
    worse = replace(BENEFIT, model=(0.0, -0.1, -0.2, -0.3))
    assert decision_title(worse).startswith("No net benefit for COVID-19-labelled films")
    assert ASSUMES in decision_alt(worse)


def test_the_patient_flow_counts_what_left_and_why():
    found, taken, *roles = flow_steps(sample.study(), films.film_set(), films.plan())
    assert (found.films, found.unit, found.aside) == (13, "files", ("1 file: the file is cut off",))
    assert (taken.films, taken.patients, taken.aside) == (12, 12, ())
    assert sum(step.films for step in roles) == 12
    assert all(step.branch for step in roles)
    smaller = films.plan(films=tuple(range(10)), roles=("fit",) * 10)
    assert flow_steps(sample.study(), films.film_set(), smaller)[1].aside == (
        "2 films: in no role",
    )


def test_images_with_two_labels_leave_the_flow_on_one_line_without_a_name():
    reasons = [f"{TWO_LABELS}: 'normal' here, and 'covid19' as '{name}.png'." for name in "ab"]
    rejected = tuple(Rejected(name="c.png", reason=reason) for reason in reasons)
    kept = sample.study(excluded=dict.fromkeys(reasons, 1))
    for result in (kept, sample.study(excluded={"The same image has two labels.": 2})):
        found, taken, *_ = flow_steps(result, films.film_set(rejected=rejected), films.plan())
        assert found.aside == ("2 files: The same image has two labels.",)
        assert taken.aside == ()


def test_the_title_of_the_split_says_that_patients_of_several_classes_count_in_each():
    assert split_title(sample.study()) == (
        "12 patients (one with films of several classes counts in each), 2 of them in the locked "
        "test, which was opened once"
    )


def test_under_every_result_stand_training_red_flags_and_unseen_hospital():
    lines = under_every_result(sample.study())
    assert lines[0] == "trained on 6 patients of 2 sources (County 5, <b>General</b> 1)"
    assert lines[1] == "red audit: covid19 is carried by one source alone."
    assert lines[2].startswith("unseen hospital: Performance on an unseen hospital cannot")
    assert "adults, frontal films only" in lines
    green = sample.study(red=(), audit_level="green")
    assert under_every_result(green)[1] == "red audit: none"
    none = sample.study(red=(), audit_level="not judged")
    assert under_every_result(none)[1] == "red audit: these films were not audited"
    measured = sample.study(unseen="Unseen hospital (each source left out): AUROC 0.6 at A.")
    assert (
        under_every_result(measured)[2] == "unseen hospital (each source left out): AUROC 0.6 at A."
    )
    assert under_every_result(sample.study(trained_on={}))[0] == "no model is served"


def test_figures_for_print_are_well_formed_and_escape_every_word():
    drawings = [
        svg.line_svg(
            [svg.SvgLine(name=films.NASTY, x=(0.0, 1.0), y=(0.2, 2.0), band=[(0, 1), (0, 1)])],
            alt=films.NASTY,
            x_title=films.NASTY,
            y_title=films.NASTY,
            counts=(0, 3),
        ),
        svg.interval_svg(
            [svg.IntervalRow(name=films.NASTY, found=sample.unknown(films.NASTY))],
            alt=films.NASTY,
            x_title=films.NASTY,
        ),
        svg_flow.flow_svg(
            [svg_flow.FlowStep(what=films.NASTY, films=1, patients=None, aside=(films.NASTY,))],
            alt=films.NASTY,
        ),
    ]
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("role") == "img"
        assert root.get("aria-label") == films.NASTY
        assert not [each for each in root.iter() if each.tag.endswith("}img")]
        assert "href" not in drawing


def test_bars_of_a_class_are_filled_between_the_strokes_of_their_pattern():
    for trace in FIGURES["xray split"]().data:
        assert trace.marker.pattern.fillmode == "overlay"
