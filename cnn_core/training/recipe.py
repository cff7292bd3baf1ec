"""What a recipe is: data set, network, presets and citation in one row. Free of torch."""

from collections.abc import Mapping
from dataclasses import dataclass

from cnn_core.results.config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One configuration of a recipe, with what it costs.

    Attributes:
        measured_seconds: training time with evaluation, measured as docs/results.md says; shown as
            such until a run here gives a better figure. None where it depends on what is chosen,
            and is reckoned before each start.
    """

    title: str
    description: str
    config: TrainConfig
    measured_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a run trains on what; `default` names the preset that a page opens with.

    Attributes:
        input_size: side in pixels to which the data set's images are enlarged for networks that
            take larger ones; 0: they are not. Networks made for such small images take them as
            they are.
    """

    id: str
    title: str
    model: str
    source: str
    presets: Mapping[str, Preset]
    default: str
    citation: str
    input_size: int = 0


OWN_PICTURES = "pictures"
"""The `source` of recipes that train on a snapshot of a person's own pictures."""

FILMS = "films"
"""The `source` of recipes that train on a film set (chest radiographs), by a study's plan."""
