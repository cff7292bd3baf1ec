"""A chest X-ray study made up for tests of its figures and its report: three classes, four folds.

Names from outside carry what must not be read as HTML, and patients that must not be named.
"""

from cnn_core.results.xray_audit import AuditFlag, BlindScore, SourceRow, XrayAudit
from cnn_core.results.xray_decision import (
    ConformalSets,
    DiseasePoint,
    GateRow,
    OperatingPoint,
    PathResult,
)
from cnn_core.results.xray_evaluation import (
    Calibration,
    ClassCalibration,
    ClassResult,
    CurveLine,
    Evaluation,
    Measured,
    ReliabilityPoint,
    SubgroupRow,
)
from cnn_core.results.xray_study import Opening, StudyResult
from tests.charts.film_sample import CLASSES, PATIENT


def known(value, low, high, patients=100):
    return Measured(
        value=value,
        interval=(low, high),
        films=2 * patients,
        patients=patients,
        method="patient bootstrap, 2,000 draws",
    )


def unknown(note="too few: 7 patients"):
    return Measured(value=None, interval=None, films=9, patients=7, method="", note=note)


def one_class(label, auroc, films):
    return ClassResult(
        label=label,
        films=films,
        patients=films // 2,
        sensitivity=known(0.8, 0.7, 0.88),
        specificity=known(0.9, 0.84, 0.94),
        precision=known(0.75, 0.66, 0.83),
        npv=known(0.92, 0.88, 0.95),
        f1=known(0.77, 0.7, 0.84),
        auroc=known(auroc, auroc - 0.04, auroc + 0.03),
        average_precision=known(0.7, 0.6, 0.8),
        roc=CurveLine(x=(0.0, 0.1, 0.4, 1.0), y=(0.0, 0.6, 0.9, 1.0)),
        precision_recall=CurveLine(x=(0.0, 0.5, 1.0), y=(1.0, 0.8, 0.4)),
    )


def class_calibration(label, low, high):
    return ClassCalibration(
        label=label,
        slope=known((low + high) / 2, low, high),
        intercept=known(-0.1, -0.3, 0.1),
        curve=(
            ReliabilityPoint(predicted=0.1, observed=0.15, low=0.1, high=0.2),
            ReliabilityPoint(predicted=0.5, observed=0.45, low=0.35, high=0.55),
            ReliabilityPoint(predicted=0.9, observed=0.8, low=0.7, high=0.9),
        ),
        counts=(80, 30, 12, 8, 10, 5, 7, 9, 14, 25),
    )


def subgroup(column, level, auroc):
    return SubgroupRow(
        column=column,
        level=level,
        films=60,
        patients=30,
        auroc=auroc,
        sensitivity=auroc,
        specificity=auroc,
    )


def evaluation(what="cross-validation", auroc=0.86):
    return Evaluation(
        what=what,
        films=200,
        patients=100,
        classes=tuple(
            one_class(label, auroc + shift, films)
            for label, shift, films in zip(CLASSES, (0.01, 0.05, -0.06), (80, 40, 80), strict=True)
        ),
        macro_auroc=known(auroc, auroc - 0.03, auroc + 0.03),
        macro_f1=known(0.74, 0.68, 0.79),
        accuracy=known(0.78, 0.72, 0.83),
        folds=(0.84, 0.88, 0.81, 0.91) if what == "cross-validation" else (),
        confusion=((66, 2, 12), (1, 33, 6), (14, 9, 57)),
        calibration=Calibration(
            brier=0.31,
            brier_reference=0.64,
            ece=0.05,
            ece_perfect=0.04,
            ece_perfect_interval=(0.02, 0.07),
            classes=(
                class_calibration("normal", 0.8, 1.2),
                class_calibration("covid19", 0.4, 0.8),
                class_calibration("pneumonia", 1.1, 1.5),
            ),
        ),
        subgroups=(
            subgroup("source", "<b>General</b>", known(0.71, 0.6, 0.8)),
            subgroup("source", "County", known(0.88, 0.82, 0.93)),
            subgroup("sex", "F", known(0.85, 0.79, 0.9)),
            subgroup("sex", "", unknown("not estimable: 7 patients")),
        ),
        covers="Intervals cover the patients drawn, not re-training.",
    )


