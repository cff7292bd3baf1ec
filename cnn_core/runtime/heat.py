"""Where a network looked, from its last maps and its linear head, in NumPy alone.

Of a network whose head is one linear layer on averaged maps, Grad-CAM is exact and needs no
gradients: those of a logit by a map are its weight over the number of places, everywhere. A map of
the same network with its last block and head at random is held against it: what stays the same
shows the picture, not what the network learned. Pure.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.results.films import SIDE
from cnn_core.results.triage import HeatMap
from cnn_core.runtime.triage_model import Seen, TriageModel
from cnn_core.xray.zones import zone_mask

CAVEAT = "It shows where the network looked, not disease."
ALIKE = 0.5
"""From this rank correlation on, the sentence says that the two maps are much alike."""

Floats = NDArray[np.float32]


def class_map(maps: Floats, weight: Floats, label: int) -> Floats:
    """Return how much each place speaks for a class, or against it: float32 `(h, w)`.

    Its mean is the class's logit without the bias.

    Args:
        maps: of one film, float32 `(D, h, w)`.
        weight: of the linear head, float32 `(C, D)`.
        label: place of the class.

    Source: R. R. Selvaraju et al., "Grad-CAM", ICCV 2017, equations 1 and 2 without the ReLU; for
    such a head those are B. Zhou et al., "Learning deep features for discriminative localization",
    CVPR 2016, equation 2.

    >>> maps = np.array([[[1.0, 2.0]], [[3.0, 0.0]]], np.float32)
    >>> class_map(maps, np.array([[1.0, -1.0]], np.float32), 0).tolist()
    [[-2.0, 2.0]]
    """
    return np.asarray(np.tensordot(weight[label], maps, axes=1), dtype=np.float32)


def heat_map(model: TriageModel, view: Floats, seen: Seen, label: str) -> HeatMap:
    """Return where the network looked for a class in one film.

    Args:
        model: that saw it.
        view: of the film, view 0, float32 `(3, S, S)`.
        seen: what `model.ask(view[None])` gave; of several films, the first counts.
        label: one of `model.classes`.

    Raises:
        ValueError: there is no such class.
    """
    if label not in model.classes:
        raise ValueError(f"expected one of {', '.join(model.classes)}, but got {label!r}.")
    place = model.classes.index(label)
    own = _positive(class_map(seen.maps[0], model.head, place))
    at_random = model.ask_random(view[None]).maps[0]
    other = _positive(class_map(at_random, model.random_head, place))
    heat, even = _stretched(own), float(zone_mask("no-centre").mean())
    total = float(heat.sum())
    outside = float(heat[zone_mask("no-centre")].sum()) / total if total else 0.0
    alike = rank_correlation(own.ravel(), other.ravel())
    return HeatMap(
        label=label,
        heat=heat,
        outside=outside,
        outside_even=even,
        randomised=alike,
        sentence=_sentence(outside, even, alike) if total else f"{_NOWHERE} {CAVEAT}",
    )


_NOWHERE = "No place of the film speaks for this class: the map is empty."


def rank_correlation(first: Floats, second: Floats) -> float:
    """Return Spearman's rank correlation, -1 to 1, ties at their mean rank; 0 of what is constant.

    >>> round(rank_correlation(np.array([1., 2., 3.]), np.array([0., 0., 9.])), 3)
    0.866
    >>> rank_correlation(np.array([1., 1.]), np.array([1., 2.]))
    0.0
    """
    ranks = [_ranks(each) - (len(each) - 1) / 2 for each in (first, second)]
    spread = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float(np.clip((ranks[0] * ranks[1]).sum() / spread, -1, 1)) if spread else 0.0


def _ranks(values: Floats) -> NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts + 1) / 2)[place], dtype=np.float64)


def _positive(heat: Floats) -> Floats:
    return np.maximum(heat, np.float32(0))


def _stretched(heat: Floats) -> Floats:
    """Return a map over the canonical picture, `(SIDE, SIDE)`, its greatest value 1."""
    whole = Image.fromarray(heat).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    stretched = np.maximum(np.asarray(whole, dtype=np.float32), np.float32(0))
    most = stretched.max()
    return stretched / most if most > 0 else stretched


def _sentence(outside: float, even: float, alike: float) -> str:
    much = "are much alike: the map shows the picture more than what was learned"
    differ = "differ: the map depends on what was learned"
    return (
        f"{100 * outside:.0f} % of the heat lies outside the central zone (an even map has "
        f"{100 * even:.0f} % there). This map and that of the same network with its last block and "
        f"head at random {much if alike >= ALIKE else differ} (rank correlation {alike:.2f}). "
        f"{CAVEAT}"
    )
