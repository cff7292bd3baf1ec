"""How common each class is assumed to be where triage would run: three linked shares.

The same shares, in session and address bar, as on the page of a study.
"""

from collections.abc import Mapping

import streamlit as st

from cnn_core.charts.film_words import short_class
from cnn_core.results.worklist import Judge
from cnn_core.results.xray_prevalence import ASSUMES
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.xray.prevalence import assumed_prevalences, prevalence_sliders


def prevalences_of(model: Judge) -> dict[str, float]:
    """Return the assumed share of each class of a model, in its order."""
    shares = assumed_prevalences(model.classes, model.prior)
    return dict(zip(model.classes, shares, strict=True))


def prevalence_words(prevalences: Mapping[str, float]) -> str:
    """Return the shares in a line.

    >>> prevalence_words({"normal": 0.8, "pneumonia": 0.12, "covid19": 0.08})
    'normal 80 %, pneumonia 12 %, COVID-19 8 %'
    """
    return ", ".join(
        f"{short_class(label)} {100 * share:.3g} %" for label, share in prevalences.items()
    )


def prevalence_popover(prevalences: Mapping[str, float]) -> None:
    """Draw the button that says the shares, and behind it a slider for each."""
    with st.popover("Prevalences", icon=":material/groups:", width="content"):
        prevalence_sliders(tuple(prevalences), tuple(prevalences.values()))
        st.caption(
            f"Assumed now: {plain_markdown(prevalence_words(prevalences))}. Probabilities are "
            f"re-weighted to them; decisions stay as they are. {ASSUMES}"
        )
