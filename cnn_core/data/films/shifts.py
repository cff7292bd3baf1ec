"""Shifts that can be put into films as they come in, to see whether the watch over drift notices.

Each alters the grey values of a file before anything is clipped or stretched, as another machine,
another setting or a fault would. Pure and seeded; nothing here is used on a film that is judged.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

ShiftKind = Literal["gamma", "blur", "noise", "linear contrast", "other source"]
KINDS: tuple[ShiftKind, ...] = get_args(ShiftKind)

Grey = NDArray[np.float32]

_SOURCE_GAMMA, _SOURCE_NOISE, _SOURCE_EDGE = 1.15, 4.5 / 255, 0.04  # at amount 1
_SHUTTER = 4 / 255  # grey of what the shutters leave


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What can be put in.

    Attributes:
        title: for a person, with the amount: "Gamma {amount:.2g}".
        amount: that is offered first.
        least: smallest amount, which changes nothing.
        most: largest.
        sentence: what it does, and whether it is expected to be seen.
    """

    title: str
    amount: float
    least: float
    most: float
    sentence: str


SHIFTS: dict[ShiftKind, Shift] = {
    "gamma": Shift(
        title="Gamma {amount:.2g}",
        amount=1.5,
        least=1.0,
        most=3.0,
        sentence="Grey values to this power, as another display curve makes them: films get darker "
        "in the middle.",
    ),
    "blur": Shift(
        title="Blur, sigma {amount:.2g} px",
        amount=2.0,
        least=0.0,
        most=6.0,
        sentence="A Gaussian blur, in pixels of the file: a detector or a compression that loses "
        "detail.",
    ),
    "noise": Shift(
        title="Noise, {amount:.2g} of white",
        amount=0.05,
        least=0.0,
        most=0.3,
        sentence="Grain with this standard deviation: a lower dose.",
    ),
    "linear contrast": Shift(
        title="Linear contrast, {percent:.0f} %",
        amount=0.7,
        least=1.0,
        most=0.3,
        sentence="Grey values drawn together about the middle grey. The model does not see it, "
        "for every film is stretched between its own percentiles: only the raw figures can.",
    ),
    "other source": Shift(
        title="Another source, {percent:.0f} %",
        amount=1.0,
        least=0.0,
        most=2.0,
        sentence="A hospital with another tone curve, more grain, and shutters that leave a dark "
        "edge.",
    ),
}
"""By kind."""


def shifted(grey: Grey, kind: ShiftKind, amount: float, *, seed: int = 0) -> Grey:
    """Return a film as it comes in after a shift: float32 `(H, W)`, 0 to 1; the input stays.

    Args:
        grey: float32 `(H, W)`, 0 (black) to 1 (white), before anything is clipped or stretched.
        kind: of `KINDS`.
        amount: see `SHIFTS`; `Shift.least` changes nothing.
        seed: of the grain.

    Raises:
        ValueError: an unknown kind, an amount out of range, or not a film.

    >>> film = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    >>> bool((shifted(film, "gamma", 1.0) == film).all())
    True
    >>> round(float(shifted(film, "gamma", 1.5).mean()), 2)
    0.4
    """
    _validate(grey, kind, amount)
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    if kind == "gamma":
        made = grey**amount
    elif kind == "blur":
        made = _blurred(grey, amount)
    elif kind == "noise":
        made = _grained(grey, amount, rng)
    elif kind == "linear contrast":
        made = 0.5 + (grey - 0.5) * amount
    else:
        made = _grained(grey ** (_SOURCE_GAMMA**amount), _SOURCE_NOISE * amount, rng)
        edge = round(_SOURCE_EDGE * amount * len(grey))
        made[:edge], made[len(made) - edge :] = _SHUTTER, _SHUTTER
    return np.asarray(np.clip(made, 0, 1), dtype=np.float32)


def shift_title(kind: ShiftKind, amount: float) -> str:
    """Return a shift for a person.

    >>> shift_title("gamma", 1.5), shift_title("linear contrast", 0.7)
    ('Gamma 1.5', 'Linear contrast, 70 %')
    """
    return SHIFTS[kind].title.format(amount=amount, percent=100 * amount)


def _validate(grey: Grey, kind: str, amount: float) -> None:
    if kind not in KINDS:
        raise ValueError(f"expected one of {', '.join(KINDS)}, but got {kind!r}.")
    ends = sorted((SHIFTS[kind].least, SHIFTS[kind].most))
    if not ends[0] <= amount <= ends[1]:
        raise ValueError(f"expected {kind} from {ends[0]:g} to {ends[1]:g}, but got {amount:g}.")
    if grey.ndim != 2 or grey.size == 0:
        raise ValueError(f"expected grey values (H, W), but got {grey.shape}.")


def _blurred(grey: Grey, sigma: float) -> Grey:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(grey, sigma), dtype=np.float32)


def _grained(grey: Grey, deviation: float, rng: np.random.Generator) -> Grey:
    grain = rng.standard_normal(grey.shape, dtype=np.float32)
    return np.asarray(grey + np.float32(deviation) * grain, dtype=np.float32)
