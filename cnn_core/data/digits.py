"""scikit-learn's bundled 8x8 digits in MNIST's form: real handwriting that every machine has."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.images import Dataset, ImageSet, fingerprint
from cnn_core.data.ink import mnist_form
from cnn_core.data.splits import split_validation

TEST_SIZE = 360
_CLASSES = tuple(str(digit) for digit in range(10))
_GREATEST = 16.0  # of the 8x8 pictures: how many of 4x4 pixels were ink
_ENLARGED = 8
_TABLE = Path("datasets", "data", "digits.csv.gz")


def _enlarged(pictures: NDArray[np.float64]) -> NDArray[np.uint8]:
    """`(N, 8, 8)` counts of ink, 0 to 16, to MNIST's form, uint8 `(N, 28, 28)`."""
    from scipy import ndimage

    # A ring of paper lets strokes at the border round off instead of ending at a straight edge.
    # Enlarging is linear, so its matrix (what becomes of each of the ten rows) serves all
    # pictures, both ways.
    paper = np.pad(pictures / _GREATEST, ((0, 0), (1, 1), (1, 1)))
    matrix = ndimage.zoom(np.eye(10), (_ENLARGED, 1), order=3, mode="grid-constant", grid_mode=True)
    ink = np.clip(matrix @ paper @ matrix.T, 0.0, 1.0).astype(np.float32)
    forms = np.stack([mnist_form(picture).form for picture in ink])
    return np.rint(forms * 255).astype(np.uint8)


def _bundle() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return pictures `(1797, 8, 8)`, 0 to 16, and labels, as `sklearn.datasets.load_digits` does.

    Its file is read without importing scikit-learn, which takes a second: longer than all the rest
    of reading the digits, in every process that trains on them.
    """
    package = importlib.util.find_spec("sklearn")
    table = Path(str(package.origin)).parent / _TABLE if package else Path()
    if not table.is_file():  # another layout of scikit-learn than that of its last ten years
        from sklearn.datasets import load_digits

        bundle = load_digits()
        return bundle.images, bundle.target.astype(np.int64)
    with gzip.open(table, "rt", encoding="ascii") as lines:
        rows = np.loadtxt(lines, delimiter=",")
    return rows[:, :-1].reshape(-1, 8, 8), rows[:, -1].astype(np.int64)


def read_digits() -> Dataset:
    """Read scikit-learn's digits, brought to MNIST's form, split into 1,437 and 360.

    The split is stratified and always the same. Imports SciPy.

    Returns:
        uint8 pictures of 28x28, 0 to 255, ink bright.
    """
    pictures, labels = _bundle()
    images = _enlarged(pictures)
    train, test = (
        ImageSet(images[part], labels[part], _CLASSES)
        for part in split_validation(labels, TEST_SIZE / len(labels), seed=0)
    )
    return Dataset(
        name="scikit-learn digits (1,797, 8x8 enlarged)",
        source="digits",
        location="",
        official=True,
        fingerprint=fingerprint(train, test),
        train=train,
        test=test,
    )
