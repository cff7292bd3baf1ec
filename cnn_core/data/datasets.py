"""The data sets by name: a registry, and one way to open each and to ask whether it is there."""

from dataclasses import dataclass
from pathlib import Path

from cnn_core.data.digits import read_digits
from cnn_core.data.images import Dataset, DataState
from cnn_core.data.mnist import mnist_state, read_mnist
from cnn_core.errors import UnknownNameError


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
    """

    id: str
    title: str
    sizes: str
    description: str
    licence: str
    citation: str
    bundled: bool
    classes: tuple[str, ...]


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
    )
}


def _validate_source(source: str) -> None:
    if source not in SOURCES:
        raise UnknownNameError(
            f"There is no data set named {source!r}.",
            hint=f"The data sets are {', '.join(SOURCES)}.",
        )


def open_dataset(source: str, folder: Path) -> Dataset:
    """Read the data set `source` ("mnist" or "digits").

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
    return read_mnist(folder) if source == "mnist" else read_digits()


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
    return DataState(ready=True, message="The digits come with scikit-learn.", hint="")
