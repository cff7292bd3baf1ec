"""The curves of several runs as one text for a spreadsheet: a row an epoch, or a look at a layer.

The text holds ids, fixed headings, layers' names and numbers, never a name that a person typed, so
no cell of it can be taken for a formula.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnn_core.results.studied import Studied
from cnn_core.results.tables import csv_text

if TYPE_CHECKING:  # 0.4 s to import: left to the functions that make frames
    import pandas as pd


def epochs_csv(studies: Sequence[Studied]) -> str:
    r"""Return one row an epoch: run, seed, recording ("" on this machine), then its epoch.

    >>> epochs_csv([])
    'run,seed,recording\n'
    """
    import pandas as pd

    frames = [
        _owned(history.epoch_table(), run.id, run.config.seed, studied)
        for studied in studies
        for run, history in zip(studied.records, studied.histories, strict=True)
    ]
    empty = pd.DataFrame(columns=["run", "seed", "recording"])
    return csv_text(pd.concat(frames, ignore_index=True) if frames else empty)


def layers_csv(studies: Sequence[Studied]) -> str:
    """Return one row a look and layer, of those runs that looked; "" where none did."""
    import pandas as pd

    frames = []
    for studied in studies:
        for run, history in zip(studied.records, studied.histories, strict=True):
            series = history.layers()
            if not series.looks:
                continue
            looks, layers = series.dead.shape
            frame = pd.DataFrame(
                {
                    "step": series.steps.repeat(layers),
                    "layer": list(series.layers) * looks,
                    "dead_share": series.dead.ravel(),
                    "gradient_norm": series.gradient_norms.ravel(),
                    "update_ratio": series.update_ratios.ravel(),
                }
            )
            frames.append(_owned(frame, run.id, run.config.seed, studied))
    return csv_text(pd.concat(frames, ignore_index=True)) if frames else ""


def _owned(frame: "pd.DataFrame", run_id: str, seed: int, studied: Studied) -> "pd.DataFrame":
    frame.insert(0, "recording", "" if studied.recording is None else studied.recording.id)
    frame.insert(0, "seed", seed)
    frame.insert(0, "run", run_id)
    return frame
