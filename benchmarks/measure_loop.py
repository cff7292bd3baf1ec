"""The pace of one training loop in a process of its own: `python -m benchmarks.measure_loop`.

`measure_in_process` starts it and returns what it printed. How OpenMP's threads wait is read from
the environment when torch is loaded, which is why every sample has a fresh process.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from cnn_core.runtime.threads import training_threads, wait_passively

Loop = Literal["fit", "plain"]
Waiting = Literal["ours", "PASSIVE", "ACTIVE", "default"]

ROOT = Path(__file__).resolve().parents[1]
_TIMEOUT_SECONDS = 1_200


def fit_loop(folder: Path, batch_size: int, device_name: str = "cpu") -> Iterator[int]:
    """Train LeNet-5 with `cnn_core.training.fit` on the MNIST in `folder`.

    Yields:
        The images of each window of steps; 0 after an evaluation, whose time is not training.
    """
    import torch

    from cnn_core.data.datasets import open_dataset
    from cnn_core.models.registry import model_row
    from cnn_core.results.config import TrainConfig
    from cnn_core.results.events import StepsDone
    from cnn_core.training.fit import fit
    from cnn_core.training.state import new_state
    from cnn_core.training.tensors import split_examples

    config = TrainConfig(epochs=1_000, batch_size=batch_size, learning_rate=1e-3)
    device = torch.device(device_name)
    splits = split_examples(
        open_dataset("mnist", folder),
        model_row("lenet5"),
        share=config.validation_share,
        seed=config.seed,
        device=device,
    )
    state = new_state("lenet5", config, num_classes=10, device=device)
    for event in fit(state, splits, config):
        yield event.images if isinstance(event, StepsDone) else 0


def images_per_second(loop: Iterator[int], *, warm_up: float, seconds: float) -> float:
    """Return the pace of a loop over at least `seconds` of training, after `warm_up` seconds."""
    started = time.perf_counter()
    for _ in loop:
        if time.perf_counter() - started >= warm_up:
            break
    images, spent, mark = 0, 0.0, time.perf_counter()
    for count in loop:
        now = time.perf_counter()
        if count:
            images += count
            spent += now - mark
        mark = now
        if spent >= seconds:
            return images / spent
    raise RuntimeError(
        f"expected {seconds:g} s of training, but the loop ended after {spent:.1f} s"
    )


@contextlib.contextmanager
def busy_neighbour() -> Iterator[None]:
    """Keep one core busy from another process."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def measure_in_process(
    loop: Loop,
    *,
    folder: Path,
    batch_size: int,
    seconds: float,
    waiting: Waiting,
    threads: int | None = None,
    neighbour: bool = False,
    device: str = "cpu",
) -> dict[str, float]:
    """Return the pace of `loop` in a fresh process.

    Args:
        loop: which one.
        folder: with MNIST in torchvision's layout.
        batch_size: images a step.
        seconds: how long to measure.
        waiting: OMP_WAIT_POLICY; "ours" as a run has it, "default" leaves it unset.
        threads: how many; as many as a run has if None.
        neighbour: measure a second time, beside a busy process.
        device: "cpu" or "cuda".

    Returns:
        Images a second under "alone" and, where asked for, "beside".
    """
    arguments = [loop, str(folder), "--batch-size", str(batch_size), "--seconds", str(seconds)]
    arguments += ["--threads", str(threads or training_threads()), "--device", device]
    arguments += ["--neighbour"] if neighbour else []
    return run_in_process("benchmarks.measure_loop", arguments, waiting)


def run_in_process(module: str, arguments: list[str], waiting: Waiting) -> dict[str, float]:
    """Run `python -m module arguments` and return the JSON object that it printed."""
    environment = {name: value for name, value in os.environ.items() if not _is_openmp(name)}
    if waiting == "ours":
        wait_passively(environment)
    elif waiting != "default":
        environment["OMP_WAIT_POLICY"] = waiting
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _is_openmp(name: str) -> bool:
    return name.startswith(("OMP_", "GOMP_", "KMP_", "MKL_"))


def main() -> None:
    """Measure as the command line says; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loop", choices=("fit", "plain"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--neighbour", action="store_true")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()

    import torch

    torch.set_num_threads(asked.threads)
    if asked.loop == "plain":
        from benchmarks.plain_loop import plain_loop

        loop = plain_loop(asked.folder, asked.batch_size, device=asked.device)
    else:
        loop = fit_loop(asked.folder, asked.batch_size, asked.device)
    warm_up = min(1.0, asked.seconds)
    result = {"alone": images_per_second(loop, warm_up=warm_up, seconds=asked.seconds)}
    if asked.neighbour:
        with busy_neighbour():
            result["beside"] = images_per_second(loop, warm_up=warm_up, seconds=asked.seconds)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
