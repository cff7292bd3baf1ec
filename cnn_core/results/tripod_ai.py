"""The items of TRIPOD+AI, and what of them a report of a chest X-ray study has.

G. S. Collins et al., "TRIPOD+AI statement: updated guidance for reporting clinical prediction
models that use regression or machine learning methods", BMJ 385 (2024), e078378, table 2. Topics
are in this project's own words; the numbers are the checklist's.
"""

from cnn_core.results.checklist_items import ChecklistItem, Evidence

CITATION = "TRIPOD+AI (Collins et al., BMJ 385, e078378)"


def _item(
    number: str, section: str, topic: str, where: str, *needs: Evidence, no: str = ""
) -> ChecklistItem:
    return ChecklistItem(
        number=number,
        section=section,
        topic=topic,
        needs=needs or ("never",),
        where=where,
        not_applicable=no,
    )


_T, _B, _M, _O = "Title and abstract", "Introduction", "Methods", "Open science"
_P, _R, _D = "Patient and public involvement", "Results", "Discussion"
_UNKNOWN = "not known to this program"

ITEMS: tuple[ChecklistItem, ...] = (
    _item("1", _T, "title: model, population, outcome", "the title has model and films alone"),
    _item("2", _T, "abstract", "In short", "evaluation"),
    _item("3a", _B, "health care context and existing models", "existing models are not reviewed"),
    _item("3b", _B, "population, purpose and users", "Intended use", "always"),
    _item("3c", _B, "known health inequalities", _UNKNOWN),
    _item("4", _B, "objectives", "In short", "always"),
    _item("5a", _M, "sources of the data", "Sites, dates, age and sex", "sources"),
    _item("5b", _M, "dates of the data", "Sites, dates, age and sex", "dates"),
    _item("6a", _M, "setting", "the care setting is not in the films' table"),
    _item("6b", _M, "eligibility", "by what criteria films were collected is not known here"),
    _item("6c", _M, "treatments", "", no="a diagnosis from one film, no course of treatment"),
    _item("7", _M, "preparation of the data", "Data and methods", "always"),
    _item("8a", _M, "outcome and its definition", "Reference standard", "established"),
    _item("8b", _M, "who assessed the outcome", "qualification of the assessors is not stated"),
    _item("8c", _M, "blinding of the assessment", "whether assessors were blinded is not stated"),
    _item("9a", _M, "choice of predictors", "Data and methods: the whole film", "always"),
    _item("9b", _M, "definition of predictors", "Data and methods", "always"),
    _item("9c", _M, "who assessed predictors", "", no="pixels are read, not assessed"),
    _item("10", _M, "sample size", "Sample size", "plan"),
    _item("11", _M, "missing data", "Data and methods", "always"),
    _item("12a", _M, "use and division of the data", "Data and methods", "plan"),
    _item("12b", _M, "handling of predictors", "Data and methods", "always"),
    _item("12c", _M, "type of model and its building", "Data and methods", "records"),
    _item("12d", _M, "heterogeneity between sites", "Results by site", "subgroups"),
    _item("12e", _M, "measures of performance", "Scores", "evaluation"),
    _item("12f", _M, "model updating", "", no="the model was not updated"),
    _item("12g", _M, "how predictions are computed", "Data and methods", "records"),
    _item("13", _M, "class imbalance", "Data and methods: prior and class weights", "records"),
    _item("14", _M, "fairness", "Results by site and subgroup", "subgroups"),
    _item("15", _M, "output and thresholds", "Decision", "evaluation"),
    _item("16", _M, "training against evaluation data", "Data and methods", "plan"),
    _item("17", _M, "ethical approval", _UNKNOWN),
    _item("18a", _O, "funding", _UNKNOWN),
    _item("18b", _O, "conflicts of interest", _UNKNOWN),
    _item("18c", _O, "protocol", "no protocol was deposited"),
    _item("18d", _O, "registration", "the study was not registered"),
    _item("18e", _O, "sharing of data", "Hashes and licences", "licence"),
    _item("18f", _O, "sharing of code", "Versions: the code at its commit", "commit"),
    _item("19", _P, "patients and public", _UNKNOWN),
    _item("20a", _R, "flow of participants", "Patient flow", "plan"),
    _item("20b", _R, "characteristics", "Sites, dates, age and sex", "demographics"),
    _item("20c", _R, "development against evaluation", "Sites, dates, age and sex", "demographics"),
    _item("21", _R, "participants and events by analysis", "Patient flow", "plan"),
    _item("22", _R, "the full model", "Hashes and licences: its weights", "records"),
    _item("23a", _R, "performance with intervals", "Scores", "evaluation"),
    _item("23b", _R, "heterogeneity of performance", "Results by site", "subgroups"),
    _item("24", _R, "results of updating", "", no="the model was not updated"),
    _item("25", _D, "interpretation, with fairness", "In short; Limits", "evaluation"),
    _item("26", _D, "limitations", "Limits", "always"),
    _item("27a", _D, "poor or missing input", "Decision: the gate", "evaluation"),
    _item("27b", _D, "interaction with users", "Intended use", "always"),
    _item("27c", _D, "next steps", "what should be studied next is not written here"),
)