def audit(level="red"):
    return XrayAudit(
        film_set="f" * 64,
        flags=(
            AuditFlag(
                part=6,
                name="one-source-covid19",
                level=level,
                value=1.0,
                sentence=f"covid19 is carried by one source alone; see {PATIENT}, for one.",
            ),
            AuditFlag(part=1, name="duplicates", level="green", value=0.0, sentence="No copies."),
        ),
        pairs=(),
        groups=tuple(range(12)),
        cross_label_patients=(PATIENT,),
        images_a_patient={"1": 12},
        associations=(),
        blind=(
            BlindScore(
                what="border", auroc=0.82, interval=(0.79, 0.85), by_class=(0.8, 0.85, 0.81)
            ),
        ),
        skill=(),
        sources=(
            SourceRow(source="County", films=(4, 4, 4), patients=(4, 4, 4), carries=("covid19",)),
        ),
        left_out=(),
        unseen="Performance on an unseen hospital cannot be measured with these data.",
        model="logistic regression on 32x32 pixels",
        seconds=2.0,
    )


def conformal(on=True):
    return ConformalSets(
        alpha=0.1,
        quantiles=(0.8, 0.7 if on else None, 0.9),
        calibration=(140, 40 if on else 12, 60),
        plausible=(None, (0.8, 0.97) if on else None, (0.82, 0.96)),
        on=on,
        sentence="Of 100 films of each class about 90 keep their true class in the set.",
    )


def gate():
    return (
        GateRow(kind="inverted", wanted="refuse", refused=known(0.99, 0.96, 1.0)),
        GateRow(kind="held-out films", wanted="pass", refused=known(0.01, 0.0, 0.04)),
        GateRow(kind="CT", wanted="refuse", refused=unknown("not tested")),
    )


def path():
    return PathResult(
        missed={"covid19": known(0.05, 0.01, 0.16), "pneumonia": known(0.08, 0.03, 0.17)},
        referral=known(0.61, 0.54, 0.68),
        decided=known(0.39, 0.32, 0.46),
        wrong=known(0.06, 0.02, 0.14),
        on="locked test",
        sentence="Of films with disease 0.07 are called routine; 0.61 are referred.",
    )


def study(**changed):
    red = ("covid19 is carried by one source alone.",)
    given = {
        "plan": "a" * 64,
        "film_set": "f" * 64,
        "run": "run-0",
        "fold_runs": ("run-1", "run-2", "run-3", "run-4"),
        "model": "EfficientNet-Lite0",
        "classes": CLASSES,
        "prior": (0.4, 0.2, 0.4),
        "temperature": 1.3,
        "cross_validation": evaluation(),
        "locked": evaluation("locked test", 0.83),
        "openings": (Opening(at=0.0, weights="9" * 64),),
        "operating_point": OperatingPoint(
            threshold=0.21,
            diseases=(
                DiseasePoint(
                    label="covid19",
                    threshold=0.21,
                    patients=38,
                    caught=38,
                    interval=(0.907, 1.0),
                    sentence="covid19: 38 of 38 patients.",
                ),
                DiseasePoint(
                    label="pneumonia",
                    threshold=None,
                    patients=31,
                    caught=0,
                    interval=None,
                    sentence="31 patients cannot guarantee 0.90.",
                ),
            ),
            target=0.9,
            sentence="A sensitivity of 0.90 is guaranteed at 0.21.",
        ),
        "conformal": conformal(),
        "gate": gate(),
        "path": path(),
        "audit_level": "red",
        "red": red,
        "unseen": "Performance on an unseen hospital cannot be measured with these data.",
        "warnings": ("Four folds were asked for.",),
        "trained_on": {"County": 5, "<b>General</b>": 1},
        "patients": {
            "all": (4, 4, 4),
            "fit": (2, 2, 2),
            "temperature": (2, 0, 0),
            "decide": (0, 2, 0),
            "locked": (0, 0, 2),
        },
        "excluded": {"the file is cut off": 1},
        "versions": {"numpy": "2.4.0", "commit": "abc123"},
    }
    return StudyResult(**(given | changed))
