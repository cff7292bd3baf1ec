"""Windows of steps and the sampled split of a step's time.

Between windows nothing is synchronised: losses stay on the device, and a window is closed at most
ten times a second. Every `SAMPLE_EVERY`th step runs with the device synchronised before each of
five marks; its four phases are averaged over the window and reported as a sample, never added up to
a total. On a GPU such a step is rarer, and runs apart from the graph that replays the others.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from cnn_core.results.events import StepSplit

WINDOW_SECONDS = 0.1
SAMPLE_EVERY = 20
SAMPLE_EVERY_ON_GPU = (
    400  # a sampled step is not replayed from its graph, and takes ten times as long
)
_SAMPLE_PHASE = 11  # not the first steps: they pay for warm-up


def synchronise(device: torch.device) -> None:
    """Wait for the device's queued work; the CPU has none."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@dataclass(kw_only=True)
class Window:
    """The steps since the last StepsDone: what `StepTaker` told of each, image counts and marks.

    Attributes:
        told: a step each, on the device: its loss, or its loss and how many images were right.
        aside: seconds that went into something else than training.
    """

    device: torch.device
    opened: float = field(default_factory=time.perf_counter)
    told: list[Tensor] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    marks: list[list[float]] = field(default_factory=list)
    aside: float = 0.0

    def clock(self, step: int) -> Callable[[], None]:
        """Return the mark function for `step`: it records the time if the step is sampled."""
        every = SAMPLE_EVERY_ON_GPU if self.device.type == "cuda" else SAMPLE_EVERY
        if step % every != _SAMPLE_PHASE:
            return no_mark
        self.marks.append([])
        return self._mark

    def _mark(self) -> None:
        synchronise(self.device)
        self.marks[-1].append(time.perf_counter())

    def due(self) -> bool:
        """Whether the window has been open for `WINDOW_SECONDS`."""
        return time.perf_counter() - self.opened >= WINDOW_SECONDS

    def close(self) -> tuple[list[float], list[float], float]:
        """Synchronise; return losses, right answers and the seconds since the window was opened.

        A loss for each step, and a number of right answers, or none where they were not counted.
        """
        told = torch.stack(self.told)
        losses, *rights = told.T.tolist() if told.dim() == 2 else [told.tolist()]
        seconds = time.perf_counter() - self.opened - self.aside
        return losses, rights[0] if rights else [], seconds

    def split(self) -> StepSplit | None:
        """Return the mean split of the window's sampled steps, or None if none was sampled."""
        if not self.marks:
            return None
        phases = [
            sum(marks[i + 1] - marks[i] for marks in self.marks) / len(self.marks) for i in range(4)
        ]
        return StepSplit(
            data=phases[0],
            forward=phases[1],
            backward=phases[2],
            optimizer=phases[3],
            samples=len(self.marks),
        )


def no_mark() -> None:
    """Be the mark of a step whose time is not sampled."""
