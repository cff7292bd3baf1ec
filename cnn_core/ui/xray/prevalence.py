"""Three linked prevalences: what the model is worth where disease is as common as one says."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.charts.film_words import at_prevalence, labelled, short_class
from cnn_core.charts.prevalence_charts import (
    decision_alt,
    decision_figure,
    predictive_alt,
    predictive_values_figure,
)
from cnn_core.results.prevalences import usual_prevalences
from cnn_core.results.xray_evaluation import Evaluation
from cnn_core.results.xray_prevalence import ASSUMES
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.xray.judged import Judged
from cnn_core.ui.xray.result_figures import draw
from cnn_core.ui.xray.state import Chosen
from cnn_core.xray.prevalence import decision_curve, linked, predictive_curve, predictive_values

ADDRESS = "xr-prevalence"
_GRID = 60
_STEP = 0.5  # percent


def assumed_prevalences(classes: Sequence[str], prior: Sequence[float]) -> tuple[float, ...]:
    """Return the assumed share of each class: the session's, the address bar's, or the default.

    The default is `usual_prevalences`.
    """
    kept: tuple[float, ...] | None = st.session_state.get(_key(classes))
    if kept is None:
        kept = read_shares(st.query_params.get(ADDRESS, ""), len(classes))
    if kept is not None:
        return kept
    return tuple(usual_prevalences(classes, prior).values())


def read_shares(text: str, count: int) -> tuple[float, ...] | None:
    """Return the shares that an address says in percent, None where it says none that fit.

    An address is rounded (`write_shares`): what it says is made to add up to 1 again.

    >>> read_shares("80,12,8", 3), read_shares("80,12", 3), read_shares("nan,1,99", 3)
    ((0.8, 0.12, 0.08), None, None)
    """
    try:
        shares = [float(part) / 100 for part in text.split(",")]
    except ValueError:
        return None
    fits = len(shares) == count and all(0 <= share <= 1 for share in shares)
    if not fits or abs(sum(shares) - 1) >= 1e-3:
        return None
    return tuple(share / sum(shares) for share in shares)


def write_shares(shares: Sequence[float]) -> str:
    """Return shares as an address says them: in percent, four digits each.

    >>> write_shares((0.8, 0.12, 0.08)), write_shares((0.33, 0.402, 0.268))
    ('80,12,8', '33,40.2,26.8')
    """
    return ",".join(f"{100 * share:.4g}" for share in shares)


def _key(classes: Sequence[str]) -> str:
    return "xray-prevalence-" + "-".join(classes)


def prevalence_view(chosen: Chosen, judged: Judged, evaluation: Evaluation) -> None:
    """Draw the sliders, PPV and NPV against prevalence, and the decision curve."""
    del chosen
    classes = judged.result.classes
    shares = assumed_prevalences(classes, judged.result.prior)
    prevalence_sliders(classes, shares)
    values = predictive_values(evaluation.confusion, classes, shares)
    st.dataframe(
        {
            "Resembles": [labelled(each.label) for each in values],
            "PPV": [
                "not defined" if each.ppv is None else at_prevalence(each.ppv, each.prevalence)
                for each in values
            ],
            "NPV": [
                "not defined" if each.npv is None else at_prevalence(each.npv, each.prevalence)
                for each in values
            ],
        },
        hide_index=True,
        key="xr-predictive",
    )
    label = st.segmented_control(
        "Class",
        classes,
        default=classes[-1],
        required=True,
        format_func=lambda each: plain_markdown(short_class(each)),
        key="xr-prevalence-class",
        label_visibility="collapsed",
    )
    place = classes.index(label or classes[-1])
    left, right = st.columns(2, gap="medium")
    with left:
        grid = [number / _GRID for number in range(1, _GRID)]
        curve = predictive_curve(evaluation.confusion, classes, shares, place, grid)
        draw(predictive_values_figure(curve, values[place]), "ppv", predictive_alt(values[place]))
    with right:
        scored = judged.scored.get(evaluation.what)
        if scored is None:
            st.caption("What was said of each film is no longer here.")
        else:
            decisions = decision_curve(
                scored.labels,
                scored.probabilities,
                place,
                classes,
                prior=scored.prior,
                prevalences=shares,
            )
            draw(decision_figure(decisions), "decision", decision_alt(decisions))
    st.caption(ASSUMES)


def prevalence_sliders(classes: Sequence[str], shares: Sequence[float]) -> None:
    """Draw a slider a class; moving one moves the others, so that they add up to 100 %."""

    @guarded
    def moved(place: int) -> None:
        value = float(st.session_state[f"xr-share-{place}"]) / 100
        now = linked(shares, place, value)
        st.session_state[_key(classes)] = now
        st.query_params[ADDRESS] = write_shares(now)

    st.markdown("**How common is each class where the model would be used?** They add up to 100 %.")
    for place, (label, column) in enumerate(zip(classes, st.columns(len(classes)), strict=True)):
        st.session_state[f"xr-share-{place}"] = round(100 * shares[place] / _STEP) * _STEP
        column.slider(
            plain_markdown(short_class(label)),
            0.0,
            100.0,
            step=_STEP,
            format="%.1f %%",
            key=f"xr-share-{place}",
            on_change=moved,
            args=(place,),
        )
