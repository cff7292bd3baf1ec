"""LeNet-5's seven layers in figures, of today's form and of 1998's: computed without torch.

Every number follows from the input's side, the kernels' side, the numbers of maps and units, and
table I. Section and table numbers are those of LeCun, Bottou, Bengio, Haffner 1998,
"Gradient-based learning applied to document recognition", Proc. IEEE 86(11), 2278-2324.
"""

import functools
from dataclasses import dataclass
from typing import Literal

from cnn_core.models.lenet1998_constants import C3_TABLE, PADDING, digit_codes

Form = Literal["today", "1998"]
PICTURE_SIDE = 28  # of MNIST
_KERNEL, _WINDOW = 5, 2
_C1_MAPS, _C5_UNITS, _CLASSES = 6, 120, 10
_CODES = digit_codes()


@dataclass(frozen=True, kw_only=True)
class LenetLayer:
    """One of the seven layers, for one picture.

    Attributes:
        name: as the paper calls it ("C1").
        module: its name in the network's code ("conv1", "c1"); "" for what is a function there.
        kind: what it does, for a person.
        shape: of its output, (maps, height, width) or (units,).
        parameters: trainable.
        fixed: parameters that training leaves alone.
        connections: as the paper counts them: inputs of every unit, its bias being one.
        macs: multiply-accumulate operations: the connections without biases and maxima.
        field: side of the square of input pixels that one unit sees.
        step: by how many input pixels the squares of neighbouring units differ.
        offset: where the first unit's square begins, in pixels of the picture of 28 x 28.
    """

    name: str
    module: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    fixed: int = 0
    connections: int
    macs: int
    field: int
    step: int
    offset: int

    @property
    def size(self) -> str:
        """Its output in words.

        >>> lenet_layers("1998")[0].size, lenet_layers("today")[5].size
        ('6 maps of 28×28', '84 units')
        """
        if len(self.shape) == 1 or self.shape[1:] == (1, 1):
            return f"{self.shape[0]} units"
        maps, height, width = self.shape
        return f"{maps} maps of {height}×{width}"


@functools.cache
def lenet_layers(form: Form) -> tuple[LenetLayer, ...]:
    """Return the seven layers.

    >>> [sum(layer.parameters for layer in lenet_layers(form)) for form in ("today", "1998")]
    [44426, 60000]
    """
    old = form == "1998"
    offset = -PADDING if old else 0
    side, field, step = PICTURE_SIDE - 2 * offset, 1, 1
    modules = ("c1", "s2", "c3", "s4") if old else ("conv1", "", "conv2", "")
    sees = (
        tuple(1 for _ in range(_C1_MAPS)),
        tuple(len(row) if old else _C1_MAPS for row in C3_TABLE),
    )
    layers: list[LenetLayer] = []
    for index, inputs in enumerate(sees):
        maps = len(inputs)
        kernels = _KERNEL**2 * sum(inputs)
        side, field = side - _KERNEL + 1, field + (_KERNEL - 1) * step
        layers.append(
            LenetLayer(
                name=f"C{2 * index + 1}",
                module=modules[2 * index],
                kind="convolution",
                shape=(maps, side, side),
                parameters=kernels + maps,
                connections=(kernels + maps) * side**2,
                macs=kernels * side**2,
                field=field,
                step=step,
                offset=offset,
            )
        )
        side, field, step = side // _WINDOW, field + (_WINDOW - 1) * step, step * _WINDOW
        units = maps * side**2
        layers.append(
            LenetLayer(
                name=f"S{2 * index + 2}",
                module=modules[2 * index + 1],
                kind="trainable subsampling" if old else "max pooling",
                shape=(maps, side, side),
                parameters=2 * maps if old else 0,
                connections=units * (_WINDOW**2 + old),
                macs=units * _WINDOW**2 if old else 0,
                field=field,
                step=step,
                offset=offset,
            )
        )
    field += (side - 1) * step  # C5 and what follows see all of S4
    whole = {"field": field, "step": 1, "offset": offset}
    units = len(C3_TABLE) * side**2
    names = ("c5", "f6", "output") if old else ("fc1", "fc2", "fc3")
    layers += [
        _full("C5", names[0], "convolution" if old else "fully connected", units, _C5_UNITS, whole),
        _full("F6", names[1], "fully connected", _C5_UNITS, len(_CODES[0]), whole),
    ]
    if not old:
        last = _full("Output", names[2], "fully connected", len(_CODES[0]), _CLASSES, whole)
        return (*layers, last)
    numbers = _CLASSES * len(_CODES[0])
    last = LenetLayer(
        name="Output",
        module=names[2],
        kind="radial basis functions",
        shape=(_CLASSES,),
        parameters=0,
        fixed=numbers,
        connections=numbers,
        macs=numbers,
        **whole,
    )
    return (*layers, last)


def _full(
    name: str, module: str, kind: str, inputs: int, units: int, field: dict[str, int]
) -> LenetLayer:
    return LenetLayer(
        name=name,
        module=module,
        kind=kind,
        shape=(units,),
        parameters=(inputs + 1) * units,
        connections=(inputs + 1) * units,
        macs=inputs * units,
        **field,
    )


@dataclass(frozen=True, kw_only=True)
class C3Kind:
    """Maps of C3 that see as many maps of S2 in the same manner.

    Attributes:
        title: for a person.
        maps: of C3, counted from 0.
        inputs: how many maps of S2 each sees.
        parameters: of each: 25 weights an input, and a bias.
    """

    title: str
    maps: tuple[int, ...]
    inputs: int
    parameters: int


def c3_kinds() -> tuple[C3Kind, ...]:
    """Return table I's four groups, as section II.B tells them apart.

    >>> [(len(kind.maps), kind.inputs, kind.parameters) for kind in c3_kinds()]
    [(6, 3, 76), (6, 4, 101), (3, 4, 101), (1, 6, 151)]
    """
    titles = {
        (3, True): "three neighbours",
        (4, True): "four neighbours",
        (4, False): "two pairs apart",
        (6, True): "all six",
    }
    groups: dict[tuple[int, bool], list[int]] = {}
    for map_, row in enumerate(C3_TABLE):
        groups.setdefault((len(row), _neighbours(row)), []).append(map_)
    return tuple(
        C3Kind(
            title=titles[inputs, together],
            maps=tuple(maps),
            inputs=inputs,
            parameters=_KERNEL**2 * inputs + 1,
        )
        for (inputs, together), maps in groups.items()
    )


def _neighbours(row: tuple[int, ...]) -> bool:
    """Whether the maps lie side by side on the ring of six; the last is next to the first."""
    gaps = sum((map_ + 1) % _C1_MAPS not in row for map_ in row)
    return gaps <= 1
