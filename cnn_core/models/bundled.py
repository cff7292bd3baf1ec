"""The weights that come with the project, each with a model card beside it (`weights/*.md`)."""

from pathlib import Path

_WEIGHTS = Path(__file__).resolve().parents[2] / "weights"


def bundled_lenet5_path() -> Path:
    """Return the file of the LeNet-5 trained on MNIST that comes with the project (safetensors)."""
    return _WEIGHTS / "lenet5-mnist.safetensors"


def bundled_lenet5_1998_path() -> Path:
    """Return the file of the LeNet-5 of 1998 trained on MNIST that comes along (safetensors)."""
    return _WEIGHTS / "lenet5-1998-mnist.safetensors"


def recorded_run_path() -> Path:
    """Return the events of a recorded run of the fast preset (gzip, one JSON object a line)."""
    return _WEIGHTS / "lenet5-mnist-fast-run.jsonl.gz"


def bundled_folder() -> Path:
    """Return the folder of the weights that come with the project."""
    return _WEIGHTS
