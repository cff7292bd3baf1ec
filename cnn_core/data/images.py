"""What a data set is to the rest of the project: labelled pictures in numpy arrays.

Nothing here reads a file. The arrays are not copied and not locked: treat them as read-only.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Labelled pictures of one size, grey or in colour.

    Attributes:
        images: uint8 `(N, H, W)`, 0 to 255, ink bright on a black ground as in MNIST; or uint8
            `(N, H, W, 3)`, 0 to 255, RGB.
        labels: int64 `(N,)`, indices into `classes`.
        classes: the name of each class.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training set and a test set, and where they come from.

    Attributes:
        name: what it is, for a person ("MNIST").
        source: the id under which `data.datasets` finds it ("mnist").
        location: the folder it was read from; "" where it comes with a package. Never shown on a
            page.
        official: whether every file has the published checksum.
        fingerprint: `fingerprint(train, test)`.
        train: the pictures to learn from (validation is split off these).
        test: the pictures to be looked at once, at the end.
    """

    name: str
    source: str
    location: str
    official: bool
    fingerprint: str
    train: ImageSet
    test: ImageSet


@dataclass(frozen=True)
class DataState:
    """Whether a data set can be opened, as far as a glance tells.

    Attributes:
        ready: whether `open_dataset` can be expected to succeed.
        message: one sentence, what is there or what is wrong.
        hint: one sentence, what to do about it; "" when ready.
    """

    ready: bool
    message: str
    hint: str


def fingerprint(train: ImageSet, test: ImageSet) -> str:
    """Return the SHA-256 of images and labels of both sets, hexadecimal.

    Shapes are part of it, and labels count as little-endian int64, so that it is the same on every
    machine.

    >>> import numpy as np
    >>> one = ImageSet(np.zeros((1, 2, 2), np.uint8), np.zeros(1, np.int64), ("0",))
    >>> fingerprint(one, one)[:16]
    'dbf8c356a1bdf18e'
    """
    digest = hashlib.sha256()
    for part in (train, test):
        digest.update(repr(part.images.shape).encode())
        digest.update(np.ascontiguousarray(part.images).data)
        digest.update(np.ascontiguousarray(part.labels, dtype="<i8").data)
    return digest.hexdigest()
