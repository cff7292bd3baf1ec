"""The networks that are compared, by id and in words, and the rate that each one learns at.

An id is shortcut, normalisation and initialisation: "residual-bn-he". A condition says which of the
two questions a trial looks at, and the depth: "gradient depth=20", "fit depth=20".
"""

import itertools
from typing import Literal, NamedTuple

SHORTCUTS = ("plain", "residual", "zero")
NORMS = ("none", "bn")
INITS = ("default", "he")

Question = Literal["gradient", "fit"]

SHORTCUT_WORDS = {
    "plain": "plain",
    "residual": "residual",
    "zero": "residual, branches start at zero",
}
NORM_WORDS = {"none": "without BatchNorm", "bn": "with BatchNorm"}
INIT_WORDS = {"default": "PyTorch's default weights", "he": "He's weights"}

RATES = {
    "plain-bn-he": 0.1,
    "residual-bn-he": 0.05,
    "plain-none-he": 0.03,
    "residual-none-he": 0.01,
    "zero-none-he": 0.03,
}
"""Learning rate of each arm that is trained: the one with the lowest training loss of 0.01, 0.02,
0.05, 0.1, 0.2 (without BatchNorm 0.0003 to 0.1) after 100 steps on 1,280 pictures of CIFAR-10
with seed 1000, which is none of the study's; at 32 layers with BatchNorm, at 20 without. With seed
1001 and the experiment's own 80 steps on 640 pictures both rates with BatchNorm are best again."""


class Arm(NamedTuple):
    """What an id stands for: one of `SHORTCUTS`, `NORMS` and `INITS` each."""

    shortcut: str
    norm: str
    init: str

    @property
    def id(self) -> str:
        """The arm's id.

        >>> Arm("plain", "bn", "he").id
        'plain-bn-he'
        """
        return "-".join(self)

    @property
    def words(self) -> str:
        """The arm for a person.

        >>> Arm("plain", "none", "he").words
        "plain, without BatchNorm, He's weights"
        """
        return ", ".join(
            (SHORTCUT_WORDS[self.shortcut], NORM_WORDS[self.norm], INIT_WORDS[self.init])
        )


ZERO = Arm("zero", "none", "he")
ARMS = (*(Arm(*parts) for parts in itertools.product(SHORTCUTS[:2], NORMS, INITS)), ZERO)
"""Those whose gradient is measured."""

FITTED = (Arm("plain", "bn", "he"), Arm("residual", "bn", "he"))
BARE = (Arm("plain", "none", "he"), Arm("residual", "none", "he"), ZERO)
"""The arms of the second question, and those that are trained without BatchNorm beside them."""


def arm_of(arm_id: str) -> Arm:
    """Return what an id of `ARMS` stands for.

    >>> arm_of("zero-none-he").shortcut
    'zero'
    """
    return Arm(*arm_id.split("-"))


def condition(question: Question, depth: int) -> str:
    """Return the id of a condition.

    >>> condition("fit", 32)
    'fit depth=32'
    """
    return f"{question} depth={depth}"


def question_of(condition_id: str) -> tuple[str, int]:
    """Return question and depth of a condition's id.

    >>> question_of("fit depth=32")
    ('fit', 32)
    """
    question, _, depth = condition_id.partition(" depth=")
    return question, int(depth)
