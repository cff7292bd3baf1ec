"""Images a second on a GPU, and ten epochs with evaluation: `fit` against the plain loop there."""

from benchmarks.alternating import take_turns
from benchmarks.browser import NoDeviceError
from benchmarks.measure_loop import Loop, measure_in_process
from benchmarks.mnist_files import mnist_folder
from benchmarks.rows import Bar, Row, compare
from benchmarks.time_to_accuracy import ten_epochs

REPEATS = 3
BATCH_SIZES = (64, 256)
_IMAGES = 10 * 60_000


def measure(*, repeats: int = REPEATS, seconds: float = 2.5) -> list[Row]:
    """Return a row a batch size, and one of the `reference` preset's ten epochs.

    Raises:
        NoDeviceError: there is no CUDA device.
    """
    import torch

    if not torch.cuda.is_available():
        raise NoDeviceError("There is no CUDA device.")
    with mnist_folder() as folder:

        def pace(what: tuple[Loop, int]) -> float:
            loop, batch_size = what
            return measure_in_process(
                loop,
                folder=folder,
                batch_size=batch_size,
                seconds=seconds,
                waiting="ours" if loop == "fit" else "default",
                device="cuda",
            )["alone"]

        loops: tuple[Loop, ...] = ("fit", "plain")
        sides = [(loop, batch_size) for batch_size in BATCH_SIZES for loop in loops]
        taken = take_turns(pace, sides, repeats)
        tens = [ten_epochs(folder, device="cuda") for _ in range(repeats)]
    rows = [
        compare(
            f"training on the GPU, batch {batch_size}, against the plain loop there",
            unit="images/s",
            samples=taken["fit", batch_size],
            baseline=taken["plain", batch_size],
            bar=Bar(of="ratio", at_least=50.0),
        )
        for batch_size in BATCH_SIZES
    ]
    return [
        *rows,
        compare(
            "ten epochs of `reference` with evaluation on the GPU, against the plain loop's steps",
            unit="s",
            samples=tens,
            baseline=[_IMAGES / pace for pace in taken["plain", 64]],
            bar=Bar(of="value", at_most=2.0),
        ),
    ]
