"""The arithmetic of one output pixel: patch x kernel, summed, plus bias, then ReLU."""

import numpy as np
import streamlit as st

from cnn_core.results.inspection import Floats, LayerInfo, PixelArithmetic
from cnn_core.ui.inspector.state import Inspected, choose, linked_number, number_box

_BLUE, _ORANGE = "0 114 178", "213 94 0"
_STYLE = (
    "<style>.cnn-sums{display:flex;flex-wrap:wrap;gap:12px 28px}.cnn-sum{overflow-x:auto;"
    "max-width:100%}.cnn-sum table{border-collapse:collapse;font-size:14px;"
    "font-variant-numeric:tabular-nums}.cnn-sum td{padding:2px 6px;text-align:right;"
    "border:1px solid rgb(128 128 128/30%)}.cnn-sum caption{text-align:left;font-weight:600;"
    "white-space:nowrap}</style>"
)


def arithmetic_view(place: Inspected, layer: LayerInfo, unit: tuple[int, int, int]) -> None:
    """Draw how the chosen unit's number comes about, in an expander."""
    opened = st.expander(
        "How this number comes about", key="inspector-arithmetic", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        found = place.inspector.arithmetic(place.choice, place.prepared, layer.name, unit)
        products = found.patch.astype(np.float64) * found.kernel
        sums = products.sum(axis=(1, 2))
        st.markdown(in_words(found, sums))
        strongest = int(np.abs(sums).argmax())
        channel = linked_number("term", len(sums), strongest, of=(place.choice.name, layer.name))
        with st.container(width=220):
            number_box(
                f"Input channel (of {len(sums)})",
                channel,
                range(len(sums)),
                key="inspector-term",
                then=lambda number: choose("term", number),
                help="At first the one that adds or takes away most. With groups, counted within "
                "the group.",
            )
        st.html(
            f'{_STYLE}<div class="cnn-sums">'
            + "".join(
                _table(title, values)
                for title, values in (
                    ("Patch (zero where padded)", found.patch[channel]),
                    ("Kernel", found.kernel[channel]),
                    (f"Patch × kernel, together {sums[channel]:.4f}", products[channel]),
                )
            )
            + "</div>"
        )


def in_words(found: PixelArithmetic, sums: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """Return the whole sum as a line that can be followed: the largest terms, the rest, the bias.

    Args:
        found: the unit's arithmetic.
        sums: float64 (in / groups,), patch x kernel of each input channel.
    """
    most = 4 if len(sums) > 5 else len(sums)
    order = np.argsort(-np.abs(sums), kind="stable")[:most]
    parts = [f"{sums[index]:+.4f} (channel {index})" for index in sorted(order)]
    if most < len(sums):
        rest = float(sums.sum() - sums[order].sum())
        parts.append(f"{rest:+.4f} (the other {len(sums) - most})")
    parts.append(f"{found.bias:+.4f} (bias)")
    relu = "" if found.after is None else f"; after ReLU **{found.after:.4f}**"
    return (
        f"{' '.join(parts)} = **{found.total:.4f}**{relu}. The network itself computed "
        f"{found.output:.4f}."
    )


def _table(title: str, values: Floats | np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> str:
    reach = float(np.abs(values).max()) or 1.0
    rows = "".join(
        "<tr>" + "".join(_cell(float(value), reach) for value in row) + "</tr>" for row in values
    )
    return f'<div class="cnn-sum"><table><caption>{title}</caption>{rows}</table></div>'


def _cell(value: float, reach: float) -> str:
    colour, share = (_ORANGE if value > 0 else _BLUE), 0.6 * abs(value) / reach
    return f'<td style="background:rgb({colour}/{share:.2f})">{value:.3f}</td>'
