"""The data sets by name: a registry, and one way to open each and to ask whether it is there."""

from dataclasses import dataclass
from pathlib import Path

from cnn_core.data.cifar10 import cifar10_state, read_cifar10
from cnn_core.data.cifar10_batch import CLASSES as CIFAR10_CLASSES
from cnn_core.data.digits import read_digits
from cnn_core.data.images import Dataset, DataState
from cnn_core.data.mnist import mnist_state, read_mnist
from cnn_core.errors import DataError, UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Source:
    """One data set that the project can open.

    Attributes:
        id: the name for the command line, run store and links.
        title: the name for a person.
        sizes: how many pictures, of which size, in words.
        description: what it is, in one or two sentences.
        licence: under which terms it may be used.
        citation: who made it, with an address.
        bundled: whether it comes with a package that the project depends on (no download, no
            folder).
        classes: the name of each class, as `ImageSet.classes` has them.
        shape: of one picture, without the axis of examples: (28, 28) in grey, (32, 32, 3) in
            colour. A recipe trains on sets of the shape of its own.
    """

    id: str
    title: str
    sizes: str
    description: str
    licence: str
    citation: str
    bundled: bool
    classes: tuple[str, ...]
    shape: tuple[int, ...] = (28, 28)


_DIGITS = tuple("0123456789")

SOURCES: dict[str, Source] = {
    row.id: row
    for row in (
        Source(
            id="mnist",
            title="MNIST",
            sizes="60,000 training and 10,000 test pictures, 28x28 grey",
            description=(
                "Handwritten digits of American census employees and high school students, each "
                "scaled into a 20x20 box and centred by its centre of mass; the writers of the "
                "test pictures are not in the training set."
            ),
            licence="Copyright Yann LeCun and Corinna Cortes; commonly given as CC BY-SA 3.0",
            citation=(
                "LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to "
                "document recognition, Proceedings of the IEEE 86(11), 2278-2324, "
                "https://doi.org/10.1109/5.726791"
            ),
            bundled=False,
            classes=_DIGITS,
        ),
        Source(
            id="digits",
            title="scikit-learn digits",
            sizes="1,437 training and 360 test pictures, 8x8 enlarged to 28x28 grey",
            description=(
                "Real handwritten digits that come with scikit-learn, enlarged to MNIST's form. "
                "Coarse, and the same writers are in both sets: its accuracy says nothing "
                "about MNIST."
            ),
            licence="CC BY 4.0",
            citation=(
                "Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI "
                "Machine Learning Repository, https://doi.org/10.24432/C50P49"
            ),
            bundled=True,
            classes=_DIGITS,
        ),
        Source(
            id="cifar10",
            title="CIFAR-10",
            sizes="50,000 training and 10,000 test pictures, 32x32 in colour",
            description=(
                "Small photos of ten kinds of animals and vehicles, 6,000 of each, collected from "
                "the web and labelled by hand at Toronto and New York."
            ),
            licence="not stated by its authors; photos collected from the web for research",
            citation=(
                "Krizhevsky (2009), Learning multiple layers of features from tiny images, "
                "technical report, University of Toronto, "
                "https://www.cs.toronto.edu/~kriz/cifar.html"
            ),
            bundled=False,
            classes=CIFAR10_CLASSES,
            shape=(32, 32, 3),
        ),
    )
}


def _validate_source(source: str) -> None:
    if source not in SOURCES:
        raise UnknownNameError(
            f"There is no data set named {source!r}.",
            hint=f"The data sets are {', '.join(SOURCES)}.",
        )


def sources_like(source: str) -> tuple[str, ...]:
    """Return the data sets whose pictures have the shape of `source`'s, itself among them.

    Raises:
        UnknownNameError: no such data set.

    >>> sources_like("digits")
    ('mnist', 'digits')
    """
    _validate_source(source)
    shape = SOURCES[source].shape
    return tuple(row.id for row in SOURCES.values() if row.shape == shape)


def require_alike(source: str, own: str) -> None:
    """Raise a DataError unless a recipe for the data set `own` can train on `source`.

    >>> require_alike("cifar10", "mnist")
    Traceback (most recent call last):
    cnn_core.errors.DataError: This recipe trains on pictures like MNIST's, and CIFAR-10's have
    another form.
    """
    _validate_source(source)
    if source not in sources_like(own):
        raise DataError(
            f"This recipe trains on pictures like {SOURCES[own].title}'s, "
            f"and {SOURCES[source].title}'s have another form.",
            hint=f"Choose {' or '.join(SOURCES[row].title for row in sources_like(own))}.",
        )


def open_dataset(source: str, folder: Path) -> Dataset:
    """Read the data set `source` ("mnist", "digits" or "cifar10").

    `folder` is the data home, or a folder that holds the files; it does not matter for what is
    bundled.

    Raises:
        UnknownNameError: no such data set; the message names those there are.
        DataError: files that are missing or damaged. Another data set is never opened instead.
        StorageError: files that may not be read.

    >>> open_dataset("digits", Path()).train.images.shape
    (1437, 28, 28)
    """
    _validate_source(source)
    if source == "mnist":
        return read_mnist(folder)
    return read_cifar10(folder) if source == "cifar10" else read_digits()


def dataset_state(source: str, folder: Path) -> DataState:
    """Return at a glance whether `open_dataset` can be expected to succeed.

    Raises:
        UnknownNameError: no such data set.

    >>> dataset_state("digits", Path()).ready
    True
    """
    _validate_source(source)
    if source == "mnist":
        return mnist_state(folder)
    if source == "cifar10":
        return cifar10_state(folder)
    return DataState(ready=True, message="The digits come with scikit-learn.", hint="")
