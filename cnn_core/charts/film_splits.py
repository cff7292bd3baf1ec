"""Who sees which patient: patients by role and class.

Titles are computed; no ground of its own, text at least 14 px (`charts.inspection.lay_out`).
"""

import html

import plotly.graph_objects as go

from cnn_core.charts import wording
from cnn_core.charts.film_flow import ROLE_NAMES, role_rows, split_title
from cnn_core.charts.film_words import labelled
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.charts.roc import class_bars, legend_below
from cnn_core.results.xray_study import StudyResult

_ROW_PX = 52


def split_figure(result: StudyResult) -> go.Figure:
    """Draw patients by role, a bar a role, a pattern a class."""
    rows = role_rows(result)
    figure = go.Figure()
    for index, label in enumerate(result.classes):
        name = labelled(label)
        counts = [row[index] for row in rows.values()]
        figure.add_trace(
            go.Bar(
                y=list(range(len(rows))),
                x=counts,
                orientation="h",
                name=html.escape(name),
                marker=class_bars(index),
                text=[
                    f"{html.escape(ROLE_NAMES.get(role, role))}: "
                    f"{wording.plural(count, 'patient')}, {html.escape(name)}"
                    for role, count in zip(rows, counts, strict=True)
                ],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )
        )
    lay_out(figure, split_title(result), height=56 + _ROW_PX * max(1, len(rows)))
    legend_below(figure, len(result.classes))
    figure.update_layout(barmode="stack", bargap=0.45, annotations=_names(list(rows)))
    figure.update_xaxes(title_text="patients", rangemode="tozero", zeroline=False)
    figure.update_yaxes(
        showticklabels=False,
        range=[len(rows) - 0.4, -0.75],
        showgrid=False,
        zeroline=False,
    )
    return figure


def _names(roles: list[str]) -> list[dict[str, object]]:
    """Return the roles' names above their bars, in the page's own text colour."""
    return [
        {
            "text": '<span style="color:currentColor">'
            f"{html.escape(ROLE_NAMES.get(role, role))}</span>",
            "x": 0,
            "y": place - 0.28,
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": TEXT_PX},
        }
        for place, role in enumerate(roles)
    ]
