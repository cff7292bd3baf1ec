"""How many threads a run has and how they wait: images a second, alone and beside a busy process.

The evidence for docs/decisions/0003: what runs do against sleeping at once, against spinning,
against what torch does where nobody says anything, and against a single thread.
"""

from benchmarks.alternating import take_turns
from benchmarks.measure_loop import Waiting, measure_in_process
from benchmarks.mnist_files import mnist_folder
from benchmarks.rows import Row, compare

REPEATS = 3
_OURS = "a short spin, then sleep"
_SIDES: dict[str, tuple[Waiting, int | None]] = {
    _OURS: ("ours", None),
    "sleep at once": ("PASSIVE", None),
    "active waiting": ("ACTIVE", None),
    "default waiting": ("default", None),
    "a single thread": ("PASSIVE", 1),
}
_PLACES = {"alone": "alone", "beside": "beside a busy process"}


def measure(*, repeats: int = REPEATS, seconds: float = 2.0, batch_size: int = 64) -> list[Row]:
    """Return a run's threads against each other way, alone and beside a busy process."""
    beside: dict[str, list[float]] = {side: [] for side in _SIDES}
    with mnist_folder() as folder:

        def pace(side: str) -> float:
            waiting, threads = _SIDES[side]
            measured = measure_in_process(
                "fit",
                folder=folder,
                batch_size=batch_size,
                seconds=seconds,
                waiting=waiting,
                threads=threads,
                neighbour=True,
            )
            beside[side].append(measured["beside"])
            return measured["alone"]

        alone = take_turns(pace, list(_SIDES), repeats)
    taken = {"alone": alone, "beside": beside}
    return [
        compare(
            f"{_OURS} against {other}, batch {batch_size}, {words}",
            unit="images/s",
            samples=taken[place][_OURS],
            baseline=taken[place][other],
        )
        for other in _SIDES
        if other != _OURS
        for place, words in _PLACES.items()
    ]
