"""The interval of an AUROC: of its bootstrap on the logit scale, and of a model where that fails.

The bootstrap of films that are told apart without an error is without spread; there the interval of
R. G. Newcombe stands in, at the number of patients. Which covers was settled by simulation
(`studies/xray_intervals.py`). Pure functions of numbers.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.metrics import t_quantile
from cnn_core.results.xray_evaluation import Interval

_Z = 1.959964
_HALVINGS = 50


def logit_interval(value: float, found: NDArray[np.float64], fewest: int, others: int) -> Interval:
    """Return the 95 % interval of an AUROC.

    Args:
        value: of the films themselves, 0 to 1.
        found: of the draws of a patient bootstrap `(B,)`, NaN where it is not defined.
        fewest: patients of the smallest class, at least 2.
        others: all other patients, at least 1.

    Source: the standard error of the bootstrap, taken to the logit scale by the delta method:
    M. S. Pepe, "The statistical evaluation of medical tests for classification and prediction"
    (2003), equation 5.4; Student's t for the patients of the smallest class.
    """
    edge = 1 / (4 * fewest * others)
    centre = min(max(value, edge), 1 - edge)
    spread = float(np.nanstd(found, ddof=1)) / (centre * (1 - centre))
    reach = float(t_quantile(np.array([fewest - 1]))[0]) * spread
    middle = math.log(centre / (1 - centre))
    low, high = (1 / (1 + math.exp(-(middle + side))) for side in (-reach, reach))
    if nearly_perfect(value, fewest):
        low = min(low, newcombe(value, fewest, others)[0])
    return min(low, value), max(high, value)


def nearly_perfect(value: float, fewest: int) -> bool:
    """Return whether an AUROC is so high that the draws of a bootstrap hardly differ.

    >>> nearly_perfect(1.0, 20), nearly_perfect(0.99, 20)
    (True, False)
    """
    return value > 1 - 1 / (10 * fewest)


def newcombe(value: float, positives: int, negatives: int) -> Interval:
    """Return the 95 % interval of an AUROC from its value and two counts alone.

    Source: R. G. Newcombe, "Confidence intervals for an effect size measure based on the
    Mann-Whitney statistic. Part 2", Statistics in Medicine 25 (2006), 559-573, method 5: all areas
    whose own standard error, as of two exponential distributions, reaches the value.

    >>> [round(end, 3) for end in newcombe(1.0, 20, 20)]
    [0.899, 1.0]
    """
    mean = (positives + negatives) / 2

    def reach(area: float) -> float:
        terms = 1 + (mean - 1) * ((1 - area) / (2 - area) + area / (1 + area))
        return _Z * math.sqrt(max(0.0, area * (1 - area) * terms) / (positives * negatives))

    ends = []
    for far in (0.0, 1.0):
        near, outside = value, far
        for _ in range(_HALVINGS):
            middle = (near + outside) / 2
            if abs(value - middle) <= reach(middle):
                near = middle
            else:
                outside = middle
        ends.append((near + outside) / 2)
    return ends[0], ends[1]
