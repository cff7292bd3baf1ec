"""The picture that is tried, as the network gets it, and why it says what it says, over it."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core.charts.faithfulness import faithfulness_sentence, sanity_sentence
from cnn_core.charts.overlay import overlay
from cnn_core.results.inspection import Attribution, ModelChoice, Prepared
from cnn_core.results.pictures import Plan
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.inspector.picture import Photo

if TYPE_CHECKING:
    from cnn_core.runtime.inspection import Inspector

_SIDE = 320
_OPACITY = 0.7
_WHY = "Why this answer"
_FOUND = "own-tried-heat"
_KEPT = 6


@st.fragment
@guarded
def heat_view(
    engine: "Inspector", record: RunRecord, plan: Plan, photo: Photo, order: list[str]
) -> None:
    """Draw the picture; with a heat map over it where that is asked for.

    Args:
        engine: this server's inspector.
        record: the run whose network is asked.
        plan: what it saw.
        photo: the picture.
        order: the classes, the most probable first.
    """
    choice = ModelChoice(name=f"run:{record.id}")
    prepared = engine.prepare(choice, photo.pixels)
    space = st.container()
    asked = st.toggle(
        _WHY,
        key="own-try-why",
        persist_state="session",
        help="Grad-CAM: the places of the last maps that speak for a class (Selvaraju et al. "
        "2017). It takes some seconds, because the map is also checked.",
    )
    if not asked:
        with space:
            st.image(prepared.crop, width=_SIDE, alt=f"{photo.name}, as the network gets it.")
        st.caption(plain_markdown(f"{photo.name}, as the network gets it."))
        return
    key = f"own-try-class-{record.id}-{photo.token}"
    name = st.selectbox("Which places speak for", order, key=key, width=_SIDE)
    name = name if name in order else order[0]
    attribution = _attribution(engine, choice, prepared, plan.classes.index(name), photo)
    heat = np.clip(attribution.heat, 0, None)
    with space:
        picture = overlay(prepared.crop, heat, opacity=_OPACITY, signed=False)
        st.image(picture, width=_SIDE, alt=f"Grad-CAM for {name} over {photo.name}.")
    st.caption(
        plain_markdown(
            f"Yellow speaks most for {name}. {faithfulness_sentence(attribution)}. Is it the "
            f"network? {sanity_sentence(attribution)}."
        )
    )


def _attribution(
    engine: "Inspector", choice: ModelChoice, prepared: Prepared, target: int, photo: Photo
) -> Attribution:
    """Return the map, found once for a session's last questions."""
    kept: dict[object, Attribution] = st.session_state.setdefault(_FOUND, {})
    question = (choice, photo.token, target)
    if question not in kept:
        place = st.empty()

        def tell(done: int, total: int) -> None:
            place.progress(min(done / max(total, 1), 1.0), "Grad-CAM, and two checks of it")

        try:
            kept[question] = engine.attribute(choice, prepared, "grad-cam", target, progress=tell)
        finally:
            place.empty()
        while len(kept) > _KEPT:
            del kept[next(iter(kept))]
    return kept[question]
