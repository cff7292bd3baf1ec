"""What a run on a labelled image set has before its first step."""

from dataclasses import dataclass, field

from cnn_core.training.state import TrainState
from cnn_core.training.tensors import Splits


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The data on the device, and the state before the first step.

    Attributes:
        splits: the examples of each part.
        state: the network, its trained part where it is fine-tuned.
        metadata: what the file of weights has to say beside the run's own: of a fine-tuned network
            "base" (SHA-256 of the weights that it began with, "" from scratch), "model", "mode",
            "head"; else nothing.
    """

    splits: Splits
    state: TrainState
    metadata: dict[str, str] = field(default_factory=dict)
