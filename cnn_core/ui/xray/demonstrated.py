"""What the study of the demonstration model found, before there is a study of one's own."""

import importlib

import streamlit as st

from cnn_core.charts.film_words import between, figure
from cnn_core.charts.wording import plural
from cnn_core.runtime.xray_demonstration import Demonstration, demonstration, demonstration_card
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.linked import linked_view
from cnn_core.ui.xray.judged import Judged
from cnn_core.ui.xray.verdict import beside_every_score

VIEW, ON = "xr-demonstration", "xr-demonstration-on"
VIEWS = {
    "scores": "Scores",
    "curves": "ROC and PR",
    "calibration": "Calibration",
    "decision": "Decision",
    "subgroups": "Subgroups",
}
_PIXELS = 250


def render_demonstration() -> None:
    """Draw the recorded study; nothing where the model did not come along."""
    found = demonstration()
    if found is None:
        return
    judged = Judged(result=found.result, scored={})
    st.subheader("Recorded: the demonstration model", anchor=False)
    st.markdown(plain_markdown(_what_it_is(found)))
    left, right = st.columns([1.15, 1], gap="medium")
    with left, st.container(horizontal=True):
        for what, evaluation in judged.evaluations.items():
            area = evaluation.macro_auroc
            st.metric(
                f"AUROC, {what}",
                "none" if area.value is None else figure(area.value),
                delta=None if area.interval is None else f"{between(area.interval)} (95 %)",
                delta_color="off",
                delta_arrow="off",
                width=_PIXELS,
            )
    with right:
        beside_every_score(found.result)
    with st.container(horizontal=True):
        view = linked_view(VIEW, VIEWS, "scores")
        on = st.segmented_control(
            "On",
            list(judged.evaluations),
            default=next(iter(judged.evaluations)),
            required=True,
            key=ON,
            format_func=str.capitalize,
            label_visibility="collapsed",
        )
        st.download_button(
            "Its card", demonstration_card(), "xray-demonstration.md", icon=":material/download:"
        )
    evaluation = judged.evaluations[on or next(iter(judged.evaluations))]
    module = importlib.import_module("cnn_core.ui.xray.result_figures")
    getattr(module, f"{view}_view")(None, judged, evaluation)
    st.caption(plain_markdown(evaluation.covers))


def _what_it_is(found: Demonstration) -> str:
    films = sum(found.films.values())
    stated = plural(len(found.films), "licence")
    return (
        f"{found.result.model}, trained on {found.trained} with this page's recipe on radiographs "
        f"whose licence is stated: {films:,} films under {stated}, none of which is here. It came "
        "along to show the workflow. Its weights are not to be used commercially."
    )
