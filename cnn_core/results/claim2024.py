"""The items of CLAIM 2024, and what of them a report of a chest X-ray study has.

A. S. Tejani et al., "Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024
Update", Radiology: Artificial Intelligence 6 (2024), e240300, table 1. Topics are in this project's
own words; the numbers are the checklist's.
"""

from cnn_core.results.checklist_items import ChecklistItem, Evidence

CITATION = "CLAIM 2024 (Tejani et al., Radiology: Artificial Intelligence 6, e240300)"


def _item(
    number: int, section: str, topic: str, where: str, *needs: Evidence, no: str = ""
) -> ChecklistItem:
    return ChecklistItem(
        number=str(number),
        section=section,
        topic=topic,
        needs=needs or ("never",),
        where=where,
        not_applicable=no,
    )


_T, _I = "Title and abstract", "Introduction"
_D, _R, _P = "Methods: data", "Methods: reference standard", "Methods: partitions"
_M, _N, _E = "Methods: model", "Methods: training", "Methods: evaluation"
_RD, _RM = "Results: data", "Results: model performance"
_S, _O = "Discussion", "Other information"

ITEMS: tuple[ChecklistItem, ...] = (
    _item(1, _T, "title names the kind of technique", "title", "always"),
    _item(2, _T, "structured summary", "In short", "evaluation"),
    _item(
        3,
        _I,
        "background, intended use and role",
        "the intended use is stated; the scientific and clinical background is not",
    ),
    _item(4, _I, "aims and hypotheses", "In short", "always"),
    _item(5, _D, "prospective or retrospective", "In short: retrospective", "always"),
    _item(6, _D, "goal of the study", "In short", "always"),
    _item(7, _D, "sources of the data", "Sites, dates, age and sex", "sources"),
    _item(
        8,
        _D,
        "who was included and excluded",
        "which films were left out is in the patient flow; by what criteria they had been "
        "collected is not known here",
    ),
    _item(9, _D, "preprocessing", "Data and methods", "always"),
    _item(10, _D, "choice of parts of the data", "", no="every film is used as a whole"),
    _item(11, _D, "de-identification", "Data and methods", "always"),
    _item(12, _D, "missing data", "Data and methods", "always"),
    _item(13, _D, "how films were acquired", "devices and settings are not in the films' table"),
    _item(14, _R, "definition of the reference standard", "Reference standard", "established"),
    _item(15, _R, "why this reference standard", "the reasons are not stated with the films"),
    _item(16, _R, "who made the labels", "Reference standard", "established"),
    _item(17, _R, "labels of the test set", "who labelled the test films is not stated apart"),
    _item(18, _R, "agreement of readers", "films come with one label each"),
    _item(19, _P, "how films were assigned to partitions", "Data and methods", "plan"),
    _item(20, _P, "level at which partitions are apart", "Data and methods", "plan"),
    _item(21, _P, "sample size", "Sample size", "plan"),
    _item(22, _M, "description of the model", "Data and methods", "always"),
    _item(23, _M, "software and versions", "Versions", "always"),
    _item(24, _M, "initial parameters", "Data and methods", "records"),
    _item(25, _N, "training, with every setting", "Data and methods", "records"),
    _item(26, _N, "how the final model was chosen", "Data and methods", "records"),
    _item(27, _N, "ensembles", "", no="one model is served, none are combined"),
    _item(28, _E, "metrics", "Scores", "evaluation"),
    _item(29, _E, "uncertainty", "Intervals", "evaluation"),
    _item(30, _E, "robustness and sensitivity", "Audit: border, file and table alone", "audit"),
    _item(31, _E, "explainability", "heat maps were not examined in this study"),
    _item(32, _E, "test on internal data", "Scores", "evaluation"),
    _item(33, _E, "test on external data", "no set from elsewhere was scored by this model"),
    _item(34, _E, "registration of the trial", "", no="no trial: films that existed already"),
    _item(35, _RD, "numbers included and excluded", "Patient flow", "plan"),
    _item(36, _RD, "demographics by partition", "Sites, dates, age and sex", "demographics"),
    _item(37, _RM, "performance with uncertainty", "Scores", "evaluation"),
    _item(38, _RM, "diagnostic accuracy and its precision", "Scores", "evaluation"),
    _item(39, _RM, "analysis of failures", "Failure gallery", "failures"),
    _item(40, _S, "limitations", "Limits", "always"),
    _item(41, _S, "implications for practice", "Intended use", "always"),
    _item(42, _O, "protocol or technical details", "Versions: the code at its commit", "commit"),
    _item(43, _O, "availability of software, model and data", "Hashes and licences", "licence"),
    _item(44, _O, "funding", "not known to this program"),
)
