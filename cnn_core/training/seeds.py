"""Seeds for everything that training draws: functions of the run's seed and the place. No torch."""

import numpy as np

ORDER, AUGMENTATION, DROPOUT, VIEWS, SAMPLE = 1, 2, 3, 4, 5
"""What a seed is for: the second number of `derived_seed`."""


def derived_seed(*numbers: int) -> int:
    """Return a 63-bit seed that depends on all the numbers, mixed so that neighbours are unrelated.

    >>> derived_seed(0, 1) != derived_seed(1, 0)
    True
    """
    words = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))
