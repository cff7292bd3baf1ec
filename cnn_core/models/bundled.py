"""The weights that come with the project, each with a model card beside it (`weights/*.md`)."""

from pathlib import Path

_WEIGHTS = Path(__file__).resolve().parents[2] / "weights"


def bundled_lenet5_path() -> Path:
    """Return the file of the LeNet-5 trained on MNIST that comes with the project (safetensors)."""
    return _WEIGHTS / "lenet5-mnist.safetensors"
