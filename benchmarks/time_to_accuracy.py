"""Training time until a share of the test images is right, in a process of its own.

The accuracy is the same for both loops: `cnn_core.training.evaluate` on the 10,000 test images,
after every epoch. Evaluation is not training time. `fast` trains on the 55,000 images that
validation leaves it, the plain loop on all 60,000.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.browser import NotMeasuredError
from benchmarks.measure_loop import Loop, run_in_process
from cnn_core.runtime.threads import training_threads

MOST_EPOCHS = 12  # of the plain loop: what it has spent by then counts, though it is too little


def time_to_accuracy(loop: Loop, folder: Path, goal: float, *, seed: int = 0) -> float:
    """Return the seconds of training until `goal` (0 to 1) of the test images are right.

    Args:
        loop: "fit" (the preset `fast`) or "plain" (batch 64, threads as torch has them).
        folder: with MNIST in torchvision's layout.
        goal: share of the test images.
        seed: of `fast`.

    Raises:
        NotMeasuredError: `fast` ended below `goal`.
    """
    arguments = [loop, str(folder), "--goal", str(goal), "--seed", str(seed)]
    arguments += ["--threads", str(training_threads())]
    waiting = "ours" if loop == "fit" else "default"
    result = run_in_process("benchmarks.time_to_accuracy", arguments, waiting)
    if loop == "fit" and result["accuracy"] < goal:
        raise NotMeasuredError(
            f"`fast` ended at {result['accuracy']:.2%} of the test images with seed {seed}, "
            f"below {goal:.1%}."
        )
    return result["seconds"]


def ten_epochs(folder: Path, *, device: str) -> float:
    """Return the seconds of the preset `reference` with its evaluations, from its first step on."""
    arguments = ["fit", str(folder), "--preset", "reference", "--device", device]
    arguments += ["--threads", str(training_threads())]
    return run_in_process("benchmarks.time_to_accuracy", arguments, "ours")["elapsed"]


def _fit(
    folder: Path, preset_name: str, seed: int, device_name: str
) -> Iterator[tuple[float, float, float]]:
    """Yield seconds of training, seconds in all and test accuracy after each epoch of a preset."""
    import dataclasses

    import torch

    from cnn_core.data.datasets import open_dataset
    from cnn_core.models.registry import model_row
    from cnn_core.results.events import EpochDone
    from cnn_core.training.evaluate import evaluate
    from cnn_core.training.fit import fit
    from cnn_core.training.recipes import find_preset, find_recipe
    from cnn_core.training.state import new_state
    from cnn_core.training.tensors import split_examples

    preset = find_preset(find_recipe("lenet5-mnist"), preset_name)
    config = dataclasses.replace(preset.config, seed=seed)
    device = torch.device(device_name)
    splits = split_examples(
        open_dataset("mnist", folder),
        model_row("lenet5"),
        share=config.validation_share,
        seed=seed,
        device=device,
    )
    state = new_state("lenet5", config, num_classes=10, device=device)
    for event in fit(state, splits, config):
        if isinstance(event, EpochDone):
            accuracy = evaluate(state.scored, splits.test).accuracy
            yield event.train_seconds, event.elapsed_seconds, accuracy


def _plain(folder: Path, epochs: int) -> Iterator[tuple[float, float, float]]:
    """Yield the same of the plain loop, whose seconds in all are those of training."""
    import torch

    from benchmarks.plain_loop import PlainLeNet5, plain_loop
    from cnn_core.data.datasets import open_dataset
    from cnn_core.models.registry import model_row
    from cnn_core.training.evaluate import evaluate
    from cnn_core.training.tensors import to_examples

    test = to_examples(open_dataset("mnist", folder).test, model_row("lenet5"), torch.device("cpu"))
    torch.manual_seed(0)
    model, size = PlainLeNet5(), 60_000
    loop = plain_loop(folder, 64, model=model)
    spent = 0.0
    for _ in range(epochs):
        seen, begun = 0, time.perf_counter()
        while seen < size:
            seen += next(loop)
        spent += time.perf_counter() - begun
        yield spent, spent, evaluate(model, test).accuracy


def main() -> None:
    """Train as the command line says; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loop", choices=("fit", "plain"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--goal", type=float, default=2.0, help="above 1: to the last epoch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, required=True)
    asked = parser.parse_args()

    import torch

    torch.set_num_threads(asked.threads)
    epochs = _plain(asked.folder, MOST_EPOCHS)
    if asked.loop == "fit":
        epochs = _fit(asked.folder, asked.preset, asked.seed, asked.device)
    seconds = elapsed = accuracy = 0.0
    for seconds, elapsed, accuracy in epochs:  # noqa: B007 - the last epoch's are wanted
        if accuracy >= asked.goal:
            break
    print(json.dumps({"seconds": seconds, "accuracy": accuracy, "elapsed": elapsed}))


if __name__ == "__main__":
    main()
