"""The report of a case: whole in itself, the statement first, nobody named unasked."""

import re
from dataclasses import dataclass

import pytest

from cnn_core.errors import RunStateError
from cnn_core.results.triage import Decision
from cnn_core.results.worklist import Case
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.triage_report import case_report
from cnn_core.runtime.xray_demonstration import demonstration
from tests.runtime.tried_film import tried_film

_ASSUMED = {"normal": 0.8, "covid19": 0.08, "pneumonia": 0.12}


@dataclass(frozen=True)
class _Model:
    """What a report asks of a triage model."""

    result: StudyResult
    sha256: str = "0" * 64
    title: str = "Demonstration"
    synthetic: bool = False


def _model() -> _Model:
    known = demonstration()
    assert known is not None
    return _Model(result=known.result)


def _case(decision: Decision = "refer", score: float | None = 0.5) -> Case:
    tried = tried_film(decision, score)
    return Case(
        id="1" * 32,
        name="Doe<Jane>.png",
        status="done",
        tried=tried,
        note="<script>alert(1)</script>",
        label="pneumonia",
    )


def test_a_report_opens_with_the_statement_and_the_red_audit() -> None:
    model = _model()
    text = case_report(_case(), model, _ASSUMED, written=0.0)  # type: ignore[arg-type]
    body = text[text.index("<body>") :]
    assert body.index(STATEMENT) < body.index("Red audit") < body.index("<h1>")
    assert "at an assumed prevalence of 8 %" in text
    assert "not where disease is" in text
    assert "1970-01-01 00:00 UTC" in text
    assert text.count("data:image/png;base64,") == 2
    assert not re.findall(r"(?:src|href)=\"(?!data:)", text)


def test_it_names_nobody_unless_asked_and_escapes_everything() -> None:
    model = _model()
    bare = case_report(_case(), model, _ASSUMED)  # type: ignore[arg-type]
    assert "Doe" not in bare
    assert "alert(1)" not in bare
    named = case_report(_case(), model, _ASSUMED, names=True)  # type: ignore[arg-type]
    assert "Doe&lt;Jane&gt;.png" in named
    for text in (bare, named):
        assert "<script" not in text
        assert "<b>site" not in text
        assert "It is &lt;grey&gt;." in text


def test_a_refused_film_has_no_probability() -> None:
    text = case_report(_case("refused", None), _model(), _ASSUMED)  # type: ignore[arg-type]
    assert "No probability was made of this film." in text
    assert "assumed prevalence of" not in text
    assert text.count("data:image/png;base64,") == 1


def test_another_model_or_a_film_that_waits_is_not_reported() -> None:
    model = _model()
    other = _Model(result=model.result, sha256="f" * 64)
    with pytest.raises(RunStateError, match="another triage model"):
        case_report(_case(), other, _ASSUMED)  # type: ignore[arg-type]
    waiting = Case(id="1" * 32, name="a.png", status="waiting")
    with pytest.raises(RunStateError, match="read"):
        case_report(waiting, model, _ASSUMED)  # type: ignore[arg-type]
