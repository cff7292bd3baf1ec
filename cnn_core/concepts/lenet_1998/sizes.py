"""How many parameters each change adds or takes away: computed, without torch."""

from dataclasses import dataclass

from cnn_core.concepts.lenet_1998.settings import CHANGES, TODAY
from cnn_core.models.lenet1998_constants import C3_TABLE, digit_codes
from cnn_core.models.lenet_layers import lenet_layers

_KERNEL = 25  # weights of a kernel of 5x5
_S2_MAPS = 6


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one change does to the number of trainable parameters.

    Attributes:
        parameters: more than before; negative where there are fewer.
        sum: how that comes about.
    """

    parameters: int
    sum: str


def change_of(arm: str) -> Change:
    """Return what one change adds to the 60,000 of 1998.

    >>> [change_of(arm).parameters for arm in CHANGES]
    [0, -44, 850, 900]
    """
    codes = digit_codes()
    maps = len(C3_TABLE)
    if arm == "max-pool":
        return Change(
            parameters=-2 * (_S2_MAPS + maps),
            sum=f"a coefficient and a bias for each of {_S2_MAPS} + {maps} maps",
        )
    if arm == "softmax":
        units, classes = len(codes[0]), len(codes)
        return Change(
            parameters=(units + 1) * classes,
            sum=f"{units} weights and a bias for each of {classes} classes",
        )
    if arm == "full-c3":
        missing = _S2_MAPS * maps - sum(len(row) for row in C3_TABLE)
        return Change(
            parameters=_KERNEL * missing,
            sum=f"{missing} kernels of {_KERNEL} weights that table I leaves out",
        )
    return Change(parameters=0, sum="")


def parameters_of(arm: str) -> int:
    """Return the trainable parameters of an arm.

    >>> parameters_of("1998"), parameters_of("today")
    (60000, 61706)
    """
    changes = CHANGES if arm == TODAY else (arm,)
    return total("1998") + sum(change_of(each).parameters for each in changes)


def total(form: str) -> int:
    """Return the trainable parameters of a form of `models.lenet_layers`.

    >>> total("1998"), total("today")
    (60000, 44426)
    """
    return sum(layer.parameters for layer in lenet_layers("1998" if form == "1998" else "today"))


def unpadded() -> Change:
    """Return what it takes away from today's network that the picture is not padded to 32x32.

    >>> unpadded().parameters == total("today") - parameters_of("today") == -17_280
    True
    """
    padded, plain = (lenet_layers(form)[3].shape for form in ("1998", "today"))
    units = lenet_layers("today")[4].shape[0]
    inputs = [maps * height * width for maps, height, width in (padded, plain)]
    return Change(
        parameters=(inputs[1] - inputs[0]) * units,
        sum=f"{units} units of C5 see {inputs[1]} inputs, not {inputs[0]}",
    )
