"""Films behind the figures: those of a cell of the confusion matrix, and the surest mistakes."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from cnn_core.charts.confusion import clicked_cell
from cnn_core.charts.film_results import film_confusion_alt, film_confusion_figure
from cnn_core.charts.film_words import labelled
from cnn_core.charts.wording import plural
from cnn_core.results.xray_evaluation import Evaluation
from cnn_core.results.xray_plan import Scored
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.xray.gallery import film_gallery
from cnn_core.ui.xray.judged import Judged, failures, films_of_cell
from cnn_core.ui.xray.state import Chosen


def confusion_view(chosen: Chosen, judged: Judged, evaluation: Evaluation) -> None:
    """Draw the confusion matrix; a click on a cell shows its films."""
    event = st.plotly_chart(
        film_confusion_figure(evaluation),
        key=f"xr-confusion-{evaluation.what}",
        alt=film_confusion_alt(evaluation),
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
    )
    scored = judged.scored.get(evaluation.what)
    cell = clicked_cell(event)
    if scored is None:
        st.caption("What was said of each film is no longer here.")
        return
    if cell is None:
        st.caption("Click a cell to see its films.")
        return
    true, predicted = cell
    classes = judged.result.classes
    films = films_of_cell(scored, true, predicted)
    words = f"{labelled(classes[true])} taken for {labelled(classes[predicted])}"
    if true == predicted:
        words = f"{labelled(classes[true])} taken for what they are labelled"
    st.markdown(f"**{plural(len(films), 'film')}: {plain_markdown(words)}**, the surest first.")
    film_gallery(
        chosen,
        films.tolist(),
        key=f"cell-{true}-{predicted}-{evaluation.what}",
        alt=f"{plural(len(films), 'film')}: {words}.",
        note=_said(judged, scored),
    )


def failures_view(chosen: Chosen, judged: Judged, evaluation: Evaluation) -> None:
    """Draw the films that were taken for another class, the surest mistakes first."""
    scored = judged.scored.get(evaluation.what)
    if scored is None:
        st.caption("What was said of each film is no longer here.")
        return
    films = failures(scored)
    if not len(films):
        st.markdown(f"No film of the {evaluation.what} was taken for another class.")
        return
    st.markdown(
        f"**{plural(len(films), 'film')} of {len(scored.films):,} taken for another class**, the "
        "surest first. A label can be wrong too."
    )
    film_gallery(
        chosen,
        films.tolist(),
        key=f"failures-{evaluation.what}",
        alt=f"{plural(len(films), 'film')} taken for another class.",
        note=_said(judged, scored),
    )


def _said(judged: Judged, scored: Scored) -> Callable[[int], str]:
    """Return what the model said of a film, as a function of its place in the film set."""
    row_of = {int(film): row for row, film in enumerate(scored.films)}
    prior = dict(zip(judged.result.classes, scored.prior.tolist(), strict=True))

    def note(place: int) -> str:
        probabilities = scored.probabilities[row_of[place]]
        order = np.argsort(-probabilities)
        lines = [
            f"{plain_markdown(labelled(judged.result.classes[each]))}: "
            f"{probabilities[each]:.2f} where {100 * prior[judged.result.classes[each]]:.0f} % of "
            "films are so labelled"
            for each in order
        ]
        return "Resembles  \n" + "  \n".join(lines)

    return note
