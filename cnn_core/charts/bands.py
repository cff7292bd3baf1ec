"""A band of several seeds on an ECharts chart: the mean as a line, the band around it, each seed.

What the band is stands in `results.groups`: Student's 95 % interval of the mean from three seeds
on, of two from the lower to the higher one.
"""

import numpy as np
import pandas as pd

from cnn_core.charts import palette
from cnn_core.charts.axes import LIMIT
from cnn_core.charts.echarts import LINE_PX, Option, line
from cnn_core.results.groups import Band, band_name

EACH = "each seed"
_SEED_OPACITY = 0.42
_BAND_OPACITY = 0.24
_SYMBOLS = 40  # more points are a line without marks


def thinned(found: Band) -> Band:
    """Return `found` with at most `LIMIT` places, the last one kept."""
    every = max(1, -(-len(found.x) // LIMIT))
    keep = np.arange(len(found.x))[::-1][::every][::-1]
    return Band(
        x=found.x[keep],
        values=found.values[:, keep],
        mean=found.mean[keep],
        low=found.low[keep],
        high=found.high[keep],
        seeds=found.seeds,
    )


def band_frame(
    found: Band, x_name: str, x: np.ndarray, *, lowest: float, highest: float = np.inf
) -> pd.DataFrame:
    """Return the band as columns; its ends are cut where no value can lie."""
    low, high = np.clip(found.low, lowest, highest), np.clip(found.high, lowest, highest)
    columns = {x_name: x, "mean": found.mean, "low": low, "high": high, "width": high - low}
    rows = {f"seed {index}": row for index, row in enumerate(found.values)}
    return pd.DataFrame({**columns, **rows})


def seed_lines(found: Band, color: str, *, frame: int, x: str) -> list[Option]:
    """Return a thin line for each seed; of one seed alone the mean is all there is to see."""
    style = {"width": LINE_PX, "color": color, "opacity": _SEED_OPACITY if found.seeds > 1 else 0}
    thin = palette.with_alpha(color, _SEED_OPACITY)
    return [
        line(EACH, thin, frame=frame, x=x, y=f"seed {index}", lineStyle=style, clip=True)
        | {"tooltip": {"show": False}, "silent": True}
        for index in range(len(found.values))
    ]


def band_and_mean(
    found: Band,
    name: str,
    color: str,
    *,
    frame: int,
    x: str,
    symbols: bool = False,
    dash: str = "solid",
) -> list[Option]:
    """Return the band, as a clear line to its lower end with an area on top of it, and the mean.

    Args:
        found: what is drawn.
        name: of the mean, in the legend.
        color: of line and band.
        frame: the place of its `band_frame` among the chart's; no two bands share one.
        x: the frame's column with the places.
        symbols: mark each point, where they are few.
        dash: "solid", "dashed" or "dotted".
    """
    clear = {"lineStyle": {"width": 0, "opacity": 0}, "symbol": "none", "silent": True}
    stack = {"stack": f"band {frame}", "stackStrategy": "all", **clear}
    band, tint = band_name(found.seeds) or EACH, palette.with_alpha(color, _BAND_OPACITY)
    return [
        line(f"{band}, from", tint, frame=frame, x=x, y="low", **stack),
        line(band, tint, frame=frame, x=x, y="width", areaStyle={"color": tint}, **stack)
        | {"encode": {"x": x, "y": "width", "tooltip": ["high"]}},
        line(
            name,
            color,
            frame=frame,
            x=x,
            y="mean",
            clip=True,
            showSymbol=symbols and len(found.x) <= _SYMBOLS,
            symbol="circle",
            symbolSize=9,
            lineStyle={"width": 2 * LINE_PX, "color": color, "type": dash},
            z=4,
        ),
    ]
