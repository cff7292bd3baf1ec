"""What the run store tells about a run."""

from dataclasses import dataclass
from typing import Literal, get_args

from cnn_core.results.config import TrainConfig

RunStatus = Literal["queued", "running", "finished", "stopped", "interrupted", "failed", "diverged"]
STATUSES: tuple[RunStatus, ...] = get_args(RunStatus)
ACTIVE: tuple[RunStatus, ...] = ("queued", "running")
RESUMABLE: tuple[RunStatus, ...] = ("stopped", "interrupted", "failed")


@dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """Which pictures a run saw.

    Attributes:
        name: what it is, for a person ("MNIST", "scikit-learn digits").
        source: the id under which `data.datasets` finds it ("mnist", "digits").
        location: the folder it was read from; "" where it comes with a package. Never shown on a
            page.
        fingerprint: SHA-256 over images and labels, hexadecimal.
        official: whether every file has the published checksum.
    """

    name: str
    source: str
    location: str
    fingerprint: str
    official: bool
    train_size: int
    valid_size: int
    test_size: int


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One row of the run store; times of day in seconds since 1970, durations in seconds."""

    id: str
    name: str
    owner: str
    group: str
    recipe: str
    preset: str
    config: TrainConfig
    dataset: DatasetInfo
    device: str
    status: RunStatus
    created: float
    started: float | None
    ended: float | None
    deleted: float | None
    stop_requested: bool
    epochs_done: int
    steps_done: int
    total_steps: int
    train_seconds: float
    total_seconds: float
    images_per_second: float
    valid_accuracy: float | None
    test_accuracy: float | None
    test_interval: tuple[float, float] | None
    error: str
    hint: str
    provenance: dict[str, str]

    @property
    def active(self) -> bool:
        """Whether the run is queued or running."""
        return self.status in ACTIVE

    @property
    def experiment(self) -> bool:
        """Whether it is an experiment: many small trainings, none of whose weights are kept."""
        return bool(self.config.experiment)

    @property
    def resumable(self) -> bool:
        """Whether `resume` can take the run up again."""
        return self.status in RESUMABLE
