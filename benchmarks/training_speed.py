"""Images a second and time to 99.0 % of training: `fit` against the plain loop.

Every sample has a fresh process with the same number of threads. The plain loop is measured twice,
with torch's threads waiting as they do by default and passively as in a worker of ours
(docs/decisions/0003): what that alone brings is no merit of the loop.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.alternating import take_turns
from benchmarks.measure_loop import Loop, Waiting, measure_in_process
from benchmarks.mnist_files import is_real, mnist_folder
from benchmarks.rows import Bar, Row, compare
from benchmarks.time_to_accuracy import time_to_accuracy

REPEATS = 3
BARS = {64: 3.5, 256: 5.0}
_SIDES: dict[str, tuple[Loop, Waiting]] = {
    "fit": ("fit", "ours"),
    "plain loop": ("plain", "ours"),
    "plain loop, threads as torch has them": ("plain", "default"),
}


def measure(
    *,
    repeats: int = REPEATS,
    seconds: float = 2.5,
    batch_sizes: Sequence[int] = tuple(BARS),
    goal: float | None = 0.99,
) -> list[Row]:
    """Return a row a batch size and plain loop, and one of the time to `goal`, unless it is None.

    `seconds` of training a sample. The time to `goal` is taken once for the plain loop, between
    two for `fast` (seeds 0 and 1), on real MNIST alone.
    """
    with mnist_folder() as folder:
        reached = to_goal(folder, goal) if goal is not None and is_real(folder) else []

        def pace(what: tuple[str, int]) -> float:
            side, batch_size = what
            loop, waiting = _SIDES[side]
            return measure_in_process(
                loop, folder=folder, batch_size=batch_size, seconds=seconds, waiting=waiting
            )["alone"]

        sides = [(side, batch_size) for batch_size in batch_sizes for side in _SIDES]
        taken = take_turns(pace, sides, repeats)
    paces = [
        compare(
            f"training, batch {batch_size}, against the {side}",
            unit="images/s",
            samples=taken["fit", batch_size],
            baseline=taken[side, batch_size],
            bar=Bar(of="ratio", at_least=BARS[batch_size]) if batch_size in BARS else None,
        )
        for batch_size in batch_sizes
        for side in _SIDES
        if side != "fit"
    ]
    return paces + reached


def to_goal(folder: Path, goal: float) -> list[Row]:
    """Return the row of the training time to `goal` of the test images (0 to 1), by epochs."""
    fast, plain = [time_to_accuracy("fit", folder, goal, seed=0)], []
    plain.append(time_to_accuracy("plain", folder, goal))
    fast.append(time_to_accuracy("fit", folder, goal, seed=1))
    return [
        compare(
            f"training time of `fast` to {goal:.1%} of the test images, against the plain loop, "
            "batch 64",
            unit="s",
            samples=fast,
            baseline=plain,
            bar=Bar(of="ratio", at_most=round(1 / 6, 4)),
        )
    ]
