"""What the registry knows of one network, as plain values. Free of torch."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class WeightsSource:
    """One file of weights that fits a network, and where it is to be had.

    Attributes:
        id: what a person calls it ("imagenet1k-v1"); unique in its network.
        filename: what the file is called, in the weights folder and everywhere else.
        kind: "trained" where it is complete, "features" where the classifier is not in it.
        sha256: hexadecimal, of the file; of a download its beginning, as torchvision states it.
        licence: of the weights.
        sentence: what they are, for a person, ending in a full stop.
        url: where torchvision downloads it from, "" if it cannot be downloaded.
        package: "package/folder" of an installed Python package that carries it, "" if none does.
    """

    id: str
    filename: str
    kind: Literal["trained", "features"]
    sha256: str
    licence: str
    sentence: str
    url: str = ""
    package: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """One network of the registry.

    Attributes:
        builder: "module:callable", called with `num_classes`.
        input_size: height and width of its input in pixels.
        resize: the short side of a picture before the middle is cropped to `input_size`; equal to
            it where the crop takes all of the short side.
        channels: 1 for grey, 3 for RGB.
        mean: per channel, of pixels scaled to 0..1, subtracted before the first layer.
        std: per channel, divided by.
        classes: what its outputs are at `num_classes`; see `registry.class_names`.
        parameters: trainable parameters at `num_classes`, without auxiliary heads.
        layers: dotted names of the modules worth a look, in the order in which they run.
        head: how the names of its classifier's parameters begin; the rest are its features.
        renames: (regular expression, replacement) pairs, applied in this order to the names in a
            file; a name that becomes "" is left out.
        auxiliary: how the names of the parameters of its auxiliary heads begin, which serve
            training alone; () if it has none. A file may have them or not.
        weights: the best first.
        licence: of the code that builds it.
        citation: the paper it is from.
    """

    id: str
    title: str
    builder: str
    input_size: int
    resize: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: Literal["digits", "imagenet", "cifar10"]
    parameters: int
    layers: tuple[str, ...]
    head: str
    licence: str
    citation: str
    renames: tuple[tuple[str, str], ...] = ()
    auxiliary: tuple[str, ...] = ()
    weights: tuple[WeightsSource, ...] = ()

    @property
    def num_classes(self) -> int:
        """How many outputs it has where nothing else is asked for."""
        return {"digits": 10, "imagenet": 1000, "cifar10": 10}[self.classes]
