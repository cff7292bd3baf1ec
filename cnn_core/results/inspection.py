"""What the inspector finds in a network: plain values and numpy arrays, free of torch.

Channels, rows and columns count from 0. `layer` is a module's dotted name in the network
("features.0"). Positions in the input are pixels of the prepared picture (`Prepared.crop`).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

WeightsKind = Literal["trained", "features", "untrained"]
Method = Literal["grad-cam", "guided-backpropagation", "occlusion", "integrated-gradients"]
METHODS: tuple[Method, ...] = (
    "grad-cam",
    "guided-backpropagation",
    "occlusion",
    "integrated-gradients",
)


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """Which network with which weights.

    Attributes:
        name: id in the registry ("alexnet"), or "run:ID" for a finished run's best weights.
        weights: "best" for the best that are at hand (untrained where none are), "random" for
            untrained ones.
        seed: of the random weights.
    """

    name: str
    weights: Literal["best", "random"] = "best"
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class WeightsState:
    """Which weights a network has, as a page must always say.

    Attributes:
        kind: all trained; only the features trained (the classifier is untrained: no classes are
            shown); untrained.
        sentence: for a person: what they are and where from.
        licence: of the weights; "" for untrained ones.
        sha256: of the file, hexadecimal; "" for untrained ones.
    """

    kind: WeightsKind
    sentence: str
    licence: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class LayerInfo:
    """One layer as it stands in the network, for one picture.

    Attributes:
        name: the module's dotted name.
        kind: the module's class ("Conv2d").
        shape: of its output without the batch: (C, H, W) or (units,).
        parameters: trainable, its own.
        macs: multiply-accumulate operations for one picture.
        kernel: height and width of its kernel, None if it has none.
        stride: of the kernel, None if it has none.
        receptive_field: height and width in input pixels of what one unit sees; None behind a
            layer where every unit sees everything (flattened, global pooling).
        relu: name of the ReLU that follows it, "" if none does.
        of_interest: whether the registry names it as worth a look.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    macs: int
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    receptive_field: tuple[int, int] | None = None
    relu: str = ""
    of_interest: bool = False


@dataclass(frozen=True, kw_only=True)
class NetworkInfo:
    """A network ready to be inspected.

    Attributes:
        choice: what was asked for.
        title: for a person ("AlexNet").
        weights: which it has.
        classes: names of the outputs; () where it has no trained classifier.
        input_shape: (C, H, W).
        parameters: trainable, in all.
        macs: for one picture, in all.
        layers: in the order in which they run.
        citation: the paper.
    """

    choice: ModelChoice
    title: str
    weights: WeightsState
    classes: tuple[str, ...]
    input_shape: tuple[int, int, int]
    parameters: int
    macs: int
    layers: tuple[LayerInfo, ...]
    citation: str

    def layer(self, name: str) -> LayerInfo:
        """Return the layer of that name; KeyError if there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle of pixels: rows top to bottom - 1, columns left to right - 1.

    It may reach beyond the picture (padding); then the bounds are negative or too large.
    """

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Prepared:
    """A picture on its way into a network, step by step.

    Attributes:
        original: uint8 (H, W, 3), the decoded picture.
        crop_box: the part of the original that the network sees.
        crop: uint8 (size, size, 3), resized and cropped; grey networks have three equal channels.
        normalised: float32 (C, size, size), what goes in.
    """

    original: Pixels
    crop_box: Box
    crop: Pixels
    normalised: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class Prediction:
    """What a network says: float32 (classes,) probabilities that sum to 1, and their names."""

    probabilities: Floats
    classes: tuple[str, ...]

    def top(self, count: int = 5) -> list[tuple[int, str, float]]:
        """Return index, name and probability of the `count` most probable classes."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(int(i), self.classes[int(i)], float(self.probabilities[i])) for i in order]


@dataclass(frozen=True, eq=False, kw_only=True)
class Filters:
    """A convolution's kernels: float32 (out, in / groups, height, width)."""

    layer: str
    kernels: Floats
    groups: int = 1


@dataclass(frozen=True, eq=False, kw_only=True)
class FeatureMaps:
    """What a layer answers to one picture.

    Attributes:
        before: float32 (C, H, W), the layer's output.
        after: the same after the ReLU that follows, None if none does.
    """

    layer: str
    before: Floats
    after: Floats | None

    @property
    def strength(self) -> Floats:
        """Mean of each map after ReLU (of its magnitude without one), float32 (C,)."""
        maps = np.abs(self.before) if self.after is None else self.after
        strengths: Floats = maps.mean(axis=(1, 2), dtype=np.float32)
        return strengths

    @property
    def dead_share(self) -> float:
        """Share of units that are not above zero, 0 to 1."""
        maps = self.before if self.after is None else self.after
        return float((maps <= 0).mean())


@dataclass(frozen=True, eq=False, kw_only=True)
class PixelArithmetic:
    """How one number of a convolution's output comes about.

    Attributes:
        layer: the convolution.
        unit: (channel, row, column) of the output.
        patch: float32 (in / groups, height, width), what the kernel lies on, zeros where padded.
        kernel: the same shape.
        bias: added; 0 where the layer has none.
        total: patch x kernel summed, plus bias, in float64.
        output: what the network itself computed there.
        after: after the ReLU that follows, None if none does.
        box: where the patch lies in the layer's input.
    """

    layer: str
    unit: tuple[int, int, int]
    patch: Floats
    kernel: Floats
    bias: float
    total: float
    output: float
    after: float | None
    box: Box


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve:
    """Probability of the class while pixels go or come, in the order of a heat map.

    Attributes:
        shares: float32 (steps,), share of the pixels changed, 0 to 1.
        probabilities: float32 (steps,).
        area: under the curve, 0 to 1.
    """

    shares: Floats
    probabilities: Floats
    area: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Attribution:
    """Why this class: a heat map, and how far it can be believed.

    Attributes:
        method: one of `METHODS`.
        target: index of the class.
        layer: of Grad-CAM; "" for the others.
        heat: float32 (height, width) of the input; signed where the method is.
        signed: whether negative values mean "against".
        deletion: the most important pixels are blurred first: the faster it falls, the better.
        insertion: they come first into a blurred picture: the faster it rises, the better.
        deletion_random: the same in a random order, to compare with.
        insertion_random: likewise.
        sanity: Spearman's rank correlation, -1 to 1, with the heat map of the same network with
            random weights: near 0 is good; a map that stays the same shows the picture, not the
            network.
    """

    method: Method
    target: int
    layer: str
    heat: Floats
    signed: bool
    deletion: Curve
    insertion: Curve
    deletion_random: Curve
    insertion_random: Curve
    sanity: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Patch:
    """A part of a picture that drives a channel: pixels uint8 (h, w, 3), and by how much."""

    picture: str
    pixels: Pixels
    box: Box
    unit: tuple[int, int, int]
    activation: float


Switched = tuple[tuple[str, tuple[int, ...]], ...]
"""Channels that are switched off: (layer, channels) pairs."""
