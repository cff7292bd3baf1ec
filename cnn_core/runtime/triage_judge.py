"""What is kept of a triage model with every film that it judged. Free of torch."""

from typing import TYPE_CHECKING

from cnn_core.charts.film_words import under_every_result
from cnn_core.results.worklist import Judge

if TYPE_CHECKING:
    from cnn_core.runtime.triage_model import TriageModel


def judge_of(model: "TriageModel") -> Judge:
    """Return what has to be known of a model once it is gone; its networks are not held."""
    return Judge(
        sha256=model.sha256,
        title=model.title,
        synthetic=model.synthetic,
        classes=tuple(model.classes),
        prior=tuple(model.prior),
        parity=model.parity,
        result=model.result,
        under=under_every_result(model.result),
    )
