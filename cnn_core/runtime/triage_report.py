"""The report of one case: a printable HTML file that needs nothing beside itself.

The statement and the red audit stand on top; nothing says whose film it was unless names are asked
for. Everything is escaped, whatever a template forgets.
"""

import base64
import io
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.charts import triage_words
from cnn_core.charts.film_words import figure, labelled, under_every_result
from cnn_core.charts.overlay import overlay
from cnn_core.errors import RunStateError
from cnn_core.results.triage import OWN_PRIOR, HeatMap
from cnn_core.results.worklist import Case, Judge
from cnn_core.results.worklist_rows import UNCLEAR
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.results.xray_prevalence import ASSUMES

_TEMPLATES = Path(__file__).with_name("templates")
_OPACITY = 0.55


def case_report(
    case: Case,
    model: Judge,
    prevalences: Mapping[str, float],
    *,
    names: bool = False,
    written: float | None = None,
) -> str:
    """Return the report of a film that is done, as HTML.

    Args:
        case: of a worklist.
        model: that was asked; the case keeps it.
        prevalences: assumed share of each of its classes, adding up to 1.
        names: whether with the file's name and the reviewer's note.
        written: seconds since 1970; None for now.

    Raises:
        RunStateError: the film is not done, or another model was asked.
    """
    import jinja2

    tried = case.tried
    if tried is None:
        raise RunStateError("Only a film that was read can be reported.")
    prediction = tried.prediction
    if prediction.model != model.sha256:
        raise RunStateError(
            "This film was shown to another triage model than the one that is chosen.",
            hint="The case keeps the one that judged it.",
        )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    heat = prediction.heat
    return environment.get_template("triage_report.html.j2").render(
        title=f"X-ray triage: {prediction.decision}",
        statement=STATEMENT,
        synthetic=model.synthetic,
        red=model.result.red,
        under_every_result=under_every_result(model.result),
        headline=triage_words.headline(prediction),
        routine_is=triage_words.ROUTINE_IS if prediction.decision == "routine" else "",
        reasons=triage_words.reason_list(prediction),
        picture=_png(tried.picture),
        heat=None if heat is None else _png(_over(tried.picture, heat)),
        heat_words="" if heat is None else heat.sentence,
        heat_class="" if heat is None else labelled(heat.label),
        name=case.name if names else "",
        note=case.note if names else "",
        label=_label_words(case),
        rows=triage_words.probability_rows(prediction, prevalences),
        assumes=ASSUMES,
        score="" if prediction.score is None else figure(prediction.score),
        threshold="" if prediction.threshold is None else figure(prediction.threshold),
        own_prior=OWN_PRIOR,
        set_words=triage_words.set_words(prediction),
        sets_promise=triage_words.sets_promise(model.result),
        spread=triage_words.spread_words(prediction),
        nearest=triage_words.nearest_words(prediction),
        checks=prediction.checks,
        prediction=prediction.id,
        model_title=model.title,
        model=model.sha256,
        seconds=f"{prediction.seconds:.2f}",
        written=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(written)),
    )


def _label_words(case: Case) -> str:
    if not case.label:
        return ""
    read = "cannot tell" if case.label == UNCLEAR else labelled(case.label)
    how = "before decision and score were seen" if case.blind else "with the decision in sight"
    return f"{read}, {how}"


def _over(picture: NDArray[np.uint8], heat: HeatMap) -> NDArray[np.uint8]:
    grey = np.repeat(picture[..., None], 3, axis=2)
    return overlay(grey, heat.heat, opacity=_OPACITY, signed=False)


def _png(pixels: NDArray[np.uint8]) -> str:
    """Return a picture as a data URI."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
