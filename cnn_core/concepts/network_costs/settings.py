"""What is measured of which networks. Free of torch."""

from dataclasses import dataclass

from cnn_core.concepts.settings import ExperimentSettings, setting
from cnn_core.models.registry import MODELS

DEVICE, CPU = "device", "cpu"
"""Where a network runs: on the run's own device, or on the machine's processor beside it."""

INFERENCE, TRAINING = "inference", "training"


@dataclass(frozen=True, kw_only=True)
class CostSettings(ExperimentSettings):
    """Which networks, how many pictures at a time, and how often."""

    seeds: int = setting(
        3,
        "Rounds",
        "All networks are timed once a round, so that a machine that slows down slows them all.",
        low=1,
        high=50,
    )
    networks: tuple[str, ...] = setting(
        ("alexnet", "vgg16", "googlenet", "resnet18"),
        "Networks",
        "Which networks are timed.",
        choices=tuple(MODELS),
        most=len(MODELS),
    )
    batches: tuple[int, ...] = setting(
        (1, 4),
        "Batch sizes (pictures)",
        "How many pictures a network is given at a time.",
        low=1,
        high=64,
        most=6,
    )
    passes: int = setting(
        3,
        "Timed passes",
        "So many a round, after two that are not timed: one to warm up, one for memory.",
        low=3,
        high=200,
    )
    work: str = setting(
        INFERENCE,
        "Work",
        "inference: the forward pass. training: forward, cross-entropy and backward.",
        choices=(INFERENCE, TRAINING),
    )
    where: tuple[str, ...] = setting(
        (DEVICE,),
        "Where",
        "device: what the run was given, a GPU where there is one. cpu: the processor beside it.",
        choices=(DEVICE, CPU),
        most=2,
    )
    threads: int = setting(
        0,
        "Threads",
        "Of the processor; 0 for as many as a run here is given.",
        low=0,
        high=64,
    )
