"""Everything else that is said of a film: probabilities at assumed prevalences, and what they mean.

Sets, similar films, checks, how far altered views move the score, the test of the heat map, and
which model said it.
"""

from typing import Any

import streamlit as st

from cnn_core.charts.film_words import figure, labelled
from cnn_core.charts.triage_words import (
    probability_rows,
    reason_list,
    set_words,
    sets_promise,
    spread_words,
)
from cnn_core.results.triage import OWN_PRIOR, Prediction
from cnn_core.results.worklist import Judge
from cnn_core.results.xray_prevalence import ASSUMES
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.triage.prevalences import prevalences_of


def details(prediction: Prediction, model: Judge) -> None:
    """Draw the details of a film.

    Args:
        prediction: what is said of it.
        model: that said it.
    """
    _why(prediction)
    if prediction.probabilities:
        _probabilities(prediction, model)
    _nearest(prediction)
    _checks(prediction)
    _heat(prediction)
    _model(prediction, model)


def _why(prediction: Prediction) -> None:
    reasons = reason_list(prediction)
    if len(reasons) > 1:
        st.markdown("**All reasons**")
        st.markdown("\n".join(f"- {plain_markdown(reason)}" for reason in reasons))


def _probabilities(prediction: Prediction, model: Judge) -> None:
    st.markdown("**Calibrated probabilities**")
    rows = probability_rows(prediction, prevalences_of(model))
    st.markdown("\n".join(f"- {plain_markdown(label)}: {text}" for label, text in rows))
    st.caption(f"{ASSUMES} “Prevalences”, above, changes what is assumed.")
    if prediction.score is not None:
        held = "there is no guaranteed threshold"
        if prediction.threshold is not None:
            held = f"threshold {figure(prediction.threshold)}"
        st.markdown(f"Triage score {figure(prediction.score)}, {held} ({OWN_PRIOR}).")
    st.caption(plain_markdown(model.result.operating_point.sentence))
    st.markdown(f"**Conformal set.** {plain_markdown(set_words(prediction))}")
    st.caption(plain_markdown(sets_promise(model.result)))
    spread = spread_words(prediction)
    if spread:
        st.markdown(f"**Altered views.** {plain_markdown(spread)}")


def _nearest(prediction: Prediction) -> None:
    if not prediction.nearest:
        return
    st.markdown("**Nearest training films**, by cosine distance of what the network makes of them")
    table: dict[str, Any] = {
        "Labelled": [
            labelled(case.label) if case.label else "not known" for case in prediction.nearest
        ],
        "Source": [case.source or "not known" for case in prediction.nearest],
        "Distance": [round(case.distance, 3) for case in prediction.nearest],
    }
    st.dataframe(table, hide_index=True, key="triage-nearest")


def _checks(prediction: Prediction) -> None:
    st.markdown("**Checks before any probability**")
    for check in prediction.checks:
        icon = ":material/check:" if check.passed else ":material/block:"
        st.markdown(f"{icon} {plain_markdown(check.title)}: {plain_markdown(check.sentence)}")
    if prediction.gate_distance is not None and prediction.gate_limit is not None:
        st.caption(
            f"Mean cosine distance to the nearest known films {prediction.gate_distance:.3f}; up "
            f"to {prediction.gate_limit:.3f} passes. Mean grey before anything was clipped "
            f"{prediction.brightness:.2f}, its standard deviation {prediction.contrast:.2f}."
        )


def _heat(prediction: Prediction) -> None:
    heat = prediction.heat
    if heat is None:
        return
    st.markdown(f"**Test of the heat map** for {plain_markdown(labelled(heat.label))}")
    st.markdown(
        f"Heat outside the central zone: {figure(heat.outside)} (of an even map "
        f"{figure(heat.outside_even)}). Rank correlation with the map of a network with random "
        f"weights: {heat.randomised:.2f}."
    )


def _model(prediction: Prediction, model: Judge) -> None:
    st.markdown("**Which model, and how long it took**")
    st.caption(
        f"{plain_markdown(model.title)}, {plain_markdown(model.result.model)}. SHA-256 of the "
        f"model: `{prediction.model}`. Largest difference from torch where it was exported: "
        f"{model.parity:.1g}. This film: {prediction.seconds:.2f} s, prediction "
        f"`{prediction.id}`."
    )
