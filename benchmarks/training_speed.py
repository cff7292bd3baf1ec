"""Images a second of training: `fit` against the plain loop, at two batch sizes.

Every sample has a fresh process with the same number of threads. The plain loop is measured twice,
with torch's threads waiting as they do by default and passively as in a worker of ours
(docs/decisions/0003): what that alone brings is no merit of the loop.
"""

from collections.abc import Sequence

from benchmarks.alternating import take_turns
from benchmarks.measure_loop import Loop, Waiting, measure_in_process
from benchmarks.mnist_files import mnist_folder
from benchmarks.rows import Bar, Row, compare

REPEATS = 3
BARS = {64: 3.5, 256: 5.0}
_SIDES: dict[str, tuple[Loop, Waiting]] = {
    "fit": ("fit", "ours"),
    "plain loop": ("plain", "ours"),
    "plain loop, threads as torch has them": ("plain", "default"),
}


def measure(
    *, repeats: int = REPEATS, seconds: float = 2.5, batch_sizes: Sequence[int] = tuple(BARS)
) -> list[Row]:
    """Return a row a batch size and plain loop; `seconds` of training a sample."""
    with mnist_folder() as folder:

        def pace(what: tuple[str, int]) -> float:
            side, batch_size = what
            loop, waiting = _SIDES[side]
            return measure_in_process(
                loop, folder=folder, batch_size=batch_size, seconds=seconds, waiting=waiting
            )["alone"]

        sides = [(side, batch_size) for batch_size in batch_sizes for side in _SIDES]
        taken = take_turns(pace, sides, repeats)
    return [
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
