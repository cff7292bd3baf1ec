"""How many weights learn where, in closed form; without torch."""

FEATURES = 1_280
"""Outputs of EfficientNet-Lite0's last convolution, averaged over places (Tan and Le, table 1)."""

CLASSIFIER = FEATURES * 1_000 + 1_000
"""Parameters of its own last layer."""


def head_parameters(classes: int) -> int:
    """Return the parameters of a new last layer.

    >>> head_parameters(5)
    6405
    """
    return FEATURES * classes + classes
