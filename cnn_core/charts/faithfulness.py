"""How far a heat map can be believed: its deletion and insertion curves, and two sentences.

Deletion and insertion are those of Petsiuk et al. 2018, "RISE", arXiv 1806.07421; the check with
random weights that of Adebayo et al. 2018, "Sanity Checks for Saliency Maps", arXiv 1810.03292.
"""

from typing import Literal

import numpy as np
import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import lay_out, short
from cnn_core.results.inspection import Attribution, Curve

DELETION, INSERTION = palette.VALIDATION, palette.TRAINING
_CLEARLY = 0.05
_DIFFERENT, _ALIKE = 0.3, 0.6

Verdict = Literal["both", "deletion", "insertion", "neither"]


def faithfulness_curves(attribution: Attribution, class_name: str = "the class") -> go.Figure:
    """Draw deletion and insertion in the map's order, each beside a random order (dashed)."""
    figure = go.Figure()
    for curve, name, color, dash in (
        (attribution.deletion, "deletion", DELETION, "solid"),
        (attribution.deletion_random, "deletion at random", DELETION, "dash"),
        (attribution.insertion, "insertion", INSERTION, "solid"),
        (attribution.insertion_random, "insertion at random", INSERTION, "dash"),
    ):
        figure.add_trace(_line(curve, name, color, dash))
    lay_out(figure, faithfulness_sentence(attribution), height=440)
    # Below the plot: in a narrow place it takes four lines, and a title must not be hit.
    figure.update_layout(
        showlegend=True,
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": -0.24, "yanchor": "top"},
    )
    figure.update_xaxes(title_text="pixels changed", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(
        title_text=f"probability of {short(class_name)}", tickformat=".0%", rangemode="tozero"
    )
    return figure


def faithfulness(attribution: Attribution) -> Verdict:
    """Return where the map's order beats a random one by a twentieth of the random one's area.

    Deletion: its area is smaller. Insertion: its area is larger (Petsiuk et al. 2018, "RISE").
    """
    fell = attribution.deletion.area < (1 - _CLEARLY) * attribution.deletion_random.area
    rose = attribution.insertion.area > (1 + _CLEARLY) * attribution.insertion_random.area
    if fell and rose:
        return "both"
    if fell or rose:
        return "deletion" if fell else "insertion"
    return "neither"


def faithfulness_sentence(attribution: Attribution) -> str:
    """Return what the four curves say, in a sentence without a full stop."""
    return {
        "both": "The map finds what the network needs: better than a random order both ways",
        "deletion": "Deletion by the map beats a random order, insertion does not",
        "insertion": "Insertion by the map beats a random order, deletion does not",
        "neither": "A random order of pixels does as well: do not trust this map here",
    }[faithfulness(attribution)]


def sanity_sentence(attribution: Attribution) -> str:
    """Return whether the map depends on what the network learned, without a full stop.

    After Adebayo et al. 2018, "Sanity Checks for Saliency Maps", arXiv 1810.03292.
    """
    alike = attribution.sanity
    if np.ptp(attribution.heat) == 0:
        return "That cannot be said: the map is the same everywhere"
    figure = f"(rank correlation {alike:.2f})"
    if abs(alike) < _DIFFERENT:
        return f"Yes: with random weights the map is another one {figure}"
    if abs(alike) < _ALIKE:
        return f"In part: with random weights the map stays somewhat alike {figure}"
    return f"Hardly: with random weights the map stays alike, so it shows the picture {figure}"


def _line(curve: Curve, name: str, color: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=curve.shares.tolist(),
        y=curve.probabilities.tolist(),
        name=f"{name} (area {curve.area:.2f})",
        mode="lines",
        line={"color": color, "dash": dash, "width": 2.5},
        hovertemplate="%{y:.1%}",
    )
