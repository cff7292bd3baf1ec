"""How OpenMP's threads wait: images a second of `fit`, alone and beside a busy process.

The evidence for docs/decisions/0003: passive waiting against active, and against what torch does
where nobody says anything.
"""

from benchmarks.alternating import take_turns
from benchmarks.measure_loop import Waiting, measure_in_process
from benchmarks.mnist_files import mnist_folder
from benchmarks.rows import Row, compare

REPEATS = 3
_WAITING: tuple[Waiting, ...] = ("PASSIVE", "ACTIVE", "default")
_PLACES = {"alone": "alone", "beside": "beside a busy process"}


def measure(*, repeats: int = REPEATS, seconds: float = 2.0, batch_size: int = 64) -> list[Row]:
    """Return passive against each other way to wait, alone and beside a busy process."""
    beside: dict[Waiting, list[float]] = {waiting: [] for waiting in _WAITING}
    with mnist_folder() as folder:

        def pace(waiting: Waiting) -> float:
            measured = measure_in_process(
                "fit",
                folder=folder,
                batch_size=batch_size,
                seconds=seconds,
                waiting=waiting,
                neighbour=True,
            )
            beside[waiting].append(measured["beside"])
            return measured["alone"]

        alone = take_turns(pace, _WAITING, repeats)
    taken = {"alone": alone, "beside": beside}
    return [
        compare(
            f"passive against {other.lower()} waiting, batch {batch_size}, {words}",
            unit="images/s",
            samples=taken[place]["PASSIVE"],
            baseline=taken[place][other],
        )
        for other in _WAITING[1:]
        for place, words in _PLACES.items()
    ]
