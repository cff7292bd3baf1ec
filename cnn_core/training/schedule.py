"""The learning rate as a function of the step, so that a resumed run needs no state for it."""

import math

from cnn_core.results.config import TrainConfig

WARM_UP_SHARE = 0.3


def learning_rate(config: TrainConfig, step: int, total_steps: int) -> float:
    """Return the rate for optimizer step `step` (from 1) of `total_steps`.

    "one-cycle" rises linearly to `config.learning_rate` over the first 30 % and falls linearly to
    nearly nought (Smith & Topin 2018, Super-convergence, section 3). "cosine" falls from it along
    half a cosine (Loshchilov & Hutter 2017, SGDR, equation 5).

    >>> config = TrainConfig(epochs=1, batch_size=1, learning_rate=1.0, schedule="one-cycle")
    >>> [round(learning_rate(config, step, 10), 2) for step in (1, 3, 10)]
    [0.33, 1.0, 0.12]
    >>> config = TrainConfig(epochs=1, batch_size=1, learning_rate=1.0, schedule="cosine")
    >>> [round(learning_rate(config, step, 10), 2) for step in (1, 6, 10)]
    [1.0, 0.5, 0.02]
    """
    if config.schedule == "constant":
        return config.learning_rate
    if config.schedule == "cosine":
        return config.learning_rate * (1 + math.cos(math.pi * (step - 1) / total_steps)) / 2
    peak = max(1.0, WARM_UP_SHARE * total_steps)
    if step <= peak:
        return config.learning_rate * step / peak
    return config.learning_rate * (total_steps - step + 1) / (total_steps - peak + 1)
