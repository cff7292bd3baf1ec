"""Everything that is said of a chest X-ray study, as it is kept with its served run."""

from dataclasses import dataclass

from cnn_core.results.xray_audit import Level
from cnn_core.results.xray_decision import ConformalSets, GateRow, OperatingPoint, PathResult
from cnn_core.results.xray_evaluation import Evaluation


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One look at the locked test: when (seconds since 1970), with which weights (SHA-256)."""

    at: float
    weights: str


@dataclass(frozen=True, kw_only=True)
class StudyResult:
    """Everything that is said of a study, as kept beside its served run.

    Attributes:
        plan: id of its plan.
        film_set: id.
        run: id of the served run; "" where only folds were trained.
        fold_runs: ids, by fold.
        model: the network, for a person ("EfficientNet-Lite0").
        classes: of the outputs.
        prior: that the probabilities belong to.
        temperature: that the logits are divided by.
        cross_validation: None without folds.
        locked: None until the locked test is opened.
        openings: of the locked test, all that were ever made of this plan.
        operating_point: on patients of the role "decide" (or out of fold).
        conformal: likewise.
        gate: by kind; () where there is no served model.
        path: None until there is something to run it on.
        audit_level: of the film set's audit, "not judged" where there is none.
        red: sentences of its red flags: shown beside every score.
        unseen: the audit's sentence on an unseen hospital.
        warnings: what a reader has to know, a sentence each.
        trained_on: patients by source that the served model was fitted on.
        patients: by role and class: {role: counts in the order of `classes`}.
        excluded: films that were found and are in no role, by reason.
        versions: of packages and of the code.
        scored: name of the file with what was said of each film, kept beside it.
    """

    plan: str
    film_set: str
    run: str
    fold_runs: tuple[str, ...]
    model: str
    classes: tuple[str, ...]
    prior: tuple[float, ...]
    temperature: float
    cross_validation: Evaluation | None
    locked: Evaluation | None
    openings: tuple[Opening, ...]
    operating_point: OperatingPoint
    conformal: ConformalSets
    gate: tuple[GateRow, ...]
    path: PathResult | None
    audit_level: Level
    red: tuple[str, ...]
    unseen: str
    warnings: tuple[str, ...]
    trained_on: dict[str, int]
    patients: dict[str, tuple[int, ...]]
    excluded: dict[str, int]
    versions: dict[str, str]
    scored: str = "study.safetensors"
