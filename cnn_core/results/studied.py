"""What the analysis of curves takes: a run, or the seeds of a group, of this machine or recorded.

Everything that reads curves (verdict, comparison, charts) takes `Studied`, so that a recorded run
is read by the same code as one that trains. Histories are shared with whoever folds events into
them.
"""

from dataclasses import dataclass

from cnn_core.results.groups import group_name
from cnn_core.results.history import History
from cnn_core.results.runs import RunRecord


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Where and how a recorded run was made.

    Attributes:
        id: names the file: lower-case letters, digits and hyphens.
        hardware: for a person ("two cores of an AMD EPYC, 24 GB").
        versions: by package.
        date: ISO 8601, of the day.
        command: that made it.
        data: one sentence: which pictures, and how much of the published set.
    """

    id: str
    hardware: str
    versions: dict[str, str]
    date: str
    command: str
    data: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Studied:
    """Runs that differ in their seed alone, by seed, with what is known of each; at least one.

    Attributes:
        records: what the run store tells of them.
        histories: their events, in the same order.
        recording: where they were recorded, None for runs of this machine.
    """

    records: tuple[RunRecord, ...]
    histories: tuple[History, ...]
    recording: Recording | None = None

    @property
    def id(self) -> str:
        """The group's id, of a run alone its own."""
        return self.records[0].group if len(self.records) > 1 else self.records[0].id

    @property
    def title(self) -> str:
        """The runs' common name with their seeds, for a person."""
        return (
            self.records[0].name
            if len(self.records) == 1
            else group_name(
                [run.name for run in self.records], [run.config.seed for run in self.records]
            )
        )

    @property
    def active(self) -> bool:
        """Whether one of them is queued or running."""
        return any(run.active for run in self.records)
